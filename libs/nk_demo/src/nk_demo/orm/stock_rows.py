"""Raw values of the stock's models: field by field, a function from a row to what its column holds."""

from collections.abc import Callable, Mapping
from typing import Any

from nk_demo.orm.rows import COMPANY, CURRENCY, UNIT, Getter
from nk_demo.world.people import ADMIN
from nk_demo.world.planner import Shop
from nk_demo.world.stock_places import (
    DELIVERIES,
    INTERNAL,
    MANUFACTURING,
    RECEIPTS,
    WAREHOUSE,
    locations,
    lot_name,
    store_type,
)
from nk_demo.world.stock_quants import Quant
from nk_demo.world.stock_records import (
    UNIT_SIZES,
    LineRow,
    MoveRow,
    ProductionRow,
    Standing,
    Transfer,
    lines_of,
)

_CODES = {RECEIPTS: "incoming", DELIVERIES: "outgoing", INTERNAL: "internal", MANUFACTURING: "mrp_operation"}


class Names:
    """What rows need of the shop: names and usages of locations, codes and users of picking types."""

    def __init__(self, shop: Shop) -> None:
        places = locations(shop.people.stores)
        self.names: Mapping[int, str] = {place.id: place.name for place in places}
        self.usages: Mapping[int, str] = {place.id: place.usage for place in places}
        self.shared = frozenset(place.id for place in places if place.shared)
        self.warehouses: Mapping[int, int | None] = {place.id: place.warehouse for place in places}
        self.items = {item.product.id: item for item in (*shop.catalogue.extras, *shop.catalogue.items)}
        self._users = {store_type(store.index): store.user_id for store in shop.people.stores}

    def code(self, transfer: Transfer) -> str | None:
        """The kind of a picking; none for moves without one."""
        if transfer.picking_id is None:
            return None
        return _CODES.get(transfer.picking_type or 0, "outgoing")

    def user(self, standing: Standing) -> int:
        """Who wrote a transfer: the till's user, or the office."""
        return self._users.get(standing.transfer.picking_type or 0, ADMIN)

    def tracking(self, row: LineRow | Quant) -> str:
        """`lot` where a row has one."""
        return "none" if row.lot is None else "lot"


def _constant(value: Any) -> Getter:
    return lambda _row: value


def _common(names: Names, standing: Callable[[Any], Standing]) -> dict[str, Getter]:
    return {
        "id": lambda row: row.id,
        "create_date": lambda row: standing(row).created,
        "write_date": lambda row: standing(row).written,
        "create_uid": lambda row: names.user(standing(row)),
        "write_uid": lambda row: names.user(standing(row)),
        "company_id": _constant(COMPANY),
        "state": lambda row: standing(row).state,
        "origin": lambda row: standing(row).transfer.origin,
    }


def _of_row(row: Any) -> Standing:
    standing: Standing = row.standing
    return standing


def picking_getters(names: Names) -> dict[str, Getter]:
    """stock.picking."""
    return {
        **_common(names, lambda row: row),
        "name": lambda row: row.transfer.name,
        "picking_type_id": lambda row: row.transfer.picking_type,
        "picking_type_code": lambda row: names.code(row.transfer),
        "partner_id": lambda row: row.transfer.partner_id,
        "date": lambda row: row.created[:19],
        "scheduled_date": lambda row: row.created[:19],
        "date_done": lambda row: row.date if row.state == "done" else None,
        "location_id": lambda row: row.transfer.source,
        "location_dest_id": lambda row: row.transfer.dest,
        "move_ids": lambda row: tuple(move.id for move in row.transfer.moves),
        "move_line_ids": lambda row: tuple(line.id for line in lines_of(row)),
        "pos_session_id": lambda row: row.transfer.session_id,
        "pos_order_id": lambda row: row.transfer.order_id,
        "purchase_id": lambda row: row.transfer.purchase_id,
        "immediate_transfer": lambda row: row.transfer.draft and row.transfer.typed,
        "move_type": _constant("direct"),
        "priority": _constant("0"),
        "user_id": names.user,
    }


def _source(row: MoveRow) -> int:
    """A picking's move names the picking's location; its lines name the shelf."""
    transfer = row.standing.transfer
    return row.move.source if transfer.picking_id is None else transfer.source


def _dest(row: MoveRow) -> int:
    transfer = row.standing.transfer
    return row.move.dest if transfer.picking_id is None else transfer.dest


def _done(row: MoveRow) -> float:
    return float(row.move.qty if row.standing.state == "done" or row.standing.transfer.typed else 0)


def _move_lines(row: MoveRow) -> tuple[int, ...]:
    transfer = row.standing.transfer
    hidden = row.standing.state in {"draft", "cancel"} and not transfer.typed
    return () if hidden else tuple(share.id for share in row.move.shares)


def _finished(row: MoveRow | LineRow) -> int | None:
    made = row.standing.transfer.production
    return made.id if made and row.move.id in made.finished_ids else None


def _consumed(row: MoveRow) -> int | None:
    made = row.standing.transfer.production
    return made.id if made and row.move.id in made.raw_ids else None


