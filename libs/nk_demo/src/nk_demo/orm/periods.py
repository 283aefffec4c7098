"""Periods that read_group groups datetimes by: where one begins and ends in a time zone, and what it is called."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo

from babel.dates import format_datetime

# Odoo's own formats; its hour label repeats after noon, and its weeks are labelled the American way.
_FORMATS = {
    "hour": "hh:00 dd MMM",
    "day": "dd MMM yyyy",
    "week": "'W'w YYYY",
    "month": "MMMM yyyy",
    "quarter": "QQQ yyyy",
    "year": "yyyy",
}
GRANULARITIES = frozenset(_FORMATS)


@dataclass(slots=True, frozen=True, order=True)
class Period:
    """One period: its first and last instant as UTC text, and its label."""

    start: str
    end: str
    label: str


def period_of(text: str, granularity: str, zone: tzinfo) -> Period:
    """The period a UTC text falls in."""
    local = datetime.fromisoformat(text[:19]).replace(tzinfo=UTC).astimezone(zone).replace(tzinfo=None)
    first = _begin(local, granularity)
    last = _next(first, granularity)
    label = format_datetime(first, _FORMATS[granularity], locale="en_US")
    return Period(_utc(first, zone), _utc(last, zone), label)


def date_period_of(text: str, granularity: str) -> Period:
    """The period a date falls in; dates have no time zone, and neither have the bounds."""
    found = period_of(f"{text} 00:00:00", granularity, UTC)
    return Period(found.start[:10], found.end[:10], found.label)


def _begin(local: datetime, granularity: str) -> datetime:
    if granularity == "hour":
        return local.replace(minute=0, second=0)
    day = local.replace(hour=0, minute=0, second=0)
    if granularity == "day":
        return day
    if granularity == "week":
        return day - timedelta(days=day.weekday())
    if granularity == "month":
        return day.replace(day=1)
    if granularity == "quarter":
        return day.replace(month=(day.month - 1) // 3 * 3 + 1, day=1)
    return day.replace(month=1, day=1)


def _next(first: datetime, granularity: str) -> datetime:
    fixed = {"hour": timedelta(hours=1), "day": timedelta(days=1), "week": timedelta(days=7)}
    if granularity in fixed:
        return first + fixed[granularity]
    months = {"month": 1, "quarter": 3, "year": 12}[granularity]
    month = first.month - 1 + months
    return first.replace(year=first.year + month // 12, month=month % 12 + 1)


def _utc(local: datetime, zone: tzinfo) -> str:
    return local.replace(tzinfo=zone).astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")
