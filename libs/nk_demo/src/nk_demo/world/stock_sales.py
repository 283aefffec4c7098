"""What the tills take out of stock: one picking a session, stamped at closing, or one an order.

An order's picking is made when it is paid and follows no later edit. In a store that moves its stock at closing,
invoiced orders and sales that come in after the closing still have pickings of their own, as in Odoo.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from zoneinfo import ZoneInfo

from nk_demo.world import calendar
from nk_demo.world.planner import LINE_STRIDE, LIVE_ORDERS, LIVE_ROWS, LIVE_ROWS_EACH, SESSION_STRIDE
from nk_demo.world.records import COUNTED_STATES, Line, Order, as_text
from nk_demo.world.stock_moves import (
    ORDER_MOVES,
    SESSION_MOVES,
    SESSION_PICKINGS,
    Numbering,
    document_name,
)
from nk_demo.world.stock_places import (
    CUSTOMER,
    Places,
    by_session,
    store_code,
    store_stock,
    store_type,
)
from nk_demo.world.stock_records import MOVE_STRIDE, PICKING_STRIDE, Move, Share, Transfer

_RETURN_PICKINGS, _ORDER_PICKINGS, _LIVE_PICKINGS = LIVE_ORDERS, 2 * LIVE_ORDERS, 3 * LIVE_ORDERS


@dataclass(slots=True, frozen=True)
class Sale:
    """An order as first written, with where its picking's ids begin."""

    order: Order
    block: int
    first_move: int
    picking_id: int


def planned_sale(order: Order) -> Sale:
    """A planned order: its moves are numbered like its lines."""
    offset = order.lines[0].id - order.day * LINE_STRIDE
    first = order.day * MOVE_STRIDE + ORDER_MOVES + offset
    return Sale(order, order.day, first, order.day * PICKING_STRIDE + _ORDER_PICKINGS + order.seq)


def live_sale(order: Order, block: int, number: int) -> Sale:
    """The `number`-th live sale made on a day, which may be a day after the one on its receipt."""
    first = block * MOVE_STRIDE + ORDER_MOVES + LIVE_ROWS + number * LIVE_ROWS_EACH
    return Sale(order, block, first, block * PICKING_STRIDE + _LIVE_PICKINGS + number)


def paid_at(order: Order) -> str | None:
    """When an order was first paid; None for drafts that never were."""
    if order.counted:
        return order.created
    for step in order.steps:
        state = step.changes.get("state")
        if state in COUNTED_STATES:
            return step.at
        if state == "cancel":
            return None
    return None


def closing_text(places: Places, day: int, store: int) -> str:
    """When a store closes a day's session."""
    return _closing(day, store, places.shop.tz)


@lru_cache(maxsize=4_096)
def _closing(day: int, store: int, tz: ZoneInfo) -> str:
    return as_text(calendar.closing_of(calendar.date_of(day), store, tz))


def waits_for_closing(places: Places, order: Order) -> bool:
    """Whether an order's goods leave with its session's picking."""
    if order.invoiced or not by_session(order.store):
        return False
    paid = paid_at(order)
    return paid is not None and paid <= closing_text(places, order.day, order.store)


def order_transfers(places: Places, sales: Iterable[Sale], now: str) -> list[Transfer]:
    """Pickings of single orders paid until `now`."""
    found = []
    for sale in sales:
        paid = paid_at(sale.order)
        if paid is not None and paid <= now and not waits_for_closing(places, sale.order):
            found += _of_order(places, sale, paid)
    return found


def _of_order(places: Places, sale: Sale, paid: str) -> list[Transfer]:
    order = sale.order.at(paid)
    sold = [(n, line) for n, line in enumerate(order.lines) if line.qty > 0]
    back = [(n, line) for n, line in enumerate(order.lines) if line.qty < 0]
    found = []
    if sold:
        found.append(_picking(places, sale, order, sold, paid))
    if back:
        found.append(_picking(places, sale, order, back, paid))
    return found


def _picking(places: Places, sale: Sale, order: Order, lines: list[tuple[int, Line]], paid: str) -> Transfer:
    back = lines[0][1].qty < 0
    source, dest = _ends(order.store, back=back)
    positions: dict[int, int] = {}
    quantities: dict[int, int] = {}
    for position, line in lines:
        positions.setdefault(line.product.id, sale.first_move + position)
        quantities[line.product.id] = quantities.get(line.product.id, 0) + abs(line.qty)
    moves = []
    for number, qty in quantities.items():
        lots, first = places.lots(number), positions[number]
        # A single order is served from one lot.
        share = Share(first, qty, lots[order.seq % len(lots)] if lots else None)
        moves.append(Move(first, places.product(number), qty, source, dest, (share,)))
    picking = sale.block * PICKING_STRIDE + _RETURN_PICKINGS + order.seq if back else sale.picking_id
    tail = f"{order.seq:05d}{'R' if back else ''}"
    return Transfer(
        document_name(f"{store_code(order.store)}/POS", order.day, tail), paid, source, dest, tuple(moves),
        done=paid, picking_id=picking, picking_type=store_type(order.store), partner_id=order.partner_id,
        origin=order.name, order_id=order.id, session_id=order.day * SESSION_STRIDE + order.store + 1,
    )  # fmt: skip


def session_transfers(places: Places, day: int, orders: list[Order], now: str) -> list[Transfer]:
    """Pickings of the sessions of a day that were closed until `now`: one out, and one back for what was returned."""
    numbering = Numbering(places, day, SESSION_MOVES)
    found = []
    for store in places.shop.people.stores:
        closing = closing_text(places, day, store.index)
        if not by_session(store.index) or closing > now:
            continue
        mine = [
            order.at(closing)
            for order in orders
            if order.store == store.index and waits_for_closing(places, order)
        ]
        lines = [line for order in mine if order.counted for line in order.lines]
        for back in (False, True):
            transfer = _session(numbering, day, store.index, lines, closing, back=back)
            if transfer is not None:
                found.append(transfer)
    return found


def _session(
    numbering: Numbering, day: int, store: int, lines: list[Line], closing: str, *, back: bool
) -> Transfer | None:
    quantities: dict[int, int] = {}
    for line in lines:
        if line.qty and (line.qty < 0) is back:
            number = line.product.id
            quantities[number] = quantities.get(number, 0) + abs(line.qty)
    if not quantities:
        return None
    source, dest = _ends(store, back=back)
    moves = tuple(numbering.move(number, qty, source, dest) for number, qty in quantities.items())
    session = day * SESSION_STRIDE + store + 1
    return Transfer(
        document_name(f"{store_code(store)}/POS", day, "SR" if back else "S"), closing, source, dest, moves,
        done=closing, picking_id=day * PICKING_STRIDE + SESSION_PICKINGS + 2 * store + back,
        picking_type=store_type(store), origin=f"POS/{session:05d}", session_id=session,
    )  # fmt: skip


def _ends(store: int, *, back: bool) -> tuple[int, int]:
    ends = (store_stock(store), CUSTOMER)
    return ends[::-1] if back else ends
