"""Lines of posted customer invoices and vendor bills of one accounting date.

Calls for a day of m documents and n lines: two searches, the pages of each model, one look each whether they
changed meanwhile, and what is not yet known of products, units, partners and taxes.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import pyarrow as pa
import pyarrow.compute as pc

from nk_common.datasets.base import LakeTable
from nk_common.datasets.invoice_sales import RAW_INVOICE_SALES
from nk_common.datasets.invoices import BILL_TYPES, INVOICE_TYPES
from nk_common.datasets.purchases import RAW_PURCHASES
from nk_common.datasets.types import DAY, ID, TEXT, UTC_TIME, schema
from nk_extractor.extract.base import Extract, Extraction, holds_still, line_totals, settled
from nk_extractor.extract.lookups import attach
from nk_extractor.extract.masters import Masters
from nk_extractor.odoo.capabilities import require
from nk_extractor.odoo.client import Domain, OdooClient
from nk_extractor.odoo.versions import product_line_domain, resolve
from nk_extractor.settings import OdooSettings

MOVE, LINE = "account.move", "account.move.line"
_MOVES = schema(
    {"id": ID},
    name=TEXT,
    move_type=TEXT,
    state=TEXT,
    date=DAY,
    partner_id=ID,
    company_id=ID,
    write_date=UTC_TIME,
)
_OPTIONAL = ("purchase_order_id",)


def domain(client: OdooClient, day: date, types: Sequence[str]) -> Domain:
    """Posted documents of a day. What Odoo makes of a POS order is a POS sale already (rule 4)."""
    found: Domain = [
        ["state", "=", "posted"],
        ["move_type", "in", list(types)],
        ["date", "=", day.isoformat()],
    ]
    from_pos = resolve(client, MOVE, "pos_order_ids")
    return [*found, [from_pos, "=", False]] if from_pos else found


def invoice_sales(masters: Masters) -> Extract:
    """How `invoice-sales` is read."""
    return _extract(masters, INVOICE_TYPES, RAW_INVOICE_SALES)


def purchases(masters: Masters) -> Extract:
    """How `purchases` is read."""
    return _extract(masters, BILL_TYPES, RAW_PURCHASES)


def _extract(masters: Masters, types: Sequence[str], raw: LakeTable) -> Extract:
    def extract(client: OdooClient, _settings: OdooSettings, day: date | None) -> Extraction:
        if day is None:
            raise ValueError(f"{raw.name} is extracted by day")
        require(client, MOVE, LINE, "product.product", "uom.uom")
        return settled(
            lambda: _read(client, masters, domain(client, day, types), raw), f"{raw.name} of {day}"
        )

    return extract


def _read(client: OdooClient, masters: Masters, documents: Domain, raw: LakeTable) -> Extraction | None:
    moves = client.read_table(MOVE, client.search(MOVE, documents), _MOVES)
    of_moves: Domain = [["move_id", "in", moves["id"].to_pylist()], *product_line_domain(client)]
    lines = _own_columns(raw)
    if moves.num_rows:
        lines_read = client.read_table(LINE, client.search(LINE, of_moves), lines, _line_fields(client))
    else:
        lines_read = lines.empty_table()
    if not holds_still(client, MOVE, documents, moves):
        return None
    if moves.num_rows and client.count_and_newest(LINE, of_moves)[0] != lines_read.num_rows:
        return None
    table = _with_names(client, masters, lines_read, moves).select(raw.schema.names).cast(raw.schema)
    return Extraction({raw.name: table}, line_totals(table, "move_id", "quantity", "price_total"))


def _own_columns(raw: LakeTable) -> pa.Schema:
    """Columns that stand on the line itself."""
    return pa.schema([field for field in raw.schema if "." not in field.name])


def _line_fields(client: OdooClient) -> dict[str, str | None]:
    return {name: resolve(client, LINE, name) for name in _OPTIONAL}


def _with_names(client: OdooClient, masters: Masters, lines: pa.Table, moves: pa.Table) -> pa.Table:
    move_columns = [name for name in moves.column_names if name != "id"]
    moves = attach(moves, "partner_id", masters.partners.rows(client, moves["partner_id"]), "name")
    lines = attach(lines, "move_id", moves, *move_columns, "partner_id.name")
    orders = masters.purchase_orders.rows(client, lines["purchase_order_id"])
    lines = attach(lines, "purchase_order_id", orders, "name")
    lines = with_unit_factors(client, masters, lines)
    taxes = masters.taxes.rows(client, _flat(lines["tax_ids"]))
    return lines.append_column("tax_ids.name", _joined_names(lines["tax_ids"], taxes))


def with_unit_factors(client: OdooClient, masters: Masters, lines: pa.Table) -> pa.Table:
    """The factors of the line's unit and of its product's own, between which quantities are converted."""
    products = masters.products.rows(client, lines["product_id"])
    lines = attach(lines, "product_id", products, "uom_id")
    units = masters.units.rows(
        client, pa.chunked_array([*lines["product_uom_id"].chunks, *lines["product_id.uom_id"].chunks], ID)
    )
    lines = attach(lines, "product_uom_id", units, "factor")
    return attach(lines, "product_id.uom_id", units, "factor")


def _flat(ids: pa.ChunkedArray) -> pa.ChunkedArray:
    return pa.chunked_array([pc.list_flatten(chunk) for chunk in ids.chunks], ID)


def _joined_names(ids: pa.ChunkedArray, related: pa.Table) -> pa.Array:
    """Per row the names of its ids, in their order, with commas between."""
    lists = ids.combine_chunks()
    flat = pc.list_flatten(lists)
    names = related["name"].take(pc.index_in(flat, value_set=related["id"].combine_chunks()))
    offsets = pa.concat_arrays(
        [pa.array([0], pa.int32()), pc.cumulative_sum(pc.fill_null(pc.list_value_length(lists), 0))]
    )
    texts = pa.ListArray.from_arrays(offsets, names.combine_chunks().fill_null("?"))
    return pc.binary_join(texts, ", ")
