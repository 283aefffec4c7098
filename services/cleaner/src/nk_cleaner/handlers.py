"""Messages in, use case, nothing else."""

from __future__ import annotations

from nk_cleaner.service import CleaningService
from nk_common.events.raw import RawChunk
from nk_common.events.stages import RebuildRequested
from nk_common.messaging.codec import decode
from nk_common.messaging.delivery import Delivery, Handler


def on_raw_chunk(service: CleaningService) -> Handler:
    async def handle(delivery: Delivery) -> None:
        await service.accept(RawChunk.decode(delivery.body, delivery.headers))

    return handle


def on_rebuild_requested(service: CleaningService) -> Handler:
    async def handle(delivery: Delivery) -> None:
        request = decode(RebuildRequested, delivery)
        if request.stage == "clean":
            await service.rebuild(request)

    return handle
