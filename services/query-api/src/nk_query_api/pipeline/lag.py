"""How far the workers are behind: one look at the bus for many pages, within bounded time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from nk_common.api.pipeline import GroupLag, Lag
from nk_common.clock import Clock
from nk_common.observability import logger
from nk_query_api.errors import BrokerAwayError

if TYPE_CHECKING:
    from nk_common.messaging.lag import TopicLag

PATIENCE_SECONDS = 3.0
KEPT = timedelta(seconds=3)

LagSource = Callable[[], Awaitable[Sequence["TopicLag"]]]
"""Asks the bus. May fail with whatever its client fails with."""
_log = logger(__name__)


class Lags:
    """The newest look at the bus, and none newer than a few seconds ago: also a failed look counts as one."""

    def __init__(self, source: LagSource, clock: Clock, patience: float = PATIENCE_SECONDS) -> None:
        self._source = source
        self._clock = clock
        self._patience = patience
        self._looking = asyncio.Lock()
        self._looked_at: datetime | None = None
        self._found: Lag | None = None

    async def newest(self) -> Lag:
        """Raises BrokerAwayError when the bus did not tell within the time limit."""
        async with self._looking:
            now = self._clock.now()
            if self._looked_at is None or not timedelta() <= now - self._looked_at < KEPT:
                self._found = await self._look(now)
                self._looked_at = now
        if self._found is None:
            raise BrokerAwayError(
                "The bus does not tell how far its consumers are; it may be starting. Try again in a moment."
            )
        return self._found

    async def _look(self, now: datetime) -> Lag | None:
        try:
            async with asyncio.timeout(self._patience):
                entries = await self._source()
        except Exception as error:  # Whatever the client finds wrong, it is the bus that cannot be asked.
            _log.warning("the lag of the consumers cannot be read", error=repr(error))
            return None
        return Lag(
            at=now,
            total=sum(entry.lag or 0 for entry in entries),
            groups=[
                GroupLag(
                    group=entry.group,
                    topic=entry.topic,
                    partitions=entry.partitions,
                    waiting=entry.waiting,
                    lag=entry.lag,
                )
                for entry in entries
            ],
        )
