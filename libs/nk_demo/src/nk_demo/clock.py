"""Time is passed in, so that a test or a benchmark decides what "now" is."""

from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]


def system_clock() -> datetime:
    """The machine's time, aware, in UTC."""
    return datetime.now(UTC)


def clock_from(start: datetime | None) -> Clock:
    """A clock that begins at `start` and runs on from there; the machine's own clock without one."""
    if start is None:
        return system_clock
    begin = start if start.tzinfo else start.replace(tzinfo=UTC)
    offset = begin - system_clock()
    return lambda: system_clock() + offset
