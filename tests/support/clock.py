"""A clock that tests set themselves."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta


class SetClock:
    """Tells the time it was given; `tick` moves it."""

    def __init__(self, now: datetime | str) -> None:
        self._now = datetime.fromisoformat(now).astimezone(UTC) if isinstance(now, str) else now

    def now(self) -> datetime:
        return self._now

    def tick(self, **step: float) -> datetime:
        self._now += timedelta(**step)
        return self._now
