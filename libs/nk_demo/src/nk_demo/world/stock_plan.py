"""What happens to stock on a day by itself: scrap, spot counts, gift sets, and transfers that are never finished.

A pure function of the seed and the date. Receipts and deliveries follow bills and invoices: see `stock_trade`.
"""

from random import Random

from nk_demo.world import calendar
from nk_demo.world.records import Product
from nk_demo.world.stock_moves import (
    OTHER_MOVES,
    OTHER_PICKINGS,
    Numbering,
    clock_time,
    document_name,
)
from nk_demo.world.stock_places import (
    CUSTOMER,
    DELIVERIES,
    INTERNAL,
    INVENTORY,
    MANUFACTURING,
    PRODUCTION,
    RECEIPTS,
    SCRAP,
    SUPPLIER,
    WAREHOUSE,
    WAREHOUSE_CODE,
    Places,
    store_stock,
)
from nk_demo.world.stock_records import (
    PICKING_STRIDE,
    PRODUCTION_STRIDE,
    Move,
    Production,
    Transfer,
)

_NOON = 12 * 3_600
_WEDNESDAY, _FRIDAY = 2, 4
# A transfer that nobody finished is cancelled so many days later.
LEFTOVER_DAYS = 3


def plan_other(places: Places, ordinal: int) -> list[Transfer]:
    """Everything of a day that depends on no sale and no document; nothing on a closed day."""
    day = calendar.date_of(ordinal)
    if ordinal < 0 or calendar.is_closed(day) or not places.storables:
        return []
    planner = _Planner(places, ordinal)
    planner.scrap()
    if day.weekday() == _FRIDAY:
        planner.spot_counts()
    if day.weekday() == _WEDNESDAY:
        planner.productions(cancelled=day.day <= 7)
    planner.unfinished()
    return planner.transfers


class _Planner:
    """Plans one day; the steps must come in a fixed order, since ids and dice follow each other."""

    def __init__(self, places: Places, ordinal: int) -> None:
        self.places, self.ordinal = places, ordinal
        self.rng = Random(f"{places.shop.seed}:stock:{ordinal}")
        self.numbering = Numbering(places, ordinal, OTHER_MOVES)
        self.transfers: list[Transfer] = []
        self._picking = ordinal * PICKING_STRIDE + OTHER_PICKINGS

    def scrap(self) -> None:
        """Up to two breakages in the stores."""
        for n in range(self.rng.randrange(3)):
            stamp = self._time(10 * 3_600, 20 * 3_600)
            move = self.numbering.move(self._product().id, self.rng.randrange(1, 4), self._shelf(), SCRAP)
            name = document_name("SP", self.ordinal, n + 1)
            self.transfers.append(
                Transfer(name, stamp, move.source, SCRAP, (move,), stamp, origin=name, scrapped=True)
            )

    def spot_counts(self) -> None:
        """A shelf or two counted in between: something found, something lost."""
        for _ in range(self.rng.randrange(1, 4)):
            stamp, product, shelf = self._time(19 * 3_600, 20 * 3_600), self._product(), self._shelf()
            ends = (INVENTORY, shelf) if self.rng.random() < 0.4 else (shelf, INVENTORY)
            move = self.numbering.move(product.id, self.rng.randrange(1, 3), *ends)
            self.transfers.append(adjustment(move, stamp))

    def productions(self, *, cancelled: bool) -> None:
        """Gift sets packed for the week: half of what is sold, the rest is bought."""
        for n, gift_set in enumerate(self.places.sets):
            qty = max(1, round(self.places.rates[gift_set.id] * 3.5))
            self._produce(n, gift_set, qty, cancelled=cancelled and n == 0)

    def _produce(self, n: int, gift_set: Product, qty: int, *, cancelled: bool) -> None:
        start = clock_time(self.places.shop, self.ordinal, 8 * 3_600 + 600 * n, 211)
        end = clock_time(self.places.shop, self.ordinal, 14 * 3_600 + 600 * n, 307)
        name = document_name(f"{WAREHOUSE_CODE}/MO", self.ordinal, n + 1)
        raw = tuple(
            self.numbering.move(part.id, qty, self.places.home(part.id), PRODUCTION)
            for part in self.places.components(gift_set)
        )
        home = self.places.home(gift_set.id)
        finished = (self.numbering.move(gift_set.id, qty, PRODUCTION, home),)
        production = Production(
            self.ordinal * PRODUCTION_STRIDE + n + 1, name, gift_set, qty, start,
            tuple(move.id for move in raw), tuple(move.id for move in finished),
        )  # fmt: skip
        for moves, source, dest in ((raw, WAREHOUSE, PRODUCTION), (finished, PRODUCTION, WAREHOUSE)):
            self.transfers.append(
                Transfer(
                    name, start, source, dest, moves, None if cancelled else end, end if cancelled else None,
                    picking_type=MANUFACTURING, origin=name, production=production,
                )
            )  # fmt: skip

    def unfinished(self) -> None:
        """Transfers that are no stock: reserved, typed but not done, drafts, cancelled ones."""
        later = clock_time(self.places.shop, self.ordinal + LEFTOVER_DAYS, _NOON, 401)
        store = store_stock(self.ordinal % len(self.places.shop.people.stores))
        if self.ordinal % 3 == 0:
            self._leave(INTERNAL, "INT", WAREHOUSE, store, cancelled=later)
        if self.ordinal % 5 == 1:
            self._leave(RECEIPTS, "IN", SUPPLIER, WAREHOUSE, cancelled=later, typed=True)
        if self.ordinal % 7 == 2:
            self._leave(INTERNAL, "INT", WAREHOUSE, store, draft=True, typed=True)
        if self.ordinal % 7 == 4:
            self._leave(INTERNAL, "INT", WAREHOUSE, store, draft=True)
        if self.ordinal % 6 == 3:
            evening = clock_time(self.places.shop, self.ordinal, 17 * 3_600, 503)
            typed = self.ordinal % 12 == 9
            self._leave(DELIVERIES, "OUT", WAREHOUSE, CUSTOMER, cancelled=evening, typed=typed)

    def _leave(
        self, kind: int, code: str, source: int, dest: int, *,
        cancelled: str | None = None, draft: bool = False, typed: bool = False,
    ) -> None:  # fmt: skip
        moves = []
        for _ in range(self.rng.randrange(2, 5)):
            number, qty = self._product().id, self.rng.randrange(2, 13)
            ends = [self.places.home(number) if end == WAREHOUSE else end for end in (source, dest)]
            moves.append(self.numbering.move(number, qty, *ends))
        number = self._picking % PICKING_STRIDE
        self.transfers.append(
            Transfer(
                document_name(f"{WAREHOUSE_CODE}/{code}", self.ordinal, 900 + number),
                self._time(15 * 3_600, 16 * 3_600), source, dest, tuple(moves), cancelled=cancelled,
                picking_id=self._picking, picking_type=kind, draft=draft, typed=typed,
            )
        )  # fmt: skip
        self._picking += 1

    def _time(self, first: int, last: int) -> str:
        second = self.rng.randrange(first, last)
        return clock_time(self.places.shop, self.ordinal, second, self.rng.randrange(1_000_000))

    def _product(self) -> Product:
        storables = self.places.storables
        return storables[self.rng.randrange(len(storables))]

    def _shelf(self) -> int:
        return store_stock(self.rng.randrange(len(self.places.shop.people.stores)))


def adjustment(move: Move, stamp: str, name: str = "Product Quantity Updated") -> Transfer:
    """One counted difference."""
    return Transfer(name, stamp, move.source, move.dest, (move,), stamp, inventory=True)
