"""What happens to stock day by day, stock-takings apart: sales, what follows from them, and what documents move.

A block is everything that begins on a day; its last lines may be stamped the morning after (sessions close at
night, goods in transit arrive).
"""

from collections import Counter, OrderedDict, defaultdict
from dataclasses import dataclass, field
from typing import TypeVar

from nk_demo.world import calendar, stock_refill, stock_sales
from nk_demo.world.journal import Entry
from nk_demo.world.planner import LIVE_ORDERS
from nk_demo.world.records import Order
from nk_demo.world.stock_moves import clock_time
from nk_demo.world.stock_places import Key, Places
from nk_demo.world.stock_plan import plan_other
from nk_demo.world.stock_records import UNIT_SIZES, Transfer
from nk_demo.world.stock_trade import plan_trade
from nk_demo.world.world import World

K = TypeVar("K")
V = TypeVar("V")
FOREVER = "9999"
_KEEP_FLOWS, _KEEP_NETS = 8, 128
_SETTLED = 36 * 3_600


@dataclass(slots=True, frozen=True)
class _Flow:
    """A day's transfers as far as they are known for moments in [since, until)."""

    since: str
    until: str
    entries: int
    transfers: list[Transfer]


@dataclass(slots=True)
class Net:
    """What (product, location, lot) gained or lost, in units, and when the last line of each was done."""

    units: Counter[Key] = field(default_factory=Counter)
    last: dict[Key, str] = field(default_factory=dict)

    def add(self, key: Key, units: int, moment: str) -> None:
        """Count one line."""
        self.units[key] += units
        self.last[key] = max(moment, self.last.get(key, ""))

    def merge(self, other: "Net") -> None:
        """Count another net."""
        self.units.update(other.units)
        for key, moment in other.last.items():
            self.last[key] = max(moment, self.last.get(key, ""))


