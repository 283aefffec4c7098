"""Ranges of days, what they are compared with, and what of them is loaded. Pure."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cached_property

from nk_common.api.common import Compare, DateRange, Days
from nk_common.events.commands import MAX_DAYS
from nk_common.planning import FIRST_DAY, days_between
from nk_query_api.errors import BadQuestionError
from nk_query_api.questions.presets import Preset, preset_days
from nk_query_api.serving.holdings import Coverage

LAST_DAY = date(2199, 12, 31)
_DAYS_SHOWN = 31
_ONE_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Window:
    """Inclusive days, read until the local moment `until` (exclusive), which lies in or right after `end`."""

    start: date
    end: date
    until: datetime

    @cached_property
    def begins(self) -> datetime:
        return datetime.combine(self.start, time())

    @cached_property
    def days(self) -> list[date]:
        return days_between(self.start, self.end)

    @property
    def length(self) -> int:
        """How many days it has."""
        return (self.end - self.start).days + 1

    @property
    def range(self) -> DateRange:
        return DateRange(start=self.start, end=self.end)


def whole_days(start: date, end: date) -> Window:
    """The days from midnight to midnight."""
    return Window(start, end, datetime.combine(end + _ONE_DAY, time()))


def asked_window(start: date | None, end: date | None, today: date, preset: Preset | None = None) -> Window:
    """The range that was asked for, by its days or by a name; today when none was. Raises BadQuestionError."""
    if preset:
        if start or end:
            raise BadQuestionError("Give either a preset or start and end, not both.")
        return whole_days(*preset_days(preset, today))
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
class Shift:
    """How far back a comparison lies: so many days, or without any a year."""

    days: int = 0

    def back(self, day: date) -> date:
        """The day that is compared with; of 29 February, a year before, the 28th."""
        if self.days:
            return day - timedelta(days=self.days)
        try:
            return day.replace(year=day.year - 1)
        except ValueError:
            return day.replace(year=day.year - 1, day=28)

    def forth(self, day: str) -> str:
        """SQL of the day that `day` is compared with."""
        return f"({day} + {self.days})" if self.days else f"CAST({day} + INTERVAL 1 YEAR AS DATE)"


@dataclass(frozen=True)
class Comparison:
    """The window to compare with. `to_date`: it stops at the same clock time as the running day. `days_missing` of it
    should be loaded and are not: against half a month everything has doubled, so what is not whole is nothing to
    compare with."""

    window: Window
    to_date: bool
    shift: Shift
    days_missing: int = 0


def comparison(
    asked: Window, compare: Compare, now: datetime, read_until: datetime | None = None
) -> Comparison | None:
    """What `asked` is compared with, at the local time `now`; None when nothing is compared.

    Of the running day, what was sold until it was read (`read_until`) is compared with the same hours: while Odoo is
    away, half a day is not set against three quarters of one.
    """
    if compare == "none":
        return None
    shift = _shift(asked, compare)
    start, end = shift.back(asked.start), shift.back(asked.end)
    if not asked.start <= now.date() <= asked.end:
        return Comparison(whole_days(start, end), to_date=False, shift=shift)
    counterpart = min(shift.back(now.date()), end)
    known = min(now, read_until or now)
    clock = known.time() if known.date() == now.date() else time()
    return Comparison(
        Window(start, counterpart, datetime.combine(counterpart, clock)), to_date=True, shift=shift
    )


def _shift(asked: Window, compare: Compare) -> Shift:
    if compare == "year":
        return Shift()
    return Shift(asked.length if compare == "previous" else 7 * -(-asked.length // 7))


def completeness(window: Window, covered: Coverage, failed: Collection[date], today: date) -> Days:
    """Counts of the window's days; those that have not come yet are nobody's to load. A day that failed, and of
    which nothing earlier is loaded, is missing as well."""
    last = min(window.end, today)
    due = max(0, (last - window.start).days + 1)
    missing = covered.missing(window.start, last)
    broken = sorted(day for day in failed if window.start <= day <= window.end)
    return Days(
        requested=due,
        loaded=due - len(missing),
        missing=len(missing),
        failed=len(broken),
        missing_days=missing[:_DAYS_SHOWN],
        failed_days=broken[:_DAYS_SHOWN],
    )


def fresh_until(window: Window, covered: Coverage) -> datetime | None:
    """A day read after it was over holds nothing back; one read while it ran is as old as that reading."""
    running = [covered.as_of[day] for day in covered.running if window.start <= day <= window.end]
    if running:
        return min(running)
    return covered.newest(window.start, window.end)
