"""`inventory-moves`: done stock move lines of one local day, with what their move, picking and places say."""

from __future__ import annotations

from datetime import date

import pyarrow as pa
import pyarrow.compute as pc

from nk_common.datasets.inventory_moves import RAW_INVENTORY_MOVES
from nk_common.datasets.types import FLAG, ID, TEXT, schema
from nk_extractor.extract.base import Extract, Extraction, holds_still, line_totals, settled, within
from nk_extractor.extract.invoices import with_unit_factors
from nk_extractor.extract.lookups import attach
from nk_extractor.extract.masters import Masters
from nk_extractor.odoo.capabilities import require
from nk_extractor.odoo.client import Domain, OdooClient
from nk_extractor.odoo.versions import resolve
from nk_extractor.settings import OdooSettings

MOVE_LINE, MOVE, PICKING = "stock.move.line", "stock.move", "stock.picking"
_MOVES = schema(
    {"id": ID}, is_inventory=FLAG, scrapped=FLAG, production_id=ID, raw_material_production_id=ID, origin=TEXT
)
_PICKINGS = schema({"id": ID}, picking_type_code=TEXT, partner_id=ID)
_OWN = pa.schema([field for field in RAW_INVENTORY_MOVES.schema if "." not in field.name])


def domain(day: date, settings: OdooSettings) -> Domain:
    """Moves done within a local day; what is planned, reserved or cancelled has not moved."""
    return [["state", "=", "done"], *within("date", day, settings.zone)]


def inventory_moves(masters: Masters) -> Extract:
    """How `inventory-moves` is read."""

    def extract(client: OdooClient, settings: OdooSettings, day: date | None) -> Extraction:
        if day is None:
            raise ValueError("inventory-moves is extracted by day")
        require(client, MOVE_LINE, "stock.location", "product.product", "uom.uom")
        return settled(lambda: _read(client, masters, domain(day, settings)), f"Stock moves of {day}")

    return extract


def _read(client: OdooClient, masters: Masters, day_domain: Domain) -> Extraction | None:
    fields = {"qty_done": resolve(client, MOVE_LINE, "qty_done")}
    lines = client.read_table(MOVE_LINE, client.search(MOVE_LINE, day_domain), _OWN, fields)
    if not holds_still(client, MOVE_LINE, day_domain, lines):
        return None
    table = _with_moves(client, masters, _with_places(client, masters, lines))
    table = table.select(RAW_INVENTORY_MOVES.schema.names).cast(RAW_INVENTORY_MOVES.schema)
    return Extraction({RAW_INVENTORY_MOVES.name: table}, line_totals(table, "move_id", "qty_done"))


def _with_places(client: OdooClient, masters: Masters, lines: pa.Table) -> pa.Table:
    """Names of product, units, locations and user."""
    lines = with_unit_factors(client, masters, lines)
    products = masters.products.rows(client, lines["product_id"])
    products = attach(products, "brand_id", masters.brands.rows(client, products["brand_id"]), "name")
    lines = attach(lines, "product_id", products, "name", "brand_id.name")
    units = masters.units.rows(client, lines["product_id.uom_id"])
    categories = masters.unit_categories.rows(client, units["category_id"])
    units = attach(units, "category_id", categories, "name")
    lines = attach(lines, "product_id.uom_id", units, "name", "category_id.name")
    both = pa.chunked_array([*lines["location_id"].chunks, *lines["location_dest_id"].chunks], ID)
    locations = masters.locations.rows(client, both)
    lines = attach(lines, "location_id", locations, "complete_name", "usage")
    lines = attach(lines, "location_dest_id", locations, "complete_name", "usage", "scrap_location")
    return attach(lines, "create_uid", masters.users.rows(client, lines["create_uid"]), "name")


def _with_moves(client: OdooClient, masters: Masters, lines: pa.Table) -> pa.Table:
    """What the move and its picking say."""
    move_fields = {name: resolve(client, MOVE, name) for name in _MOVES.names if name != "id"}
    moves = client.read_table(MOVE, _distinct(lines["move_id"]), _MOVES, move_fields)
    pickings = client.read_table(PICKING, _distinct(lines["picking_id"]), _PICKINGS)
    pickings = attach(pickings, "partner_id", masters.partners.rows(client, pickings["partner_id"]), "name")
    lines = attach(lines, "move_id", moves, *move_fields)
    return attach(lines, "picking_id", pickings, "picking_type_code", "partner_id", "partner_id.name")


def _distinct(ids: pa.ChunkedArray) -> list[int]:
    found: list[int] = sorted(pc.unique(ids).drop_null().to_pylist())
    return found
