"""Stores are refilled from the warehouse: what was sold since the last time, sometimes by way of a transit location."""

from collections.abc import Mapping
from itertools import pairwise
from random import Random

from nk_demo.world import calendar
from nk_demo.world.stock_moves import TRANSFER_MOVES, TRANSFER_PICKINGS, Numbering, clock_time, document_name
from nk_demo.world.stock_places import (
    INTERNAL,
    TRANSIT,
    WAREHOUSE,
    WAREHOUSE_CODE,
    Places,
    store_stock,
)
from nk_demo.world.stock_records import PICKING_STRIDE, Move, Transfer

_REFILL_WEEKDAYS = (1, 3, 5)
_BEGIN = 7 * 3_600
_MORNING = 6 * 3_600
_BAGS = 25


def is_refill(ordinal: int) -> bool:
    """Tuesdays, Thursdays, Saturdays, and before every stock-taking."""
    day = calendar.date_of(ordinal)
    return day.weekday() in _REFILL_WEEKDAYS or calendar.is_closed(day)


def last_refill(ordinal: int) -> int:
    """The refill before a day's."""
    return next(day for day in range(ordinal - 1, ordinal - 8, -1) if is_refill(day))


def refill_begins(places: Places, ordinal: int) -> str:
    """When the day's refill is written: nothing is known of it before."""
    return clock_time(places.shop, ordinal, _BEGIN, 113)


def all_sold(places: Places, ordinal: int) -> str:
    """When all sales of a day have left the stores, sessions closed at night included; before any refill begins."""
    return clock_time(places.shop, ordinal, 24 * 3_600 + _MORNING)


def plan_refill(places: Places, ordinal: int, sold: Mapping[tuple[int, int], int]) -> list[Transfer]:
    """The day's transfers; `sold` is units by (store's location, product), less what came back.

    One product in ten is sent in a round number or a piece short, which the next stock-taking sets right.
    """
    rng = Random(f"{places.shop.seed}:refill:{ordinal}")
    numbering = Numbering(places, ordinal, TRANSFER_MOVES)
    picking = ordinal * PICKING_STRIDE + TRANSFER_PICKINGS
    found = []
    for store in places.shop.people.stores:
        place = store_stock(store.index)
        wanted = [(number, _rounded(rng, sold[place, number])) for at, number in sorted(sold) if at == place]
        parts = [(number, qty) for number, qty in wanted if qty > 0]
        parts += [(bags.id, _BAGS) for bags in places.consumables]
        stops = (WAREHOUSE, TRANSIT, place) if (ordinal + store.index) % 4 == 0 else (WAREHOUSE, place)
        for leg, (source, dest) in enumerate(pairwise(stops)):
            moves = tuple(_moves(places, numbering, parts, source, dest))
            if moves:
                found.append(_leg(places, ordinal, picking, moves, source, dest, late=leg > 0))
            picking += 1
    return found


def _moves(
    places: Places, numbering: Numbering, parts: list[tuple[int, int]], source: int, dest: int
) -> list[Move]:
    return [
        numbering.move(number, qty, places.home(number) if source == WAREHOUSE else source, dest)
        for number, qty in parts
    ]


def _leg(
    places: Places, ordinal: int, picking: int, moves: tuple[Move, ...], source: int, dest: int, *, late: bool
) -> Transfer:
    """One picking: done in the afternoon, or the second leg the morning after."""
    number = picking % PICKING_STRIDE - TRANSFER_PICKINGS + 1
    second = (34 if late else 14) * 3_600 + 60 * number
    return Transfer(
        document_name(f"{WAREHOUSE_CODE}/INT", ordinal, number), refill_begins(places, ordinal), source, dest,
        moves, done=clock_time(places.shop, ordinal, second, 611), picking_id=picking, picking_type=INTERNAL,
    )  # fmt: skip


def _rounded(rng: Random, units: int) -> int:
    roll = rng.random()
    if roll < 0.05:
        return -(-units // 6) * 6 if units > 2 else units
    return units - 1 if roll < 0.1 and units > 2 else units
