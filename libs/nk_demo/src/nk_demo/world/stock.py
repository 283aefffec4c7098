"""Stock over time: every day's transfers on demand, as they stand at one moment, and what lies where.

A block is everything that begins on a day; its last lines may be stamped the morning after (sessions close at
night, goods in transit arrive). Blocks are planned when they are asked for and kept while they are used.
"""

from collections import Counter, OrderedDict
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import chain

from nk_demo.world import calendar, inventory
from nk_demo.world.records import as_text
from nk_demo.world.stock_flow import FOREVER, Flows, keep
from nk_demo.world.stock_places import CUSTOMER, INVENTORY, SUPPLIER, Key, Places, split
from nk_demo.world.stock_plan import LEFTOVER_DAYS
from nk_demo.world.stock_records import (
    UNIT_SIZES,
    LineRow,
    MoveRow,
    ProductionRow,
    Standing,
    Transfer,
    lines_of,
    stand,
)
from nk_demo.world.world import World

_KEEP_BLOCKS = 12
# A row of a block is written for the last time so many days after its day: leftovers are cancelled then.
LAST_STOCK_WRITE = LEFTOVER_DAYS
# Lines of a block are stamped on its day or so many days later.
LATEST_LINE = 1


@dataclass(slots=True, frozen=True)
class Level:
    """What lies somewhere: units, when they moved last, and when they were counted (or first entered)."""

    units: int
    written: str
    counted: str


@dataclass
class Block:
    """A day's visible transfers; valid for moments in [since, until), and only with so many journal entries."""

    since: str
    until: str
    entries: int
    standings: list[Standing]

    def holds(self, now: str, entries: int) -> bool:
        """Whether nothing has happened to it by `now`."""
        return self.since <= now < self.until and (self.until == FOREVER or self.entries == entries)

    @cached_property
    def pickings(self) -> list[Standing]:
        """stock.picking rows by id."""
        found = [one for one in self.standings if one.transfer.picking_id is not None]
        return sorted(found, key=lambda one: one.id)

    @cached_property
    def moves(self) -> list[MoveRow]:
        """stock.move rows by id."""
        rows = [MoveRow(move.id, move, one) for one in self.standings for move in one.transfer.moves]
        return sorted(rows, key=lambda row: row.id)

    @cached_property
    def lines(self) -> list[LineRow]:
        """stock.move.line rows by id."""
        return sorted(chain.from_iterable(map(lines_of, self.standings)), key=lambda row: row.id)

    @cached_property
    def productions(self) -> list[ProductionRow]:
        """mrp.production rows by id, each as its finished move stands."""
        return [
            ProductionRow(one.transfer.production.id, one.transfer.production, one)
            for one in self.standings
            if one.transfer.production and one.transfer.moves[0].id in one.transfer.production.finished_ids
        ]

    @cached_property
    def pickings_by_id(self) -> dict[int, Standing]:
        """stock.picking rows by id."""
        return {row.id: row for row in self.pickings}

    @cached_property
    def moves_by_id(self) -> dict[int, MoveRow]:
        """stock.move rows by id."""
        return {row.id: row for row in self.moves}

    @cached_property
    def lines_by_id(self) -> dict[int, LineRow]:
        """stock.move.line rows by id."""
        return {row.id: row for row in self.lines}


