"""Stock-taking: on every closed day the shelves are counted and brought back to their targets.

That keeps "what lies where now" cheap: targets, and what moved since the last stock-taking.
"""

from collections.abc import Mapping

from nk_demo.world import calendar
from nk_demo.world.stock_moves import COUNT_MOVES, Numbering, clock_time
from nk_demo.world.stock_places import INVENTORY, Key, Places
from nk_demo.world.stock_plan import adjustment
from nk_demo.world.stock_records import Transfer

_EVENING = 18 * 3_600
# Closed Mondays are 14 days apart, 28 where payday falls on one.
_LONGEST = 42


def is_count(ordinal: int) -> bool:
    """Whether a day is a stock-taking."""
    return calendar.is_closed(calendar.date_of(ordinal))


def count_moment(places: Places, ordinal: int) -> str:
    """When the counted differences of a day are written."""
    return clock_time(places.shop, ordinal, _EVENING, 701)


def last_count(places: Places, ordinal: int, now: str) -> int:
    """The newest stock-taking day up to a day whose differences are written at `now`."""
    for day in range(ordinal, ordinal - _LONGEST, -1):
        if is_count(day) and count_moment(places, day) <= now:
            return day
    raise AssertionError("any six weeks hold a stock-taking")


def count_transfers(places: Places, ordinal: int, moved: Mapping[Key, int], skip: int = 0) -> list[Transfer]:
    """The differences of a stock-taking; `moved` is what each shelf gained or lost since the one before, and `skip`
    how many adjustments the day has already."""
    stamp = count_moment(places, ordinal)
    changes = {key: -moved.get(key, 0) for key in places.targets}
    return _adjustments(places, ordinal, changes, stamp, skip)


def opening_transfers(places: Places, ordinal: int, moved: Mapping[Key, int], stamp: str) -> list[Transfer]:
    """The first stock of a world: targets, and what moved since the last stock-taking before its history, so that
    all later days are the same however long the history is."""
    changes = {key: target + moved.get(key, 0) for key, target in places.targets.items()}
    return _adjustments(places, ordinal, changes, stamp)


def _adjustments(
    places: Places, ordinal: int, changes: Mapping[Key, int], stamp: str, skip: int = 0
) -> list[Transfer]:
    numbering = Numbering(places, ordinal, COUNT_MOVES + skip)
    found = []
    for (product, place, lot), units in sorted(changes.items(), key=_order):
        if units:
            ends = (INVENTORY, place) if units > 0 else (place, INVENTORY)
            found.append(adjustment(numbering.move(product, abs(units), *ends, lot=lot), stamp))
    return found


def _order(change: tuple[Key, int]) -> tuple[int, int, int]:
    product, place, lot = change[0]
    return product, place, lot or 0
