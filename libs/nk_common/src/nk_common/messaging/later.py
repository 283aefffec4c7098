"""A bus whose client libraries are loaded when it is first needed: who answers without one need not wait for them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING

from nk_common.events.base import Headers
from nk_common.events.topics import Topic
from nk_common.messaging.delivery import Handler, Place
from nk_common.observability import Metrics
from nk_common.settings import BusSettings

if TYPE_CHECKING:
    from nk_common.messaging.bus import Bus


class BusLater:
    """A `Bus` that only listens and publishes."""

    def __init__(self, settings: BusSettings, client_id: str, metrics: Metrics) -> None:
        self._settings = settings
        self._client_id = client_id
        self._metrics = metrics
        self._listening: list[tuple[Sequence[Topic], Handler]] = []
        self._reborn: list[Callable[[], Awaitable[None]]] = []
        self._making = asyncio.Lock()
        self._bus: Bus | None = None

    def listen(self, topics: Sequence[Topic], handler: Handler) -> None:
        self._listening.append((topics, handler))

    def on_reborn(self, action: Callable[[], Awaitable[None]]) -> None:
        self._reborn.append(action)

    async def start(self) -> None:
        await (await self._made()).start()

    async def watch(self) -> None:
        await (await self._made()).watch()

    async def stop(self) -> None:
        if self._bus:
            await self._bus.stop()

    async def publish(
        self, topic: Topic, body: bytes, *, key: str | None = None, headers: Headers | None = None
    ) -> Place | None:
        return await (await self._made()).publish(topic, body, key=key, headers=headers)

    async def _made(self) -> Bus:
        async with self._making:
            if self._bus is None:
                kind = await asyncio.to_thread(_load)
                self._bus = kind(self._settings, self._client_id, self._metrics)
                for topics, handler in self._listening:
                    self._bus.listen(topics, handler)
                for action in self._reborn:
                    self._bus.on_reborn(action)
            return self._bus


def _load() -> type[Bus]:
    from nk_common.messaging.bus import Bus

    return Bus
