"""Stock at a moment: on the day of a snapshot, and as a range begins and ends.

A snapshot is of the moment at which it was taken, which may be any time of its day. A range is of whole days. So its
ends are the snapshot of the day before it and that of its last day, each with the moves from then until midnight.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from nk_common.api.inventory import StockMoment
from nk_common.datasets.inventory_moves import INVENTORY_MOVES
from nk_common.datasets.stock_quants import STOCK_QUANTS
from nk_common.planning import days_between
from nk_query_api.questions.context import Context, covered_days
from nk_query_api.questions.windows import Window
from nk_query_api.serving.holdings import Coverage
from nk_query_api.serving.snapshot import Snapshot

STOCK = (STOCK_QUANTS.name,)
MOVES = (INVENTORY_MOVES.name,)
_A_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Taken:
    """The snapshot of `day`: what lay where at the local moment `at`. `empty`: nothing lay anywhere, so that moves
    later on its day cannot be told from those before."""

    day: date
    at: datetime
    reconstructed: bool
    empty: bool = False

    @property
    def until(self) -> datetime:
        """The midnight that the day ends at."""
        return _midnight(self.day + _A_DAY)


@dataclass(frozen=True)
class Ends:
    """How a range begins and ends; None where no snapshot is held, or the range has not begun.

    `missing` are days whose moves are needed and not loaded, or were read too early. `rolled_back`: there is no
    opening snapshot, so the begin is the end less all moves.
    """

    start: date
    last: date
    opening: Taken | None
    closing: Taken | None
    missing: list[date]

    @property
    def rolled_back(self) -> bool:
        return self.opening is None and self.closing is not None and not self.missing

    @property
    def begin_known(self) -> bool:
        return self.opening is not None or self.rolled_back

    def moments(self) -> tuple[StockMoment, StockMoment]:
        """Of begin and end, as they are answered."""
        begin = moment(self.closing if self.rolled_back else self.opening, rolled_back=self.rolled_back)
        return begin, moment(self.closing)


def taken_on(look: Snapshot, day: date, context: Context) -> Taken | None:
    """The snapshot of the day, if it is held."""
    covered = covered_days(look, STOCK, context)
    if not covered.has(day):
        return None
    # Where nothing was held, nothing says when: it was when Odoo was read.
    found = _stock_days(look).get(day)
    at, reconstructed = found or (covered.read_until[day], False)
    at = min(max(at, _midnight(day)), _midnight(day + _A_DAY))
    return Taken(day, at, reconstructed, empty=found is None)


def _stock_days(look: Snapshot) -> dict[date, tuple[datetime, bool]]:
    """When the stock of each day was taken, and whether that is reconstructed."""
    return look.holdings().once(
        "stock days",
        lambda: {
            day: (at, reconstructed)
            for day, at, reconstructed in look.rows("SELECT day, taken_at, reconstructed FROM stock_days")
        },
    )


def newest_held(look: Snapshot, context: Context) -> date | None:
    """The newest day up to today of which stock is held."""
    return max((day for day in _held(look, context) if day <= context.today), default=None)


def nearest_held(look: Snapshot, day: date, context: Context) -> date | None:
    """The held day that is nearest to `day`; of two the earlier."""
    return min(_held(look, context), key=lambda one: (abs((one - day).days), one), default=None)


def _held(look: Snapshot, context: Context) -> list[date]:
    return list(covered_days(look, STOCK, context).read_until)


def moment(taken: Taken | None, *, rolled_back: bool = False) -> StockMoment:
    """As it is answered."""
    return StockMoment(
        day=taken.day if taken else None,
        taken_at=taken.at if taken else None,
        reconstructed=bool(taken and taken.reconstructed),
        rolled_back=rolled_back,
    )


def ends_of(look: Snapshot, window: Window, context: Context) -> Ends:
    """The ends of the days of the window that have come."""
    last = min(window.end, context.today)
    if last < window.start:
        return Ends(window.start, last, None, None, [])
    opening = taken_on(look, window.start - _A_DAY, context)
    closing = taken_on(look, last, context)
    moves = covered_days(look, MOVES, context)
    needed = days_between(window.start, last)
    if opening and opening.at < opening.until:
        needed.insert(0, opening.day)
    unsure = {taken.day for taken in (opening, closing) if taken and taken.empty and taken.at < taken.until}
    whole = _whole_days(moves, closing, context.today)
    missing = [day for day in needed if day in unsure or day not in whole]
    return Ends(window.start, last, opening, closing, missing)


def _whole_days(moves: Coverage, closing: Taken | None, today: date) -> frozenset[date]:
    """Days whose moves are all there; of the running day, those up to the snapshot are."""
    read = moves.read_until.get(today)
    if read and (closing is None or read >= closing.at):
        return moves.complete | {today}
    return moves.complete - {today}


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time())
