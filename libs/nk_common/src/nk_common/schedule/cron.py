"""When a cron expression fires in the shop's time zone, also where clocks are changed.

An expression is about the clock on the wall: cronsim finds the matching times of a clock that is never changed, and
here each becomes one moment. A time that a day does not have (clocks go forward) is the first moment after the gap; one
that a day has twice (clocks go back) is the first of the two. So every time of the wall fires once a day; an expression
that fires several times an hour rests while an hour comes again.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError

_FIELDS = 5
_LARGEST_CHANGE = timedelta(hours=3)
"""Clocks are changed by less; further back or ahead no time of the wall can belong to a moment."""
_EXAMPLE = "use five fields (minute, hour, day, month, weekday), for instance 0 2 * * * for 02:00 every day"


def checked(cron: str) -> str:
    """The expression, tidied; empty for never. Raises ValueError with a sentence for one that cannot be meant."""
    tidy = " ".join(cron.split())
    if not tidy:
        return ""
    if len(tidy.split()) != _FIELDS:
        raise ValueError(f"this is no schedule; {_EXAMPLE}, or leave it empty for never")
    try:
        next(CronSim(tidy, datetime(2000, 1, 1)))  # noqa: DTZ001 a clock on the wall
    except CronSimError as error:
        what = str(error).replace("Bad ", "the ", 1)
        raise ValueError(f"{what} cannot be understood; {_EXAMPLE}, or leave it empty for never") from None
    except StopIteration:
        raise ValueError("that day never comes; leave it empty for never") from None
    return tidy


def next_firing(cron: str, now: datetime, zone: ZoneInfo) -> datetime | None:
    """The first moment after `now`, in UTC; None for an empty expression. Raises ValueError for a wrong one."""
    if not cron:
        return None
    for local in _times(cron, _wall(now, zone) - _LARGEST_CHANGE, backwards=False):
        if (moment := _moment(local, zone)) > now:
            return moment
    return None


def previous_firing(cron: str, now: datetime, zone: ZoneInfo) -> datetime | None:
    """The last moment up to and including `now`, in UTC; None for an empty expression. Raises ValueError."""
    if not cron:
        return None
    for local in _times(cron, _wall(now, zone) + _LARGEST_CHANGE, backwards=True):
        if (moment := _moment(local, zone)) <= now:
            return moment
    return None


def _wall(moment: datetime, zone: ZoneInfo) -> datetime:
    """What clocks in the zone show, to the second."""
    return moment.astimezone(zone).replace(tzinfo=None, microsecond=0)


def _times(cron: str, start: datetime, *, backwards: bool) -> CronSim:
    try:
        return CronSim(cron, start, reverse=backwards)
    except CronSimError as error:
        raise ValueError(f"{cron!r} is no schedule: {error}") from None


def _moment(local: datetime, zone: ZoneInfo) -> datetime:
    """When clocks show `local` for the first time, or would have."""
    while _is_left_out(local, zone):
        local += timedelta(minutes=1)
    return local.replace(tzinfo=zone).astimezone(UTC)


def _is_left_out(local: datetime, zone: ZoneInfo) -> bool:
    return _wall(local.replace(tzinfo=zone).astimezone(UTC), zone) != local
