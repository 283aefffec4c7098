"""Messages in, use case, nothing else."""

from __future__ import annotations

import asyncio

from nk_cleaner.service import CleaningService
from nk_common.events.raw import RawChunk
from nk_common.messaging.delivery import Delivery, Handler


def on_raw_chunk(service: CleaningService) -> Handler:
    async def handle(delivery: Delivery) -> None:
        chunk = RawChunk.decode(delivery.body, delivery.headers)
        await service.accept(chunk)
        await asyncio.to_thread(service.forget, chunk)

    return handle
