"""Notices a broker that came back without its memory, gives it its topics, and asks for what it lost."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from aiokafka.errors import KafkaError

from nk_common.messaging.admin import apply_topics, cluster_id
from nk_common.observability import logger
from nk_common.settings import BusSettings

_EVERY = 2.0


class BusWatch:
    """The embedded broker gets a new cluster id at every start; a real cluster keeps its own."""

    def __init__(self, settings: BusSettings, on_loss: Callable[[], Awaitable[None]]) -> None:
        self._settings = settings
        self._on_loss = on_loss
        self._log = logger(__name__)
        self._known: str | None = None

    async def prepare(self) -> None:
        """Create the topics before anybody subscribes; waits for the broker."""
        while True:
            try:
                await apply_topics(self._settings)
                self._known = await cluster_id(self._settings)
            except (KafkaError, OSError):
                await asyncio.sleep(0.3)
            else:
                return

    async def run(self) -> None:
        """Look every few seconds until cancelled."""
        while True:
            await asyncio.sleep(_EVERY)
            try:
                await self._look()
            except (KafkaError, OSError) as error:
                self._log.info("bus is away", error=repr(error))

    async def _look(self) -> None:
        current = await cluster_id(self._settings)
        if current == self._known:
            return
        self._log.warning("the bus came back empty; asking again for everything unfinished")
        await apply_topics(self._settings)
        await self._on_loss()
        self._known = current
