"""`inventory-moves`: lines of each move; `stock-quants`: what lies where, today. One call each."""

from __future__ import annotations

from datetime import date

import pyarrow.compute as pc

from nk_extractor.extract.inventory_moves import MOVE_LINE
from nk_extractor.extract.inventory_moves import domain as moves_of
from nk_extractor.extract.stock_quants import QUANT
from nk_extractor.extract.stock_quants import domain as stock
from nk_extractor.odoo.client import Domain, OdooClient
from nk_extractor.odoo.versions import resolve
from nk_extractor.reconcile.figures import Comparison, Document, DocumentKey, Documents, Tables, grouped
from nk_extractor.settings import OdooSettings

_SEVERAL_UNITS = -1


def _moves_counted(_client: OdooClient, settings: OdooSettings, day: date) -> tuple[str, Domain]:
    return MOVE_LINE, moves_of(day, settings)


def _moves_in_odoo(client: OdooClient, settings: OdooSettings, day: date) -> Documents:
    done = resolve(client, MOVE_LINE, "qty_done") or "qty_done"
    rows = client.sums_by(MOVE_LINE, moves_of(day, settings), ["move_id", "product_uom_id"], [done])
    found: dict[DocumentKey, Document] = {}
    for row in rows:
        move, unit = row["move_id"], row["product_uom_id"] or None
        before = found.get((move,), Document(unit=unit, quantity=0.0))
        found[move,] = Document(
            unit=unit if unit == before.unit else _SEVERAL_UNITS,
            lines=before.lines + row["__count"],
            quantity=(before.quantity or 0.0) + row[done],
        )
    return found


def _moves_in_lake(tables: Tables) -> Documents:
    """Quantities without their sign, as Odoo keeps them; in the product's own unit."""
    moves = tables["fact_inventory_moves"]
    place = moves.schema.get_field_index("qty_moved")
    moves = moves.set_column(place, "qty_moved", pc.abs(moves["qty_moved"]))
    return {
        (row["move_id"],): Document(unit=row["uom_id"], lines=row["__count"], quantity=row["qty_moved"])
        for row in grouped(moves, ["move_id"], ["qty_moved"], "uom_id")
    }


def _quants_counted(_client: OdooClient, settings: OdooSettings, _day: date) -> tuple[str, Domain]:
    return QUANT, stock(settings)


def _quants_in_odoo(client: OdooClient, settings: OdooSettings, _day: date) -> Documents:
    rows = client.sums_by(QUANT, stock(settings), ["product_id", "location_id"], ["quantity"])
    return {
        (row["product_id"], row["location_id"]): Document(lines=row["__count"], quantity=row["quantity"])
        for row in rows
    }


def _quants_in_lake(tables: Tables) -> Documents:
    rows = grouped(tables["fact_stock_on_hand_snapshot"], ["product_id", "location_id"], ["quantity"])
    return {
        (row["product_id"], row["location_id"]): Document(lines=row["__count"], quantity=row["quantity"])
        for row in rows
    }


INVENTORY_MOVES = Comparison(
    "inventory-moves",
    _moves_counted,
    _moves_in_odoo,
    {"fact_inventory_moves": ("move_id", "uom_id", "qty_moved")},
    _moves_in_lake,
    ("quantity",),
)
STOCK_QUANTS = Comparison(
    "stock-quants",
    _quants_counted,
    _quants_in_odoo,
    {"fact_stock_on_hand_snapshot": ("product_id", "location_id", "quantity")},
    _quants_in_lake,
    ("quantity",),
)
