"""Live actions: new sales, edits, cancellations, …: each a journal entry and what it makes of a day's orders."""

from dataclasses import replace
from datetime import UTC, datetime
from random import Random
from typing import Any

from nk_demo.world import calendar
from nk_demo.world.baskets import draw_lines, draw_payments, priced
from nk_demo.world.journal import Entry
from nk_demo.world.planner import (
    LINE_STRIDE,
    LIVE_ORDERS,
    LIVE_ROWS,
    LIVE_ROWS_EACH,
    ORDER_STRIDE,
    PAYMENT_STRIDE,
    Shop,
)
from nk_demo.world.records import GONE, Line, Order, Payment, Step, as_text

LIVE_ORDERS_A_DAY = ORDER_STRIDE - LIVE_ORDERS


class LiveError(Exception):
    """An action that makes no sense; the message is for whoever asked for it."""


def apply_entry(shop: Shop, orders: dict[int, Order], entry: Entry) -> None:
    """Change a day's orders, by id, as a journal entry says."""
    if entry.action == "sell":
        orders[entry.order_id] = _sale(shop, entry)
    elif entry.action == "edit":
        orders[entry.order_id] = _edited(orders[entry.order_id], entry)
    elif entry.action == "redate":
        orders[entry.order_id] = _with_step(orders[entry.order_id], entry, {"ordered": entry.at})
    elif entry.action == "delete":
        orders[entry.order_id] = _with_step(orders[entry.order_id], entry, {"state": GONE})
    else:
        orders[entry.order_id] = _cancelled(orders[entry.order_id], entry)


def live_order_id(day: int, sold: int) -> int:
    """The id of a day's next live sale, `sold` having been made before it."""
    if sold >= LIVE_ORDERS_A_DAY:
        raise LiveError(f"a day holds at most {LIVE_ORDERS_A_DAY} live sales")
    return day * ORDER_STRIDE + LIVE_ORDERS + sold


def _sale(shop: Shop, entry: Entry) -> Order:
    """A paid sale whose content follows from the seed and its id."""
    rng = Random(f"{shop.seed}:live:{entry.order_id}")
    store = shop.people.stores[rng.randrange(len(shop.people.stores))]
    sold = entry.order_id - entry.day * ORDER_STRIDE - LIVE_ORDERS
    customers = shop.people.customers
    partner = customers[rng.randrange(len(customers))] if rng.random() < 0.42 else None
    rows = LIVE_ROWS + sold * LIVE_ROWS_EACH
    first_line, first_payment = entry.day * LINE_STRIDE + rows, entry.day * PAYMENT_STRIDE + rows
    lines = draw_lines(rng, shop.catalogue, entry.order_id, first_line, entry.on, LIVE_ROWS_EACH)
    total = sum(line.incl for line in lines)
    payments = draw_payments(rng, store, partner, total, entry.order_id, first_payment, entry.at)
    payments = tuple(replace(payment, created=entry.on, written=entry.on) for payment in payments)
    day = calendar.date_of(entry.day)
    seq = LIVE_ORDERS + sold
    number = f"{store.name}/{day:%y%m%d}{seq:04d}"
    closing = as_text(calendar.closing_of(day, store.index, shop.tz))
    closed = closing <= entry.on
    return Order(
        entry.order_id, entry.day, store.index, seq, number, number, "done" if closed else "paid", entry.at,
        entry.on, entry.on, store.employees[rng.randrange(len(store.employees))], partner, lines, payments,
        steps=() if closed else (Step(closing, {"state": "done"}),),
    )  # fmt: skip


def _edited(order: Order, entry: Entry) -> Order:
    """One line's quantity and price changed; the last payment that is no change makes up the difference."""
    current = order.at(entry.on)
    lines = tuple(
        priced(line, entry.qty, entry.price, entry.on) if line.id == entry.line_id else line
        for line in current.lines
    )
    difference = sum(line.incl for line in lines) - current.total
    payments = _settled(current.payments, difference, entry.on)
    step = Step(entry.on, {"lines": lines, "payments": payments})
    steps = sorted((*order.steps, step), key=lambda one: one.at)
    return replace(order, steps=tuple(steps))


def _settled(payments: tuple[Payment, ...], difference: int, on: str) -> tuple[Payment, ...]:
    rows = list(payments)
    for place in reversed(range(len(rows))):
        if not rows[place].is_change:
            rows[place] = replace(rows[place], amount=rows[place].amount + difference, written=on)
            break
    return tuple(rows)


def _cancelled(order: Order, entry: Entry) -> Order:
    """Cancelled for good: what was to happen later does not."""
    past = tuple(step for step in order.steps if step.at <= entry.on)
    return replace(order, steps=(*past, Step(entry.on, {"state": "cancel"})))


def _with_step(order: Order, entry: Entry, changes: dict[str, Any]) -> Order:
    step = Step(entry.on, changes)
    return replace(order, steps=tuple(sorted((*order.steps, step), key=lambda one: one.at)))


def choose_edit(order: Order, rng: Random) -> tuple[Line, int, int]:
    """Which line to change, and its new quantity and price."""
    worth = [line for line in order.lines if line.incl] or order.lines
    line = worth[rng.randrange(len(worth))]
    sign = -1 if line.qty < 0 else 1
    if rng.random() < 0.7:
        qty = abs(line.qty) + 1 if abs(line.qty) == 1 or rng.random() < 0.5 else abs(line.qty) - 1
        return line, sign * qty, line.price
    return line, line.qty, max(50_000, line.price - 50_000)


def parse_moment(text: str) -> datetime:
    """An ISO time; UTC where it names no offset."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise LiveError(f"not a time: {text!r}") from error
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
