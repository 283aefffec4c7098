"""What one day sells: a pure function of the seed, the knobs and the date.

Two steps, because a refund names a line of an earlier day: `plan_base` plans the day's sales and where its refunds
go, and `fill_refunds` looks up the base plans of the days that the refunds reach back to.
"""

from bisect import bisect
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from itertools import accumulate
from random import Random
from zoneinfo import ZoneInfo

from nk_demo.world import calendar
from nk_demo.world.baskets import draw_lines, draw_payments, refund_line
from nk_demo.world.catalogue import Catalogue
from nk_demo.world.people import People, Store
from nk_demo.world.records import Order, Step, as_text

# Ids of a day. The planned part comes first, live sales after it; 2**31 lasts until 2064.
ORDER_STRIDE, LINE_STRIDE, PAYMENT_STRIDE, SESSION_STRIDE = 32_768, 131_072, 131_072, 16
LIVE_ORDERS, LIVE_ROWS, LIVE_ROWS_EACH = 8_192, 32_768, 4
REFUND_REACH = 7
_SLOT_LINES, _SLOT_PAYMENTS = 4, 2


@dataclass(slots=True, frozen=True)
class Shop:
    """What a plan is made from."""

    seed: int
    orders_per_day: int
    tz: ZoneInfo
    catalogue: Catalogue
    people: People


@dataclass(slots=True, frozen=True)
class RefundSlot:
    """A refund whose lines are found later; ids are reserved for it."""

    order: Order
    first_line: int
    first_payment: int
    back: int
    exchange: bool


@dataclass(slots=True, frozen=True)
class BaseDay:
    """A day's sales and the refunds still to be filled."""

    orders: tuple[Order, ...]
    slots: tuple[RefundSlot, ...]


def plan_base(shop: Shop, ordinal: int) -> BaseDay:
    """The sales of a day; nothing on a closed day or before the epoch."""
    day = calendar.date_of(ordinal)
    if calendar.is_closed(day) or ordinal < 0:
        return BaseDay((), ())
    rng = Random(f"{shop.seed}:{ordinal}")
    count = round(shop.orders_per_day * calendar.busyness(day) * rng.uniform(0.9, 1.1))
    planner = _DayPlanner(shop, ordinal, day, rng)
    for second in _seconds(rng, day, min(count, LIVE_ORDERS - 1)):
        planner.add(second)
    return BaseDay(tuple(planner.orders), tuple(planner.slots))


def _seconds(rng: Random, day: date, count: int) -> list[int]:
    """Seconds of the day of every order, sorted; the first ones sit at the edges of the day."""
    edges = [rng.randrange(86_280, 86_400), rng.randrange(300), rng.randrange(1_800, 3_600)]
    if (day + timedelta(days=1)).day == 1:
        edges = [86_399, 86_370, *edges]
    elif day.day == 1:
        edges = [0, 59, *edges]
    weights = tuple(accumulate(calendar.hour_weights()))
    total = weights[-1]
    rest = max(0, count - len(edges))
    drawn = [bisect(weights, rng.random() * total) * 3_600 + rng.randrange(3_600) for _ in range(rest)]
    return sorted(edges[:count] + drawn)


