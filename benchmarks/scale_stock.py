"""One day of stock: `fact_inventory_moves`, what they change, and `fact_stock_on_hand_snapshot`.

Bills are received in the warehouse, and the day after their goods go to the stores that they are meant for.
The tills' orders leave each store in one move per product when the day is closed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time

import numpy as np
import pyarrow as pa

from benchmarks.scale_bills import Bills, bills_of
from benchmarks.scale_catalogue import (
    CUSTOMER_SIDE,
    FIRST_PRODUCT,
    FIRST_SHOP,
    FIRST_VENDOR,
    INTERNAL,
    LOSS,
    PLACES,
    PRODUCTION,
    PRODUCTS,
    SCRAP,
    VENDOR_NAMES,
    VENDOR_SIDE,
    WAREHOUSE,
    Floats,
    Ints,
)
from benchmarks.scale_columns import days, moments, numbered, same
from benchmarks.scale_sales import pick
from benchmarks.scale_world import LINES_PER_ORDER, STOCK, UNITS_PER_LINE, World
from nk_common.star.stock import FACT_INVENTORY_MOVES, FACT_STOCK_ON_HAND_SNAPSHOT, MOVEMENT_TYPES

_TAKEN_AT = time(23, 59)
"""After the last move of the day, so that a snapshot and the next day's moves make the next snapshot."""
_MOST_MOVES = 8_000
_ADJUSTMENTS, _SCRAPPED = 4, 2
_OPENING_DAYS = 15
_INCOMING, _OUTGOING, _TRANSFER, _MADE, _USED, _ADJUSTED, _SCRAPS, _RETURN_IN, _RETURN_OUT = range(9)
_PICKING_CODES = ("incoming", "outgoing", "internal", None, None, None, None, "incoming", "outgoing")
_PREFIXES = pa.array(
    ["WH/IN/", "TK/OUT/", "WH/INT/", "WH/MO/", "WH/MO/", "Inventory/", "SP/", "TK/IN/", "WH/OUT/"]
)


@dataclass(frozen=True)
class Moves:
    """Of one day. `kind` is an index into MOVEMENT_TYPES, `source` and `dest` into PLACES; `quantity` is
    signed as the fact is; `seconds` since midnight; `document` numbers pickings of the day, -1 for none;
    `vendor` is -1 for none."""

    kind: Ints
    product: Ints
    source: Ints
    dest: Ints
    quantity: Ints
    seconds: Ints
    document: Ints
    vendor: Ints

    def change(self) -> Ints:
        """What they add to every heap of stock, INTERNAL places x products."""
        change = np.zeros((len(PLACES.ids), PRODUCTS), np.int64)
        moved = np.abs(self.quantity)
        np.add.at(change, (self.source, self.product), -moved)
        np.add.at(change, (self.dest, self.product), moved)
        return change[:INTERNAL]


def moves_of(world: World, index: int, net: Ints) -> Moves:
    """`net`: units that each store sold less those taken back, stores x products."""
    rng = world.chance(STOCK, index)
    parts = [_received(bills_of(world, index)), _sold(net), *_corrections(world, index, rng)]
    if index:
        parts.insert(0, _to_stores(bills_of(world, index - 1)))
    return Moves(*(np.concatenate([getattr(part, name) for part in parts]) for name in vars(parts[0])))


def opening_stock(world: World) -> Ints:
    """On hand before the first day, INTERNAL places x products.

    Of products without bills as much as is sold until the first of them.
    """
    goods = world.goods
    sold = np.where(goods.starts == 0, _OPENING_DAYS, 0)
    sold = np.where(goods.cost_from > goods.starts, goods.cost_from - goods.starts, sold)
    daily = goods.weight / goods.weight.sum() * world.scale.orders * LINES_PER_ORDER * UNITS_PER_LINE
    shops = np.ceil(np.outer(world.store_shares, daily * sold))
    stock = np.vstack([np.ceil(daily * sold / 2), shops]).astype(np.int64)
    stock[:, goods.weight == 0] = 24
    return stock


def moves_table(world: World, index: int, moves: Moves) -> pa.Table:
    """`fact_inventory_moves`."""
    count = moves.kind.size
    lines = 1 + index * _MOST_MOVES + np.arange(count)
    when = moments(world.day(index), moves.seconds)
    columns = {
        "move_line_id": lines,
        "move_id": lines,
        "date": when,
        "create_date": when,
        "product_id": FIRST_PRODUCT + moves.product,
        "product_name": pa.array(world.goods.names).take(moves.product),
        "product_brand": pa.array(world.goods.brand_names).take(moves.product),
        "qty_moved": moves.quantity.astype(np.float64),
        "movement_type": pa.array(MOVEMENT_TYPES).take(moves.kind),
        "inventory_adjustment_flag": moves.kind == _ADJUSTED,
        **_place_columns("src", moves.source),
        **_place_columns("dest", moves.dest),
        "uom_id": np.ones(count, np.int64),
        "uom_name": same("Units", count),
        "uom_category": same("Unit", count),
        **_document_columns(index, moves, lines),
        **_partner_columns(moves),
        "created_by_user": same("Gudang", count),
        "company_id": np.ones(count, np.int64),
    }
    schema = FACT_INVENTORY_MOVES.schema
    missing = {name: pa.nulls(count, schema.field(name).type) for name in schema.names if name not in columns}
    return pa.table({**columns, **missing}).select(schema.names).cast(schema)


