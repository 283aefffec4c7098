"""Raw rows of the daily datasets, as the extractor hands them over, and a short way to clean and load them.

A builder's row is one that no rule trips over; what a test is about is given by name, or, for columns with a
dot in their name, in a mapping.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl
import pyarrow as pa

from nk_cleaner.transforms import TRANSFORMS
from nk_cleaner.transforms.base import Cleaned, Rules
from nk_common.datasets import by_name
from nk_common.star import BY_NAME
from nk_loader.registry import BUILDS

Row = dict[str, Any]

DAY = date(2026, 1, 6)
NOON = datetime(2026, 1, 6, 5, tzinfo=UTC)
"""Midday of DAY in Jakarta."""
RULES = Rules(ZoneInfo("Asia/Jakarta"))


def invoice_line(line_id: int, dotted: Mapping[str, Any] | None = None, **fields: Any) -> Row:
    """One piece of product 7 for 100, and 111 with tax, on posted customer invoice 1 in rupiah (13)."""
    row: Row = {
        "id": line_id, "move_id": 1, "product_id": 7, "name": "Serum", "display_type": "product",
        "quantity": 1.0, "product_uom_id": 1, "price_unit": 111.0, "discount": 0.0, "price_subtotal": 100.0,
        "price_total": 111.0, "balance": -100.0, "currency_id": 13, "company_currency_id": 13,
        "tax_ids": [3], "purchase_order_id": None, "purchase_order_id.name": None,
        "move_id.name": "INV/1", "move_id.move_type": "out_invoice", "move_id.state": "posted",
        "move_id.date": DAY, "move_id.partner_id": 57, "move_id.partner_id.name": "Toko Wijaya",
        "move_id.company_id": 1, "move_id.write_date": NOON, "product_uom_id.factor": 1.0,
        "product_id.uom_id.factor": 1.0, "tax_ids.name": "PPN 11%",
    }  # fmt: skip
    return {**row, **(dotted or {}), **fields}


def bill_line(line_id: int, untaxed: float, dotted: Mapping[str, Any] | None = None, **fields: Any) -> Row:
    """One piece for `untaxed`, with 10 % tax on top, on posted vendor bill 1."""
    taxed = round(untaxed * 1.1, 2)
    amounts = {"price_unit": untaxed, "price_subtotal": untaxed, "price_total": taxed, "balance": untaxed}
    bill = {"move_id.move_type": "in_invoice", "move_id.name": "BILL/1", **(dotted or {})}
    return invoice_line(line_id, bill, **{**amounts, **fields})


def move_line(line_id: int, source: str, dest: str, dotted: Row | None = None, **fields: Any) -> Row:
    """Five pieces of product 7, moved between locations of these usages at noon."""
    row: Row = {
        "id": line_id, "move_id": line_id * 10, "product_id": 7, "lot_id": None, "owner_id": None,
        "qty_done": 5.0, "product_uom_id": 1, "location_id": 4, "location_dest_id": 8, "picking_id": 2,
        "company_id": 1, "date": NOON, "state": "done", "reference": "WH/1", "create_uid": 6,
        "create_date": NOON, "write_date": NOON, "product_uom_id.factor": 1.0, "product_id.name": "Serum",
        "product_id.brand_id.name": "Bunga", "product_id.uom_id": 1, "product_id.uom_id.name": "Units",
        "product_id.uom_id.factor": 1.0, "product_id.uom_id.category_id.name": "Unit",
        "location_id.complete_name": f"A/{source}", "location_dest_id.complete_name": f"B/{dest}",
        "location_id.usage": source, "location_dest_id.usage": dest,
        "location_dest_id.scrap_location": False, "move_id.is_inventory": False, "move_id.scrapped": False,
        "move_id.production_id": None, "move_id.raw_material_production_id": None, "move_id.origin": "P1",
        "picking_id.picking_type_code": "incoming", "picking_id.partner_id": 57,
        "picking_id.partner_id.name": "Toko Wijaya", "create_uid.name": "Sari",
    }  # fmt: skip
    return {**row, **(dotted or {}), **fields}


def quant(quant_id: int, usage: str = "internal", **fields: Any) -> Row:
    """Five pieces of product 7, asked of Odoo at noon."""
    row: Row = {
        "id": quant_id, "product_id": 7, "location_id": 8, "lot_id": None, "owner_id": None, "company_id": 1,
        "quantity": 5.0, "reserved_quantity": 1.0, "write_date": NOON, "location_id.usage": usage,
        "taken_at": NOON,
    }  # fmt: skip
    return {**row, **fields}


def raw_table(dataset: str, rows: list[Row]) -> pa.Table:
    """The (first) raw table of a dataset, of exactly its schema."""
    schema = by_name(dataset).raw[0].schema
    unknown = {name for row in rows for name in row} - set(schema.names)
    assert not unknown, f"no columns of {dataset}: {unknown}"
    return pa.Table.from_pylist(rows, schema)


def cleaned(dataset: str, *rows: Row, rules: Rules = RULES, day: date = DAY) -> Cleaned:
    """A day of a dataset with one raw table, cleaned."""
    table = raw_table(dataset, list(rows))
    return TRANSFORMS[dataset]({by_name(dataset).raw[0].name: pl.DataFrame(pl.from_arrow(table))}, day, rules)


def kept(outcome: Cleaned, *columns: str) -> list[tuple[Any, ...]]:
    """Columns of the (only) clean table, row by row."""
    (frame,) = outcome.tables.values()
    return frame.select(columns).rows()


def reasons(outcome: Cleaned) -> list[str]:
    """Why rows were rejected."""
    return [reason for frame in outcome.rejected.values() for reason in frame["reason"].to_list()]


def loaded(table: str, *rows: Row, rules: Rules = RULES) -> pl.DataFrame:
    """A star table of a day, from raw rows."""
    dataset = BY_NAME[table].dataset
    outcome = cleaned(dataset, *rows, rules=rules)
    assert not reasons(outcome)
    return BUILDS[table](outcome.tables)
