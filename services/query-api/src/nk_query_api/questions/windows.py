"""Ranges of days, what they are compared with, and what of them is loaded. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from nk_common.api.common import Compare, DateRange, Days
from nk_common.events.commands import MAX_DAYS
from nk_common.planning import FIRST_DAY, days_between
from nk_query_api.errors import BadQuestionError

LAST_DAY = date(2199, 12, 31)
_MISSING_SHOWN = 31
_ONE_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Window:
    """Inclusive days, read until the local moment `until` (exclusive), which lies in or right after `end`."""

    start: date
    end: date
    until: datetime

    @property
    def begins(self) -> datetime:
        return datetime.combine(self.start, time())

    @property
    def days(self) -> list[date]:
        return days_between(self.start, self.end)

    @property
    def range(self) -> DateRange:
        return DateRange(start=self.start, end=self.end)


def whole_days(start: date, end: date) -> Window:
    """The days from midnight to midnight."""
    return Window(start, end, datetime.combine(end + _ONE_DAY, time()))


def asked_window(start: date | None, end: date | None, today: date) -> Window:
    """The range that was asked for; today when none was. Raises BadQuestionError."""
    end = end or (max(start, today) if start else today)
    start = start or (min(end, today))
    if start > end:
        raise BadQuestionError(f"The range ends ({end}) before it begins ({start}).")
    if start < FIRST_DAY or end > LAST_DAY:
        raise BadQuestionError(f"The range must lie between {FIRST_DAY} and {LAST_DAY}.")
    if (end - start).days >= MAX_DAYS:
        raise BadQuestionError(
            f"The range has {(end - start).days + 1} days; at most {MAX_DAYS} are allowed."
        )
    return whole_days(start, end)


@dataclass(frozen=True)
class Comparison:
    """The window to compare with. `to_date`: it stops at the same clock time as the running day."""

    window: Window
    to_date: bool


def comparison(asked: Window, compare: Compare, now: datetime) -> Comparison | None:
    """What `asked` is compared with, at the local time `now`; None when nothing is compared."""
    if compare == "none":
        return None
    today = now.date()
    start, end = _shifted(asked.start, asked, compare), _shifted(asked.end, asked, compare)
    if not asked.start <= today <= asked.end:
        return Comparison(whole_days(start, end), to_date=False)
    counterpart = min(_shifted(today, asked, compare), end)
    return Comparison(Window(start, counterpart, datetime.combine(counterpart, now.time())), to_date=True)


def _shifted(day: date, asked: Window, compare: Compare) -> date:
    length = len(asked.days)
    if compare == "previous":
        return day - timedelta(days=length)
    if compare == "weekday":
        return day - timedelta(weeks=max(1, -(-length // 7)))
    return _year_before(day)


def _year_before(day: date) -> date:
    """The same date a year earlier; 29 February becomes the 28th."""
    try:
        return day.replace(year=day.year - 1)
    except ValueError:
        return day.replace(year=day.year - 1, day=28)


@dataclass(frozen=True)
class Coverage:
    """Which days of a window are loaded, and until which local moment each of them was read."""

    read_until: Mapping[date, datetime]

    def has(self, day: date) -> bool:
        return day in self.read_until

    def is_complete(self, day: date) -> bool:
        """Loaded, and read after the day was over."""
        return self.has(day) and self.read_until[day] >= datetime.combine(day + _ONE_DAY, time())

    def missing(self, days: list[date]) -> list[date]:
        return [day for day in days if day not in self.read_until]


def coverage(loaded: Mapping[date, datetime], zone: ZoneInfo) -> Coverage:
    """From days and the moments (aware) at which Odoo was read."""
    return Coverage({day: as_of.astimezone(zone).replace(tzinfo=None) for day, as_of in loaded.items()})


def completeness(window: Window, covered: Coverage, today: date) -> Days:
    """Counts of the window's days; those that have not come yet are nobody's to load."""
    due = [day for day in window.days if day <= today]
    missing = covered.missing(due)
    return Days(
        requested=len(due),
        loaded=len(due) - len(missing),
        missing=len(missing),
        missing_days=missing[:_MISSING_SHOWN],
    )


def fresh_until(loaded: Mapping[date, datetime], covered: Coverage) -> datetime | None:
    """A day read after it was over holds nothing back; one read while it ran is as old as that reading."""
    running = [as_of for day, as_of in loaded.items() if not covered.is_complete(day)]
    return min(running) if running else max(loaded.values(), default=None)
