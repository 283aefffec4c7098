"""Rows of the stock's small models: locations, warehouses, picking types and lots."""

from nk_demo.orm.rows import COMPANY, Row
from nk_demo.world.people import Store
from nk_demo.world.planner import Shop
from nk_demo.world.stock_places import (
    DELIVERIES,
    INTERNAL,
    MANUFACTURING,
    RECEIPTS,
    WAREHOUSE,
    WAREHOUSE_CODE,
    WAREHOUSE_VIEW,
    Location,
    has_lots,
    locations,
    lot_name,
    lots_of,
    store_code,
    store_stock,
    store_type,
    store_view,
)

_WAREHOUSE_NAME = "Gudang Pusat"


def stock_rows(shop: Shop) -> dict[str, list[Row]]:
    """All rows by model."""
    places = locations(shop.people.stores)
    return {
        "stock.location": [_location(one, places) for one in places],
        "stock.warehouse": [
            _warehouse(1, _WAREHOUSE_NAME, WAREHOUSE_CODE, WAREHOUSE, WAREHOUSE_VIEW),
            *(_store_warehouse(store) for store in shop.people.stores),
        ],
        "stock.picking.type": [*_warehouse_types(), *(_store_type(store) for store in shop.people.stores)],
        "stock.lot": [
            _lot(item.product.id, lot)
            for item in shop.catalogue.items
            if has_lots(item)
            for lot in lots_of(item.product.id)
        ],
    }


def _location(one: Location, places: tuple[Location, ...]) -> Row:
    parents = {place.id: place.parent for place in places}
    path = [one.id]
    while (parent := parents[path[0]]) is not None:
        path.insert(0, parent)
    return {
        "id": one.id,
        "name": one.name,
        "complete_name": one.full_name,
        "display_name": one.full_name,
        "usage": one.usage,
        "location_id": one.parent,
        "parent_path": "".join(f"{step}/" for step in path),
        "child_ids": tuple(place.id for place in places if place.parent == one.id),
        "company_id": None if one.shared else COMPANY,
        "scrap_location": one.scrap,
        "return_location": one.usage == "internal",
        "warehouse_id": one.warehouse,
    }


def _store_warehouse(store: Store) -> Row:
    stock, view = store_stock(store.index), store_view(store.index)
    return _warehouse(store.index + 2, store.name, store_code(store.index), stock, view)


def _warehouse(number: int, name: str, code: str, stock: int, view: int) -> Row:
    return {
        "id": number,
        "name": name,
        "code": code,
        "lot_stock_id": stock,
        "view_location_id": view,
        "company_id": COMPANY,
        "sequence": 10,
    }


def _warehouse_types() -> list[Row]:
    return [
        _type(RECEIPTS, "Receipts", "incoming", "IN", None, WAREHOUSE),
        _type(DELIVERIES, "Delivery Orders", "outgoing", "OUT", WAREHOUSE, None),
        _type(INTERNAL, "Internal Transfers", "internal", "INT", WAREHOUSE, WAREHOUSE),
        _type(MANUFACTURING, "Manufacturing", "mrp_operation", "MO", WAREHOUSE, WAREHOUSE),
    ]


def _store_type(store: Store) -> Row:
    row = _type(store_type(store.index), "PoS Orders", "outgoing", "POS", store_stock(store.index), None)
    return {**row, "warehouse_id": store.index + 2, "display_name": f"{store.name}: PoS Orders"}


def _type(number: int, name: str, code: str, prefix: str, source: int | None, dest: int | None) -> Row:
    return {
        "id": number,
        "name": name,
        "display_name": f"{_WAREHOUSE_NAME}: {name}",
        "code": code,
        "sequence_code": prefix,
        "sequence": number,
        "warehouse_id": 1,
        "default_location_src_id": source,
        "default_location_dest_id": dest,
        "return_picking_type_id": {RECEIPTS: DELIVERIES, DELIVERIES: RECEIPTS}.get(number),
        "company_id": COMPANY,
    }


def _lot(product_id: int, lot: int) -> Row:
    return {
        "id": lot,
        "name": lot_name(lot),
        "product_id": product_id,
        "product_uom_id": 1,
        "company_id": COMPANY,
    }
