"""The world: days on demand, as they stand at one moment, with the live actions on top.

Nothing is generated before it is asked for. A day is planned once and kept while it is used; its snapshot stays
valid until the next thing that happens in it, which for a day of last month is never.
"""

from collections import OrderedDict, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from random import Random
from threading import RLock
from typing import Protocol, TypeVar
from zoneinfo import ZoneInfo

from nk_demo.clock import Clock
from nk_demo.world import calendar, live, planner
from nk_demo.world.accounts import Accounts
from nk_demo.world.catalogue import build_catalogue
from nk_demo.world.journal import Entry, Journal
from nk_demo.world.people import build_people
from nk_demo.world.records import GONE, Line, Order, Payment, as_text

_KEEP_ORDERS, _KEEP_DAYS = 20_000, 16
_FOREVER = "9999"
T = TypeVar("T")
# An order is written for the last time this many days after it was rung up, live actions apart.
LAST_PLANNED_WRITE = 5


class Knobs(Protocol):
    """What shapes a world; the settings satisfy it."""

    @property
    def days(self) -> int: ...
    @property
    def orders_per_day(self) -> int: ...
    @property
    def products(self) -> int: ...
    @property
    def stores(self) -> int: ...
    @property
    def customers(self) -> int: ...
    @property
    def seed(self) -> int: ...
    @property
    def tz(self) -> str: ...


@dataclass
class Snapshot:
    """One day's visible orders; valid for moments in [since, until)."""

    since: str
    until: str
    orders: list[Order] = field(default_factory=list)

    @cached_property
    def lines(self) -> list[Line]:
        """Lines by id."""
        return sorted((line for order in self.orders for line in order.lines), key=lambda line: line.id)

    @cached_property
    def payments(self) -> list[Payment]:
        """Payments by id."""
        return sorted((row for order in self.orders for row in order.payments), key=lambda row: row.id)

    @cached_property
    def orders_by_id(self) -> dict[int, Order]:
        """Orders by id."""
        return {order.id: order for order in self.orders}

    @cached_property
    def lines_by_id(self) -> dict[int, Line]:
        """Lines by id."""
        return {line.id: line for line in self.lines}

    @cached_property
    def payments_by_id(self) -> dict[int, Payment]:
        """Payments by id."""
        return {row.id: row for row in self.payments}


@dataclass
class _Book:
    """A day's orders with the first `applied` of its journal entries."""

    orders: dict[int, Order]
    applied: int = 0