class _DayPlanner:
    """Plans the orders of one day in the order of their time."""

    def __init__(self, shop: Shop, ordinal: int, day: date, rng: Random) -> None:
        self.shop, self.ordinal, self.day, self.rng = shop, ordinal, day, rng
        self.orders: list[Order] = []
        self.slots: list[RefundSlot] = []
        self._seq = 0
        self._line = ordinal * LINE_STRIDE + 1
        self._payment = ordinal * PAYMENT_STRIDE + 1
        stores = shop.people.stores
        self._store_chances = tuple(accumulate(1.0 / (1 + 0.5 * store.index) for store in stores))
        self._closing = [as_text(calendar.closing_of(day, store.index, shop.tz)) for store in stores]

    def add(self, second: int) -> None:
        """One order: mostly a sale, sometimes a refund slot, a draft, a cancelled or a late-paid one."""
        rng, people = self.rng, self.shop.people
        roll = rng.random() * self._store_chances[-1]
        store = people.stores[min(bisect(self._store_chances, roll), len(people.stores) - 1)]
        self._seq += 1
        order = self._blank(store, second)
        kind = rng.random()
        if kind < 0.018:
            self._reserve(order, exchange=kind >= 0.013)
            return
        partner = people.customers[int(rng.random() ** 1.7 * len(people.customers))]
        known = rng.random() < (1.0 if kind >= 0.982 else 0.42)
        order.partner_id = partner if known else None
        order.lines = draw_lines(rng, self.shop.catalogue, order.id, self._line, order.created)
        self._line += len(order.lines)
        order.payments = draw_payments(
            rng, store, order.partner_id, order.total, order.id, self._payment, order.ordered
        )
        self._payment += len(order.payments)
        self.orders.append(self._with_fate(order, store, kind))

    def _blank(self, store: Store, second: int) -> Order:
        moment = calendar.local_moment(self.day, second, self.shop.tz)
        stamp = f"{moment:%Y-%m-%d %H:%M:%S}"
        created = f"{stamp}.{self.rng.randrange(100_000, 1_000_000)}"
        number = f"{store.name}/{self.day:%y%m%d}{self._seq:04d}"
        employee = store.employees[self.rng.random() < 0.45]
        order_id = self.ordinal * ORDER_STRIDE + self._seq
        return Order(
            order_id, self.ordinal, store.index, self._seq, number, number, "paid", stamp, created, created,
            employee, None, (), (),
        )  # fmt: skip

    def _reserve(self, order: Order, *, exchange: bool) -> None:
        back = self.rng.randrange(1, REFUND_REACH + 1)
        self.slots.append(RefundSlot(order, self._line, self._payment, back, exchange))
        self._line += _SLOT_LINES
        self._payment += _SLOT_PAYMENTS

    def _with_fate(self, order: Order, store: Store, kind: float) -> Order:
        """What becomes of a sale after it is rung up. The order is this planner's own, so it is changed in place."""
        closing = Step(self._closing[store.index], {"state": "done"})
        if kind >= 0.982:
            order.state, order.invoiced = "invoiced", True
            return order
        if kind < 0.022:
            return _as_draft(order)
        if kind < 0.028:
            order.steps = (Step(self._later(order, 300, 1_800), {"state": "cancel"}),)
            return _as_draft(order)
        if kind < 0.038:
            return self._paid_later(order, closing)
        order.steps = (closing,)
        if kind < 0.046 and order.partner_id is not None:
            # The office fills in the customer some days later: nothing but the order's write date tells.
            edit = Step(self._later(order, 100_000, 260_000), {"partner_id": order.partner_id})
            order.partner_id, order.steps = None, (closing, edit)
        return order

    def _later(self, order: Order, least: int, most: int) -> str:
        moment = datetime.fromisoformat(order.created).replace(tzinfo=UTC)
        return as_text(moment + timedelta(seconds=self.rng.randrange(least, most), microseconds=77))

    def _paid_later(self, order: Order, closing: Step) -> Order:
        """An open tab: a draft for up to 40 minutes, which may end after midnight."""
        paid_at = self._later(order, 300, 2_400)
        payments = tuple(
            replace(payment, paid=paid_at[:19], created=paid_at, written=paid_at)
            for payment in order.payments
        )
        paid = Step(paid_at, {"state": "paid", "name": order.number, "payments": payments})
        order.steps = (paid, closing)
        return _as_draft(order)


def _as_draft(order: Order) -> Order:
    order.state, order.name, order.payments = "draft", "/", ()
    return order


def fill_refunds(shop: Shop, ordinal: int, base_of: Callable[[int], BaseDay]) -> list[Order]:
    """The day's refunds and exchanges.

    A refund that reaches back k days takes only sales whose number is k modulo the reach, and each sale once a
    day, so no sale is ever given back twice.
    """
    taken: set[int] = set()
    filled = []
    for slot in base_of(ordinal).slots:
        originals = base_of(ordinal - slot.back).orders
        rng = Random(f"{shop.seed}:{ordinal}:refund:{slot.order.seq}")
        candidates = [
            order
            for order in originals
            if order.store == slot.order.store
            and order.seq % REFUND_REACH == slot.back % REFUND_REACH
            and order.id not in taken
            and order.state in {"paid", "invoiced"}
            and order.total > 0
        ]
        if candidates:
            original = candidates[rng.randrange(len(candidates))]
            taken.add(original.id)
            filled.append(_refund(shop, slot, original, rng))
    return filled


def _refund(shop: Shop, slot: RefundSlot, original: Order, rng: Random) -> Order:
    order = slot.order
    store = shop.people.stores[order.store]
    chosen = rng.sample(original.lines, min(len(original.lines), 1 if rng.random() < 0.75 else 2))
    lines = tuple(
        refund_line(line, slot.first_line + n, order.id, order.created) for n, line in enumerate(chosen)
    )
    if slot.exchange:
        first = slot.first_line + len(lines)
        lines += draw_lines(rng, shop.catalogue, order.id, first, order.created, _SLOT_LINES - len(lines))
    # Goods of an invoiced order come back with a credit note.
    invoiced = original.invoiced and not slot.exchange
    order = replace(
        order, state="invoiced" if invoiced else "paid", invoiced=invoiced, partner_id=original.partner_id,
        lines=lines, name=f"{original.number} REFUND",
        refunded_orders=(original.id,), refunded_name=original.number,
        steps=() if invoiced else (
            Step(as_text(calendar.closing_of(calendar.date_of(order.day), order.store, shop.tz)), {"state": "done"}),
        ),
    )  # fmt: skip
    payments = draw_payments(rng, store, None, order.total, order.id, slot.first_payment, order.ordered)
    return replace(order, payments=payments)
