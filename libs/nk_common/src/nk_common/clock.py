"""The one place where time comes from; everything else is handed a clock."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo


class Clock(Protocol):
    """Tells the time. Tests pass one that they set themselves."""

    def now(self) -> datetime:
        """The current moment, aware, in UTC."""
        ...


class SystemClock:
    """The machine's own clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)


def today(clock: Clock, timezone: ZoneInfo) -> date:
    """The business day that is running in `timezone`."""
    return clock.now().astimezone(timezone).date()


def day_end(day: date, timezone: ZoneInfo) -> datetime:
    """The moment at which the local `day` is over."""
    return datetime.combine(day + timedelta(days=1), time(), timezone)