class World:
    """The retailer, over time. Every public method may be called from several threads."""

    def __init__(self, knobs: Knobs, clock: Clock, journal: Journal | None = None) -> None:
        self.tz = ZoneInfo(knobs.tz)
        self._clock = clock
        catalogue = build_catalogue(knobs.seed, knobs.products)
        people = build_people(knobs.seed, knobs.stores, knobs.customers, catalogue.principals)
        self.shop = planner.Shop(knobs.seed, knobs.orders_per_day, self.tz, catalogue, people)
        today = calendar.ordinal_of(clock().astimezone(self.tz).date())
        self.journal = journal or Journal(None, identity_of(knobs, today))
        self.start = self.journal.start
        self.lock = RLock()
        self.accounts = Accounts(self.shop, lambda day: self._planned(day).values(), self.lock)
        self._bases: OrderedDict[int, planner.BaseDay] = OrderedDict()
        self._snapshots: OrderedDict[int, Snapshot] = OrderedDict()
        self._books: OrderedDict[int, _Book] = OrderedDict()
        self._sizes: dict[int, tuple[int, int, int]] = {}
        self._by_day: defaultdict[int, list[Entry]] = defaultdict(list)
        # Days of ids some of whose orders now lie on another day.
        self.redated: set[int] = set()
        for entry in self.journal.entries:
            self._note(entry)

    def now(self) -> str:
        """The clock as UTC text with microseconds."""
        return as_text(self._clock())

    def today(self, now: str | None = None) -> int:
        """The local day's ordinal."""
        return calendar.days_of_text(now or self.now(), self.tz)

    def days(self, now: str) -> range:
        """Every day of the world so far."""
        return range(max(0, self.start), self.today(now) + 1)

    def touched_since(self, text: str) -> set[int]:
        """Days with a live action at or after a moment: the only writes outside an order's first days."""
        return {entry.day for entry in self.journal.entries if entry.on >= text}

    def snapshot(self, ordinal: int, now: str) -> Snapshot:
        """A day as it stands at `now`; empty outside the world's days."""
        with self.lock:
            cached = self._snapshots.get(ordinal)
            if cached is not None and cached.since <= now < cached.until:
                self._snapshots.move_to_end(ordinal)
                return cached
            made = _snapshot_of(self._orders(ordinal), now)
            self._snapshots[ordinal] = made
            self._snapshots.move_to_end(ordinal)
            self._forget_old()
            return made

    def size(self, ordinal: int, now: str) -> tuple[int, int, int]:
        """How many orders, lines and payments a day has; remembered once nothing more happens in it."""
        with self.lock:
            known = self._sizes.get(ordinal)
            if known is not None:
                return known
            snapshot = self.snapshot(ordinal, now)
            lines = sum(len(order.lines) for order in snapshot.orders)
            payments = sum(len(order.payments) for order in snapshot.orders)
            size = (len(snapshot.orders), lines, payments)
            if snapshot.until == _FOREVER:
                self._sizes[ordinal] = size
            return size

    def order(self, order_id: int, now: str) -> Order | None:
        """An order that is visible at `now`, wherever it is."""
        day = order_id // planner.ORDER_STRIDE
        if day not in self.days(now):
            return None
        return self.snapshot(day, now).orders_by_id.get(order_id)

    def planned_order(self, order_id: int) -> Order | None:
        """An order of any day, also one outside the world's history, as an old refund may name it."""
        day = order_id // planner.ORDER_STRIDE
        return next((order for order in self._base(day).orders if order.id == order_id), None)

    def snapshots(self, days: list[int] | range, now: str) -> Iterator[Snapshot]:
        """Several days, one after the other."""
        return (self.snapshot(day, now) for day in days)

    # Live actions. Each is journaled, and returns the order it made or changed.

    def sell(self, at: str | None = None) -> Order:
        """A new sale, now or with an earlier time on its receipt."""
        with self.lock:
            now = self.now()
            stamp = as_text(live.parse_moment(at)) if at else now
            day = calendar.days_of_text(stamp, self.tz)
            if stamp > now or day not in self.days(now):
                raise live.LiveError("a sale must lie between the start of the world and now")
            sold = sum(1 for entry in self._by_day[day] if entry.action == "sell")
            order_id = live.live_order_id(day, sold)
            return self._record(Entry(self._next(), now, "sell", day, order_id, stamp[:19]))

    def edit(self, order_id: int) -> Order:
        """Change the quantity or the price of one line of a counted order."""
        with self.lock:
            now = self.now()
            order = self._counted(order_id, now)
            rng = Random(f"{self.shop.seed}:edit:{self._next()}")
            line, qty, price = live.choose_edit(order, rng)
            entry = Entry(self._next(), now, "edit", order.day, order_id, "", line.id, qty, price)
            return self._record(entry)

    def cancel(self, order_id: int) -> Order:
        """Cancel a counted order."""
        with self.lock:
            now = self.now()
            order = self._counted(order_id, now)
            return self._record(Entry(self._next(), now, "cancel", order.day, order_id))

    def redate(self, order_id: int, at: str) -> Order:
        """Give a counted order another time, on another day perhaps. Its id stays."""
        with self.lock:
            now = self.now()
            order = self._counted(order_id, now)
            stamp = as_text(live.parse_moment(at))
            if stamp > now or calendar.days_of_text(stamp, self.tz) not in self.days(now):
                raise live.LiveError("an order must lie between the start of the world and now")
            return self._record(Entry(self._next(), now, "redate", order.day, order_id, stamp[:19]))

    def delete(self, order_id: int) -> Order:
        """Delete a counted order, as nobody can in Odoo but by the database. Returns what it was."""
        with self.lock:
            now = self.now()
            order = self._counted(order_id, now)
            return self._record(Entry(self._next(), now, "delete", order.day, order_id))

    def act(self) -> tuple[str, Order]:
        """One live action as live mode makes them: a sale mostly, else an edit or a cancellation."""
        with self.lock:
            rng = Random(f"{self.shop.seed}:act:{self._next()}")
            roll = rng.random()
            victims = self._recent_counted() if roll >= 0.82 else []
            if not victims:
                return "sell", self.sell()
            order_id = victims[rng.randrange(len(victims))].id
            if roll < 0.94:
                return "edit", self.edit(order_id)
            return "cancel", self.cancel(order_id)

    def _recent_counted(self) -> list[Order]:
        now = self.now()
        today = self.today(now)
        days = [day for day in range(today - 3, today + 1) if day in self.days(now)]
        return [order for day in self.snapshots(days, now) for order in day.orders if order.counted]

    def _counted(self, order_id: int, now: str) -> Order:
        order = self.order(order_id, now)
        if order is None or not order.counted:
            raise live.LiveError(f"there is no counted order {order_id}")
        return order

    def _next(self) -> int:
        return len(self.journal.entries) + 1

    def _note(self, entry: Entry) -> None:
        self._by_day[entry.day].append(entry)
        if entry.action == "redate":
            self.redated.add(entry.day)

    def _record(self, entry: Entry) -> Order:
        before = self.snapshot(entry.day, entry.on).orders_by_id.get(entry.order_id)
        self.journal.append(entry)
        self._note(entry)
        self._snapshots.pop(entry.day, None)
        self._sizes.pop(entry.day, None)
        after = self.snapshot(entry.day, entry.on).orders_by_id.get(entry.order_id, before)
        if after is None:
            raise live.LiveError(f"there is no order {entry.order_id}")
        return after

    def _orders(self, ordinal: int) -> list[Order]:
        """Everything that is planned for a day and was done in it, later changes included."""
        entries = self._by_day.get(ordinal, [])
        book = self._books.get(ordinal) or _Book(self._planned(ordinal))
        for entry in entries[book.applied :]:
            live.apply_entry(self.shop, book.orders, entry)
        book.applied = len(entries)
        if entries:
            # A busy live day has thousands of entries: each is applied once, not at every new one.
            self._books[ordinal] = book
            self._books.move_to_end(ordinal)
            _trim(self._books, lambda one: len(one.orders))
        return sorted(book.orders.values(), key=lambda order: order.id)

    def _planned(self, ordinal: int) -> dict[int, Order]:
        planned = [*self._base(ordinal).orders, *planner.fill_refunds(self.shop, ordinal, self._base)]
        return {order.id: order for order in planned}

    def _base(self, ordinal: int) -> planner.BaseDay:
        with self.lock:
            if ordinal not in self._bases:
                self._bases[ordinal] = planner.plan_base(self.shop, ordinal)
            self._bases.move_to_end(ordinal)
            _trim(self._bases, lambda base: len(base.orders))
            return self._bases[ordinal]

    def _forget_old(self) -> None:
        _trim(self._snapshots, lambda snapshot: len(snapshot.orders))


