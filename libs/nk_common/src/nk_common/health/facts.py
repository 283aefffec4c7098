"""What the ledger's rows of one dataset amount to."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from nk_common.clock import day_end
from nk_common.datasets.base import Dataset
from nk_common.ledger.states import UNFINISHED
from nk_common.planning import days_between

if TYPE_CHECKING:
    # Only for types: whoever judges made-up rows need not load a database library.
    from nk_common.ledger.reader import Reading


@dataclass(frozen=True)
class Window:
    """The days that should be loaded, up to the running one, seen at `now` in the shop's time zone."""

    start: date
    now: datetime
    zone: ZoneInfo

    @property
    def today(self) -> date:
        return self.now.astimezone(self.zone).date()

    def ends(self, day: date) -> datetime:
        """When a day is over, in UTC: there, hours can be subtracted also when clocks are changed."""
        return day_end(day, self.zone).astimezone(UTC)


@dataclass(frozen=True)
class Facts:
    """`due` are the days of the window, or None alone for a dataset that is loaded whole; `current` is the one
    that is read again and again: today, or the whole."""

    due: tuple[date | None, ...]
    current: date | None
    rows: tuple[Reading, ...]
    read_until: datetime | None
    newest_complete_day: date | None
    early: tuple[date, ...]
    """Past days whose figures were read before they were over."""

    @property
    def loaded(self) -> int:
        return sum(row.loaded for row in self.rows)

    @property
    def failed(self) -> tuple[Reading, ...]:
        return tuple(row for row in self.rows if row.state == "failed")

    @property
    def running(self) -> tuple[Reading, ...]:
        return tuple(row for row in self.rows if row.state in UNFINISHED)

    @property
    def missing(self) -> tuple[date | None, ...]:
        """Never asked for, or asked for and taken back."""
        known = {
            row.day for row in self.rows if row.loaded or row.state == "failed" or row.state in UNFINISHED
        }
        return tuple(day for day in self.due if day not in known)

    @property
    def oldest_request(self) -> datetime | None:
        return min((row.requested_at for row in self.running), default=None)

    def past(self, rows: Iterable[Reading]) -> list[Reading]:
        """Those that are not read again anyway in a moment."""
        return [row for row in rows if row.day != self.current]

    @property
    def last_error(self) -> str | None:
        """Why the newest attempt at the current partition failed, if it did."""
        return next((row.error for row in self.failed if row.day == self.current), None)


def facts_of(dataset: Dataset, readings: Iterable[Reading], window: Window) -> Facts:
    """Of the rows of this dataset; those outside the window do not count."""
    due: list[date | None] = (
        [None] if dataset.kind == "whole" else [*days_between(window.start, window.today)]
    )
    wanted = frozenset(due)
    rows = tuple(row for row in readings if row.dataset == dataset.name and row.day in wanted)
    moments = [min(row.as_of, _ends(row, window)) for row in rows if row.loaded and row.as_of]
    # A snapshot is of the moment at which it was taken, and never half a day.
    snapshots = dataset.rebuilt == "past days"
    past = [(row.day, row.as_of) for row in rows if row.day and row.day < window.today and row.loaded]
    complete = {day for day, as_of in past if snapshots or (as_of and as_of >= window.ends(day))}
    return Facts(
        due=tuple(due),
        current=due[-1],
        rows=rows,
        read_until=max(moments, default=None),
        newest_complete_day=max(complete, default=None),
        early=tuple(sorted(day for day, _ in past if day not in complete)),
    )


def _ends(row: Reading, window: Window) -> datetime:
    """Until when a reading can tell: one of yesterday, made today, says nothing about today.

    So age goes on evenly over midnight, when today has not been read yet, and loading an old day again makes
    nothing fresh.
    """
    return window.ends(row.day) if row.day else window.now