def snapshot_table(world: World, index: int, stock: Ints) -> pa.Table:
    """`fact_stock_on_hand_snapshot` of the end of the day; heaps of nothing are left out."""
    place, product = np.nonzero(stock)
    quantity = stock[place, product]
    quant = 1 + place * PRODUCTS + product
    count = quant.size
    day = world.day(index)
    taken = np.datetime64(datetime.combine(day, _TAKEN_AT), "us")
    columns = {
        "snapshot_date": days(day, count),
        "quant_id": quant,
        "product_id": FIRST_PRODUCT + product,
        "location_id": np.array(PLACES.ids)[place],
        "quantity": quantity.astype(np.float64),
        "reserved_quantity": np.where(((quant + index) % 37 == 0) & (quantity > 3), 2.0, 0.0),
        "reconstructed": np.zeros(count, np.bool_),
        "taken_at": np.full(count, taken),
        "lot_id": pa.nulls(count, pa.int64()),
        "owner_id": pa.nulls(count, pa.int64()),
        "company_id": np.ones(count, np.int64),
    }
    return pa.table(columns, schema=FACT_STOCK_ON_HAND_SNAPSHOT.schema)


def _moves(
    kind: int | Ints,
    product: Ints,
    source: int | Ints,
    dest: int | Ints,
    quantity: Ints,
    seconds: int | Ints,
    document: int | Ints = -1,
    vendor: int | Ints = -1,
) -> Moves:
    """What is given once goes for all."""
    given = (kind, product, source, dest, quantity, seconds, document, vendor)
    return Moves(*(np.broadcast_to(np.asarray(values, np.int64), product.shape) for values in given))


def _to_stores(bills: Bills) -> Moves:
    line, store = np.nonzero(bills.for_store.clip(min=0))
    return _moves(
        _TRANSFER,
        bills.lines.product[line],
        WAREHOUSE,
        FIRST_SHOP + store,
        bills.for_store[line, store],
        7 * 3600 + store * 600,
        document=40 + store,
    )


def _received(bills: Bills) -> Moves:
    lines, quantity = bills.lines, bills.quantity
    bill = lines.move - lines.move[0] if lines.move.size else lines.move
    return _moves(
        np.where(lines.returned, _RETURN_OUT, _INCOMING),
        lines.product,
        np.where(lines.returned, WAREHOUSE, VENDOR_SIDE),
        np.where(lines.returned, VENDOR_SIDE, WAREHOUSE),
        quantity,
        9 * 3600 + bill * 300,
        document=10 + bill,
        vendor=lines.vendor,
    )


def _sold(net: Ints) -> Moves:
    store, product = np.nonzero(net)
    units = net[store, product]
    return _moves(
        np.where(units > 0, _OUTGOING, _RETURN_IN),
        product,
        np.where(units > 0, FIRST_SHOP + store, CUSTOMER_SIDE),
        np.where(units > 0, CUSTOMER_SIDE, FIRST_SHOP + store),
        -units,
        23 * 3600 + 900 + store * 60,
        document=store,
    )


def _corrections(world: World, index: int, rng: np.random.Generator) -> Sequence[Moves]:
    """A few counts, losses, and a set made of two other products."""
    shares = world.shares(index)
    adjusted = rng.choice([-2, -1, -1, 1, 1, 3], _ADJUSTMENTS)
    at = rng.integers(0, INTERNAL, _ADJUSTMENTS)
    made, *used = rng.choice(PRODUCTS, 3, replace=False, p=shares)
    return (
        _moves(
            _ADJUSTED,
            pick(rng, shares, _ADJUSTMENTS),
            np.where(adjusted > 0, LOSS, at),
            np.where(adjusted > 0, at, LOSS),
            adjusted,
            rng.integers(18 * 3600, 20 * 3600, _ADJUSTMENTS),
        ),
        _moves(
            _SCRAPS,
            pick(rng, shares, _SCRAPPED),
            rng.integers(0, INTERNAL, _SCRAPPED),
            SCRAP,
            -rng.integers(1, 3, _SCRAPPED),
            20 * 3600 + 300,
        ),
        _moves(_MADE, np.array([made]), PRODUCTION, WAREHOUSE, np.array([5]), 14 * 3600),
        _moves(_USED, np.array(used), WAREHOUSE, PRODUCTION, np.array([-5, -10]), 14 * 3600),
    )


def _place_columns(side: str, place: Ints) -> dict[str, pa.Array | Ints]:
    return {
        f"location_{side}_id": np.array(PLACES.ids)[place],
        f"location_{side}_name": pa.array(PLACES.names).take(place),
        f"location_{side}_usage": pa.array(PLACES.usages).take(place),
    }


def _document_columns(index: int, moves: Moves, lines: Ints) -> dict[str, pa.Array]:
    picking = np.where(moves.document < 0, -1, 1 + index * 100 + moves.document)
    is_made = (moves.kind == _MADE) | (moves.kind == _USED)
    return {
        "manufacturing_order_id": pa.array(np.full(lines.size, index + 1), mask=~is_made),
        "picking_id": pa.array(picking, mask=picking < 0),
        "picking_type_code": pa.array(_PICKING_CODES).take(moves.kind),
        "reference": numbered(_PREFIXES.take(moves.kind), np.where(picking < 0, lines, picking)),
    }


def _partner_columns(moves: Moves) -> dict[str, pa.Array]:
    columns = {}
    for role, kind in (("source", _INCOMING), ("destination", _RETURN_OUT)):
        others = moves.kind != kind
        columns[f"{role}_partner_id"] = pa.array(FIRST_VENDOR + moves.vendor, mask=others)
        columns[f"{role}_partner_name"] = pa.array(VENDOR_NAMES).take(pa.array(moves.vendor, mask=others))
    return columns


def accumulate(stock: Ints, changes: Floats | Ints) -> Ints:
    """On hand at the end of each day: days x INTERNAL places x products, from what it was before them."""
    held: Ints = stock + np.cumsum(changes, axis=0, dtype=np.int64)
    return held
