"""Buckets of a trend, and what is known of each. Pure."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import NamedTuple

from nk_common.api.common import Grain
from nk_query_api.questions.windows import Comparison, Shift, Window
from nk_query_api.serving.holdings import Coverage

_ONE_DAY = timedelta(days=1)
_ONE_HOUR = timedelta(hours=1)
LONG: tuple[Grain, ...] = ("week", "month")
"""Grains of several days."""


class Bucket(NamedTuple):
    """A stretch of local time, end exclusive. It may reach beyond the window that it is a bucket of."""

    start: datetime
    end: datetime


def buckets(window: Window, grain: Grain) -> list[Bucket]:
    """Every bucket that the days of the window touch, in order."""
    found = []
    start = bucket_start(window.begins, grain)
    stop = datetime.combine(window.end + _ONE_DAY, time())
    while start < stop:
        end = _next(start, grain)
        found.append(Bucket(start, end))
        start = end
    return found


def bucket_start(moment: datetime, grain: Grain) -> datetime:
    """Start of the bucket that `moment` falls into; weeks begin on Monday."""
    if grain == "hour":
        return moment.replace(minute=0, second=0, microsecond=0)
    day = moment.date()
    if grain == "week":
        day -= timedelta(days=day.weekday())
    if grain == "month":
        day = day.replace(day=1)
    return datetime.combine(day, time())


def _next(start: datetime, grain: Grain) -> datetime:
    if grain == "hour":
        return start + _ONE_HOUR
    if grain == "month":
        return datetime.combine(date(start.year + start.month // 12, start.month % 12 + 1, 1), time())
    return start + (_ONE_DAY if grain == "day" else timedelta(weeks=1))


def counterparts(window: Window, against: Comparison, grain: Grain) -> list[Bucket]:
    """What every bucket of the window is compared with: the days that its own days, or the hour that its hour is. Of
    weeks and months these are as many days, and not always a week or a month of the calendar; a 29 February that has
    no day a year later is among those around it."""
    starts = [_back(max(bucket.start, window.begins), against.shift) for bucket in buckets(window, grain)]
    if grain in LONG:
        return list(map(Bucket, starts, [*starts[1:], _end(against.shift.back(window.end))]))
    return [Bucket(start, _next(start, grain)) for start in starts]


def _back(moment: datetime, shift: Shift) -> datetime:
    return datetime.combine(shift.back(moment.date()), moment.time())


def is_whole(bucket: Bucket, window: Window, covered: Coverage) -> bool:
    """Whether of everything of the bucket that lies in the window something was read: what is not whole is nothing to
    compare with."""
    if bucket.start >= window.until:
        return False
    if bucket.end - bucket.start <= _ONE_DAY:
        return is_known(bucket, window, covered)
    return all(covered.has(day) for day in _days(bucket, window))


def is_known(bucket: Bucket, window: Window, covered: Coverage) -> bool:
    """Whether anything of the bucket was read; if not, its value is missing and not zero."""
    start, end = bucket
    if start >= window.until:
        return False
    if end - start <= _ONE_DAY:
        return covered.read_until.get(start.date(), start) > start
    return any(covered.read_until.get(day, start) > start for day in _days(bucket, window))


def is_partial(bucket: Bucket, window: Window, covered: Coverage, now: datetime) -> bool:
    """Whether the bucket is cut by the window, still running, or not loaded in full."""
    start, end = bucket
    if start < window.begins or end > window.until or end > now:
        return True
    if end - start <= _ONE_DAY:
        return not _is_read(start.date(), end, covered)
    return not all(_is_read(day, min(end, _end(day)), covered) for day in _days(bucket, window))


def _is_read(day: date, until: datetime, covered: Coverage) -> bool:
    return day in covered.complete or (covered.has(day) and covered.read_until[day] >= until)


def _days(bucket: Bucket, window: Window) -> list[date]:
    """Days of the window that the bucket touches."""
    first = max(bucket.start.date(), window.start)
    last = min((bucket.end - _ONE_HOUR).date(), window.end)
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]


def _end(day: date) -> datetime:
    return datetime.combine(day + _ONE_DAY, time())