class Flows:
    """The blocks of a world without their stock-takings. Callers hold the world's lock."""

    def __init__(self, world: World, places: Places) -> None:
        self.world, self.places = world, places
        self._flows: OrderedDict[int, _Flow] = OrderedDict()
        self._nets: OrderedDict[tuple[int, str], Net] = OrderedDict()
        self._sold: OrderedDict[int, Counter[tuple[int, int]]] = OrderedDict()
        self._live: defaultdict[int, list[Entry]] = defaultdict(list)
        self._seen = 0

    def transfers(self, ordinal: int, now: str) -> list[Transfer]:
        """What is known at `now` of a day, transfers planned for later included."""
        entries = len(self.world.journal.entries)
        known = self._flows.get(ordinal)
        if known is None or not _holds(known, now, entries):
            moments = self.events(ordinal, now)
            since = max((moment for moment in moments if moment <= now), default="")
            until = min((moment for moment in moments if moment > now), default=FOREVER)
            known = _Flow(since, until, entries, self._known(ordinal, now))
            if self.settles(ordinal) <= now:
                # The next stock-taking will want it, when the transfers themselves are long forgotten.
                keep(self._nets, (ordinal, ""), _net_of(known.transfers, "", now), _KEEP_NETS)
        keep(self._flows, ordinal, known, _KEEP_FLOWS)
        return known.transfers

    def _known(self, ordinal: int, now: str) -> list[Transfer]:
        sales = self._sales_of(ordinal, now)
        if stock_refill.all_sold(self.places, ordinal) <= now:
            keep(self._sold, ordinal, _sold_of(sales), _KEEP_NETS)
        return [
            *plan_trade(self.places, ordinal),
            *plan_other(self.places, ordinal),
            *sales,
            *self._refill(ordinal, now),
        ]

    def events(self, ordinal: int, now: str) -> set[str]:
        """Moments at which transfers appear in a block that were not planned before; once all are over, the last."""
        if self.settles(ordinal) <= now:
            return {self.settles(ordinal)}
        stores = self.world.shop.people.stores
        found = {stock_sales.closing_text(self.places, ordinal, one.index) for one in stores}
        found |= {paid for order in self._history(ordinal) if (paid := stock_sales.paid_at(order))}
        found |= {self.settles(ordinal)}
        if stock_refill.is_refill(ordinal):
            found.add(stock_refill.refill_begins(self.places, ordinal))
        return found

    def settles(self, ordinal: int) -> str:
        """From when on nothing changes what a block has moved: noon of the day after, when all goods have arrived."""
        return clock_time(self.world.shop, ordinal, _SETTLED)

    def moved(self, first: int, last: int, after: str, until: str, now: str) -> Net:
        """What each (product, location, lot) gained or lost in blocks `first` to `last`, by lines done in
        (after, until], stock-takings left out. `until` holds only inside the world's days, since what lies before
        them is part of the opening."""
        total = Net()
        for ordinal in range(first, last + 1):
            limits = (until, now) if ordinal >= self.world.start else (FOREVER, FOREVER)
            total.merge(self._net(ordinal, after, *limits))
        return total

    def _sales_of(self, ordinal: int, now: str) -> list[Transfer]:
        orders, live = self._history(ordinal), self._live_sales(ordinal)
        planned = [stock_sales.planned_sale(one) for one in orders if one.lines and one.seq < LIVE_ORDERS]
        return [
            *stock_sales.order_transfers(self.places, [*planned, *live], now),
            *stock_sales.session_transfers(self.places, ordinal, orders, now),
        ]

    def _history(self, ordinal: int) -> list[Order]:
        """Orders as first written, with all their steps: a picking shows an order as it was when it was paid."""
        with self.world.lock:
            return self.world._orders(ordinal)

    def _live_sales(self, ordinal: int) -> list[stock_sales.Sale]:
        """Sales made by hand on a day, whichever day is on their receipts."""
        journal = self.world.journal.entries
        for entry in journal[self._seen :]:
            if entry.action == "sell":
                self._live[calendar.days_of_text(entry.on, self.world.tz)].append(entry)
        self._seen = len(journal)
        books: dict[int, dict[int, Order]] = {}
        found = []
        for number, entry in enumerate(self._live.get(ordinal, [])):
            if entry.day not in books:
                books[entry.day] = {order.id: order for order in self._history(entry.day)}
            order = books[entry.day].get(entry.order_id)
            if order is not None and order.lines:
                found.append(stock_sales.live_sale(order, ordinal, number))
        return found

    def _refill(self, ordinal: int, now: str) -> list[Transfer]:
        if not stock_refill.is_refill(ordinal) or stock_refill.refill_begins(self.places, ordinal) > now:
            return []
        sold: Counter[tuple[int, int]] = Counter()
        for day in range(stock_refill.last_refill(ordinal), ordinal):
            if day not in self._sold:
                keep(self._sold, day, _sold_of(self._sales_of(day, now)), _KEEP_NETS)
            sold.update(self._sold[day])
        return stock_refill.plan_refill(self.places, ordinal, sold)

    def _net(self, ordinal: int, after: str, until: str, now: str) -> Net:
        """What one block moved in (after, until]; kept once it cannot change any more."""
        begin = clock_time(self.world.shop, ordinal, 0)
        done = self.settles(ordinal) <= min(until, now)
        key = (ordinal, after if after >= begin else "")
        if done and key in self._nets:
            self._nets.move_to_end(key)
            return self._nets[key]
        net = _net_of(self.transfers(ordinal, now), after, min(until, now))
        if done:
            keep(self._nets, key, net, _KEEP_NETS)
        return net


def _net_of(transfers: list[Transfer], after: str, until: str) -> Net:
    net = Net()
    for transfer in transfers:
        if transfer.done is not None and after < transfer.done <= until:
            for move in transfer.moves:
                for share in move.shares:
                    units = share.qty * UNIT_SIZES[move.uom]
                    net.add((move.product.id, move.dest, share.lot), units, transfer.done)
                    net.add((move.product.id, move.source, share.lot), -units, transfer.done)
    return net


def _sold_of(sales: list[Transfer]) -> Counter[tuple[int, int]]:
    """Units that left each store by its tills, by (location, product)."""
    sold: Counter[tuple[int, int]] = Counter()
    for transfer in sales:
        for move in transfer.moves:
            sold[move.source, move.product.id] += move.units
            sold[move.dest, move.product.id] -= move.units
    return sold


def _holds(flow: _Flow, now: str, entries: int) -> bool:
    return flow.since <= now < flow.until and (flow.until == FOREVER or flow.entries == entries)


def keep(cache: OrderedDict[K, V], key: K, value: V, most: int) -> None:
    """Keep a value as the newest of at most `most`."""
    cache[key] = value
    cache.move_to_end(key)
    while len(cache) > most:
        cache.popitem(last=False)