def identity_of(knobs: Knobs, today: int) -> dict[str, int | str]:
    """What a journal must agree on with the world it is replayed in."""
    return {
        "seed": knobs.seed,
        "orders_per_day": knobs.orders_per_day,
        "products": knobs.products,
        "stores": knobs.stores,
        "customers": knobs.customers,
        "tz": knobs.tz,
        "start": today - knobs.days,
    }


def build_world(knobs: Knobs, clock: Clock, state: Path | None = None) -> World:
    """The world of the knobs, with the journal at the path `state` replayed. Raises JournalError."""
    today = calendar.ordinal_of(clock().astimezone(ZoneInfo(knobs.tz)).date())
    return World(knobs, clock, Journal(state, identity_of(knobs, today)))


def _snapshot_of(orders: list[Order], now: str) -> Snapshot:
    moments = [order.created for order in orders]
    moments += [step.at for order in orders for step in order.steps]
    since = max((moment for moment in moments if moment <= now), default="")
    until = min((moment for moment in moments if moment > now), default=_FOREVER)
    seen = [order.at(now) for order in orders if order.created <= now]
    return Snapshot(since, until, [order for order in seen if order.state != GONE])


def _trim(cache: OrderedDict[int, T], size: Callable[[T], int]) -> None:
    total = sum(size(value) for value in cache.values())
    while total > _KEEP_ORDERS and len(cache) > _KEEP_DAYS:
        total -= size(cache.popitem(last=False)[1])
