"""What really moved and what really lies where, from the world's transfers: nothing here knows Odoo's models.

Quantities are whole pieces, each product's own unit.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from nk_demo.world import calendar
from nk_demo.world.inventory import count_moment, last_count
from nk_demo.world.records import as_text
from nk_demo.world.stock import LATEST_LINE, Stock, stock_of
from nk_demo.world.stock_places import locations
from nk_demo.world.stock_records import UNIT_SIZES, Move, Transfer
from nk_demo.world.world import World

# (usage of the source, usage of the destination): what it is called, and whether stock grows (1) or shrinks (-1).
_KINDS = {
    ("supplier", "internal"): ("incoming", 1),
    ("internal", "supplier"): ("return_out", -1),
    ("internal", "customer"): ("outgoing", -1),
    ("customer", "internal"): ("return_in", 1),
    ("internal", "internal"): ("transfer", 1),
    ("internal", "transit"): ("transfer", -1),
    ("transit", "internal"): ("transfer", 1),
    ("production", "internal"): ("production_in", 1),
    ("internal", "production"): ("production_out", -1),
    ("inventory", "internal"): ("adjustment", 1),
    ("internal", "inventory"): ("adjustment", -1),
}
Place = tuple[int, int]


@dataclass
class MoveTotals:
    """One day's done moves. `quantity` is the pieces moved, whichever way; `kinds` has them by movement type, signed
    as internal stock sees them (a transfer between two internal locations counts once, and positive)."""

    day: date
    moves: set[int] = field(default_factory=set)
    lines: int = 0
    quantity: int = 0
    kinds: Counter[str] = field(default_factory=Counter)

    def add(self, move: Move, kind: str, sign: int) -> None:
        """Count a move."""
        self.moves.add(move.id)
        self.lines += len(move.shares)
        self.quantity += move.units
        self.kinds[kind] += sign * move.units

    def as_json(self) -> dict[str, object]:
        """For /demo/totals."""
        return {
            "day": self.day.isoformat(),
            "moves": len(self.moves),
            "lines": self.lines,
            "quantity": self.quantity,
            "movement_types": dict(sorted(self.kinds.items())),
        }


@dataclass
class StockTotals:
    """What lay where at the end of a day, or at the clock's time today: pieces by (product, internal location)."""

    day: date
    on_hand: dict[Place, int]

    def as_json(self) -> dict[str, object]:
        """For /demo/totals: nothing where nothing lies."""
        return {
            "day": self.day.isoformat(),
            "quantity": sum(self.on_hand.values()),
            "on_hand": [
                {"product_id": product, "location_id": place, "quantity": units}
                for (product, place), units in sorted(self.on_hand.items())
                if units
            ],
        }


def move_totals(world: World, start: date, end: date, tz: str | None = None) -> list[MoveTotals]:
    """Moves done on every local day from `start` to `end`, both included; `tz` cuts the days elsewhere."""
    zone = ZoneInfo(tz) if tz else world.tz
    return [_moves_of(world, day, zone) for day in _days(start, end)]


def stock_totals(world: World, start: date, end: date, tz: str | None = None) -> list[StockTotals]:
    """Stock at the end of every local day from `start` to `end`; empty before the world's history and after today."""
    zone = ZoneInfo(tz) if tz else world.tz
    stock, now = stock_of(world), world.now()
    found: list[StockTotals] = []
    levels: Counter[Place] | None = None
    for day in _days(start, end):
        begin, stop = _bounds(day, zone)
        if begin > now or stop <= stock.opening:
            found.append(StockTotals(day, {}))
            continue
        if levels is None:
            levels = _levels(stock, stop, now)
        else:
            _roll(levels, _done(stock, begin, stop, now))
        found.append(StockTotals(day, dict(levels)))
    return found


def _days(start: date, end: date) -> Iterator[date]:
    return (start + timedelta(days=n) for n in range((end - start).days + 1))


def _bounds(day: date, zone: ZoneInfo) -> tuple[str, str]:
    """A local day as UTC texts: its first instant, and the next day's."""
    return as_text(calendar.start_of(day, zone)), as_text(calendar.start_of(day + timedelta(days=1), zone))


def _moves_of(world: World, day: date, zone: ZoneInfo) -> MoveTotals:
    stock, totals = stock_of(world), MoveTotals(day)
    usages = {place.id: place.usage for place in locations(world.shop.people.stores)}
    for transfer, move in _done(stock, *_bounds(day, zone), world.now()):
        kind, sign = _KINDS[usages[move.source], usages[move.dest]]
        totals.add(move, "scrap" if transfer.scrapped else kind, sign)
    return totals


def _done(stock: Stock, begin: str, stop: str, now: str) -> Iterator[tuple[Transfer, Move]]:
    """Moves done in [begin, stop), by now."""
    within = stock.world.days(now)
    first, last = (calendar.days_of_text(text, stock.world.tz) for text in (begin, stop))
    for ordinal in range(first - LATEST_LINE, last + 1):
        for one in stock.block(ordinal, now).standings if ordinal in within else ():
            done = one.transfer.done
            if done is not None and done <= now and begin <= done < stop:
                yield from ((one.transfer, move) for move in one.transfer.moves)


def _levels(stock: Stock, stop: str, now: str) -> Counter[Place]:
    """From the last stock-taking, which leaves the targets, or from the opening: nothing lay there before."""
    moment = min(stop, now)
    count = last_count(stock.places, stock.world.today(moment), moment)
    levels: Counter[Place] = Counter({(product, place): 0 for product, place, _ in stock.places.targets})
    after = stock.opening
    if count >= stock.world.start:
        for (product, place, _), units in stock.places.targets.items():
            levels[product, place] += units
        # The count itself is in the targets: go on from the first text that sorts after it.
        after = f"{count_moment(stock.places, count)}~"
    _roll(levels, _done(stock, after, stop, now))
    return levels


def _roll(levels: Counter[Place], done: Iterator[tuple[Transfer, Move]]) -> None:
    for _, move in done:
        units = move.qty * UNIT_SIZES[move.uom]
        for place, change in ((move.source, -units), (move.dest, units)):
            if (move.product.id, place) in levels:
                levels[move.product.id, place] += change
