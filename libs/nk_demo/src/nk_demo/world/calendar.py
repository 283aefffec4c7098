"""Days of the business: which are open, how busy they are, and when they begin and end."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

# A day is its ordinal since this date, so ids do not depend on how much history a world has.
EPOCH = date(2020, 1, 1).toordinal()
CLOSING = timedelta(hours=1, minutes=15)

_WEEKDAY = (0.86, 0.86, 0.9, 0.95, 1.08, 1.25, 1.1)
_HOURS = (12, 0, 0, 0, 0, 0, 0, 8, 15, 35, 60, 75, 90, 80, 65, 65, 75, 90, 110, 115, 95, 60, 35, 15)


def ordinal_of(day: date) -> int:
    """Days since the epoch."""
    return day.toordinal() - EPOCH


def date_of(ordinal: int) -> date:
    """The date of an ordinal."""
    return date.fromordinal(ordinal + EPOCH)


def is_payday(day: date) -> bool:
    """Salaries arrive from the 25th to the 1st."""
    return day.day >= 25 or day.day == 1


def is_closed(day: date) -> bool:
    """Every other Monday is stock-taking, except around payday: at least one closed day in any 30."""
    return day.toordinal() % 14 == 8 and 2 < day.day < 25


def busyness(day: date) -> float:
    """How many times the average day this one sells."""
    season = 1.2 if day.month == 12 else 0.98
    return _WEEKDAY[day.weekday()] * (1.3 if is_payday(day) else 0.89) * season


def hour_weights() -> tuple[int, ...]:
    """How sales spread over the 24 hours of a day, midnight first."""
    return _HOURS


def start_of(day: date, tz: ZoneInfo) -> datetime:
    """The first instant of a local day, in UTC."""
    return datetime.combine(day, time(), tzinfo=tz).astimezone(UTC)


def local_moment(day: date, second: int, tz: ZoneInfo) -> datetime:
    """A wall-clock second of a local day, in UTC."""
    wall = datetime.combine(day, time(), tzinfo=tz) + timedelta(seconds=second)
    return wall.astimezone(UTC)


def closing_of(day: date, store: int, tz: ZoneInfo) -> datetime:
    """When a store closes the day's session: the night after, some minutes past one."""
    return start_of(day + timedelta(days=1), tz) + CLOSING + timedelta(minutes=7 * store, microseconds=431)


def days_of_text(text: str, tz: ZoneInfo) -> int:
    """The local day's ordinal of a UTC text (only its first 19 characters are read)."""
    moment = datetime.fromisoformat(text[:19]).replace(tzinfo=UTC)
    return ordinal_of(moment.astimezone(tz).date())