def move_getters(names: Names) -> dict[str, Getter]:
    """stock.move."""
    return {
        **_common(names, _of_row),
        # The till's session or order is named on its picking alone.
        "origin": lambda row: (
            None if row.standing.transfer.session_id is not None else row.standing.transfer.origin
        ),
        "name": lambda row: (
            row.standing.transfer.name
            if row.standing.transfer.picking_id is None
            else row.move.product.full_name
        ),
        "reference": lambda row: row.standing.transfer.name,
        "date": lambda row: row.standing.date,
        "product_id": lambda row: row.move.product.id,
        "product_uom": lambda row: row.move.uom,
        "product_uom_qty": lambda row: float(row.move.qty),
        "product_qty": lambda row: float(row.move.units),
        "quantity_done": _done,
        "location_id": _source,
        "location_dest_id": _dest,
        "location_usage": lambda row: names.usages[_source(row)],
        "location_dest_usage": lambda row: names.usages[_dest(row)],
        "picking_id": lambda row: row.standing.transfer.picking_id,
        "picking_type_id": lambda row: row.standing.transfer.picking_type,
        "picking_code": lambda row: names.code(row.standing.transfer),
        "partner_id": lambda row: row.standing.transfer.partner_id,
        "is_inventory": lambda row: row.standing.transfer.inventory,
        "scrapped": lambda row: row.standing.transfer.scrapped,
        "production_id": _finished,
        "raw_material_production_id": _consumed,
        "origin_returned_move_id": lambda row: row.move.returned_move,
        "to_refund": lambda row: row.move.returned_move is not None,
        "move_line_ids": _move_lines,
        "price_unit": lambda row: (
            row.move.product.cost / 100 if row.standing.transfer.picking_type == RECEIPTS else 0.0
        ),
        "priority": _constant("0"),
        "procure_method": _constant("make_to_stock"),
        "sequence": _constant(10),
    }


def move_label(names: Names, row: MoveRow) -> str:
    """As Odoo shows a move: the picking's origin, the product's code, from where to where."""
    transfer, code = row.standing.transfer, names.items[row.move.product.id].code
    origin = f"{transfer.origin}/" if transfer.picking_id is not None and transfer.origin else ""
    prefix = f"{origin}{code}: " if code else origin
    return f"{prefix}{names.names[_source(row)]}>{names.names[_dest(row)]}"


def line_getters(names: Names) -> dict[str, Getter]:
    """stock.move.line."""
    return {
        **_common(names, _of_row),
        "origin": lambda row: (
            None if row.standing.transfer.session_id is not None else row.standing.transfer.origin
        ),
        "reference": lambda row: row.standing.transfer.name,
        "date": lambda row: row.standing.date,
        "move_id": lambda row: row.move.id,
        "picking_id": lambda row: row.standing.transfer.picking_id,
        "picking_code": lambda row: names.code(row.standing.transfer),
        "picking_type_id": lambda row: row.standing.transfer.picking_type,
        "picking_partner_id": lambda row: row.standing.transfer.partner_id,
        "product_id": lambda row: row.move.product.id,
        "product_uom_id": lambda row: row.move.uom,
        "qty_done": lambda row: float(row.done),
        "reserved_uom_qty": lambda row: float(row.reserved),
        "reserved_qty": lambda row: float(row.reserved * UNIT_SIZES[row.move.uom]),
        "location_id": lambda row: row.move.source,
        "location_dest_id": lambda row: row.move.dest,
        "lot_id": lambda row: row.lot,
        "lot_name": lambda row: (
            lot_name(row.lot) if row.lot and row.standing.transfer.picking_type == RECEIPTS else None
        ),
        "production_id": _finished,
        "tracking": names.tracking,
    }


def quant_getters(names: Names) -> dict[str, Getter]:
    """stock.quant."""
    return {
        "id": lambda row: row.id,
        "product_id": lambda row: row.product.id,
        "product_tmpl_id": lambda row: names.items[row.product.id].template_id,
        "product_categ_id": lambda row: names.items[row.product.id].category_id,
        "location_id": lambda row: row.location,
        "lot_id": lambda row: row.lot,
        "quantity": lambda row: float(row.quantity),
        "reserved_quantity": lambda row: float(row.reserved),
        "available_quantity": lambda row: float(row.quantity - row.reserved),
        "product_uom_id": _constant(UNIT),
        "on_hand": lambda row: row.internal,
        "value": lambda row: row.quantity * row.product.cost / 100 if row.internal else 0.0,
        "company_id": lambda row: None if row.location in names.shared else COMPANY,
        "currency_id": _constant(CURRENCY),
        "warehouse_id": lambda row: names.warehouses[row.location],
        "tracking": names.tracking,
        "in_date": lambda row: row.entered[:19],
        "create_date": lambda row: row.entered,
        "write_date": lambda row: row.written,
        "create_uid": _constant(ADMIN),
        "write_uid": _constant(ADMIN),
    }


def production_getters(names: Names) -> dict[str, Getter]:
    """mrp.production."""

    def made(row: ProductionRow) -> float:
        return float(row.production.qty if row.standing.state == "done" else 0)

    return {
        **_common(names, _of_row),
        "state": lambda row: "confirmed" if row.standing.state == "assigned" else row.standing.state,
        "origin": _constant(None),
        "name": lambda row: row.production.name,
        "product_id": lambda row: row.production.product.id,
        "product_qty": lambda row: float(row.production.qty),
        "qty_producing": made,
        "qty_produced": made,
        "product_uom_id": _constant(UNIT),
        "date_planned_start": lambda row: row.production.started[:19],
        "date_finished": lambda row: row.standing.date if row.standing.state == "done" else None,
        "location_src_id": _constant(WAREHOUSE),
        "location_dest_id": _constant(WAREHOUSE),
        "picking_type_id": _constant(MANUFACTURING),
        "move_raw_ids": lambda row: row.production.raw_ids,
        "move_finished_ids": lambda row: row.production.finished_ids,
        "priority": _constant("0"),
        "user_id": _constant(ADMIN),
    }