class Stock:
    """The stock of a world. Every public method may be called from several threads."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.places = Places(world.shop)
        self._blocks: OrderedDict[int, Block] = OrderedDict()
        self._flows = Flows(world, self.places)

    def block(self, ordinal: int, now: str) -> Block:
        """A day's rows at `now`."""
        with self.world.lock:
            entries = len(self.world.journal.entries)
            known = self._blocks.get(ordinal)
            if known is None or not known.holds(now, entries):
                known = self._make(ordinal, now, entries)
            keep(self._blocks, ordinal, known, _KEEP_BLOCKS)
            return known

    def levels(self, moment: str, now: str) -> dict[Key, Level]:
        """What every (product, location, lot) holds right after `moment`, which must not lie after `now`.

        Internal locations are exact. Partners, losses and production are round figures up to the last stock-taking
        (see `_outside`) with the exact moves since; all locations of a product sum up to zero, as in Odoo.
        """
        with self.world.lock:
            today = self.world.today(moment)
            count = inventory.last_count(self.places, today, moment)
            after = inventory.count_moment(self.places, count)
            found: Counter[Key] = Counter(self.places.targets)
            found.update(self._outside(count))
            net = self._flows.moved(count - LATEST_LINE, today, after, moment, now)
            found.update(net.units)
            since = after if count >= self.world.start else self.opening
            return {
                key: Level(units, net.last.get(key, since), since)
                for key, units in found.items()
                if self.places.storable(key[0])
            }

    def reserved(self, now: str) -> Counter[Key]:
        """Units that open transfers hold, by (product, location, lot)."""
        today, found = self.world.today(now), Counter[Key]()
        for ordinal in range(today - LEFTOVER_DAYS, today + 1):
            if ordinal in self.world.days(now):
                for line in self.block(ordinal, now).lines:
                    key = (line.move.product.id, line.move.source, line.lot)
                    if line.reserved and key in self.places.targets:
                        found[key] += line.reserved * UNIT_SIZES[line.move.uom]
        return found

    def _make(self, ordinal: int, now: str, entries: int) -> Block:
        transfers = [*self._flows.transfers(ordinal, now), *self._counted(ordinal, now)]
        moments = {one.created for one in transfers}
        moments |= {moment for one in transfers for moment in (one.done, one.cancelled) if moment}
        moments |= self._flows.events(ordinal, now)
        if inventory.is_count(ordinal):
            moments.add(inventory.count_moment(self.places, ordinal))
        since = max((moment for moment in moments if moment <= now), default="")
        until = min((moment for moment in moments if moment > now), default=FOREVER)
        return Block(since, until, entries, [stand(one, now) for one in transfers if one.created <= now])

    def _counted(self, ordinal: int, now: str) -> list[Transfer]:
        """The opening on the first day; the differences on a stock-taking day."""
        found: list[Transfer] = []
        if ordinal == max(0, self.world.start):
            before = inventory.last_count(self.places, ordinal - 1, FOREVER)
            after = inventory.count_moment(self.places, before)
            moved = self._flows.moved(before - LATEST_LINE, ordinal - 1, after, FOREVER, now)
            found += inventory.opening_transfers(self.places, ordinal, moved.units, self.opening)
        if inventory.is_count(ordinal) and inventory.count_moment(self.places, ordinal) <= now:
            before = inventory.last_count(self.places, ordinal - 1, now)
            after = inventory.count_moment(self.places, before)
            until = inventory.count_moment(self.places, ordinal)
            moved = self._flows.moved(before - LATEST_LINE, ordinal, after, until, now)
            found += inventory.count_transfers(self.places, ordinal, moved.units, len(found))
        return found

    def steady_until(self, now: str) -> str:
        """Until when stock and reservations stay as they are, if nobody sells anything by hand."""
        today, days = self.world.today(now), self.world.days(now)
        ends = [as_text(calendar.start_of(calendar.date_of(today + 1), self.world.tz))]
        recent = range(today - LEFTOVER_DAYS, today + 1)
        return min([*ends, *(self.block(ordinal, now).until for ordinal in recent if ordinal in days)])

    @property
    def opening(self) -> str:
        """The first instant of the world's history, when the first stock is entered."""
        return as_text(calendar.start_of(calendar.date_of(self.world.start), self.world.tz))

    def _outside(self, count: int) -> dict[Key, int]:
        """What partners and the inventory loss hold after a stock-taking: round figures that only keep their signs.

        Customers have had an average day's sales for each day of the world, vendors have given as much, and the
        inventory loss has given the targets.
        """
        days = max(0, count - self.world.start)
        found: Counter[Key] = Counter()
        for (number, _place, lot), target in self.places.targets.items():
            found[number, INVENTORY, lot] -= target
        for product in self.places.storables:
            lots = self.places.lots(product.id)
            sold = round(self.places.rates[product.id] * days)
            for lot, part in zip(lots or (None,), split(sold, len(lots) or 1), strict=True):
                found[product.id, CUSTOMER, lot] += part
                found[product.id, SUPPLIER, lot] -= part
        return found


@lru_cache(maxsize=4)
def stock_of(world: World) -> Stock:
    """The stock of a world; made once for as long as the world is in use."""
    return Stock(world)
