"""Messages in, use case, nothing else."""

from __future__ import annotations

from nk_common.events.stages import DayCleaned, RebuildRequested
from nk_common.messaging.codec import decode
from nk_common.messaging.delivery import Delivery, Handler
from nk_loader.derive.service import DerivingService
from nk_loader.service import LoadingService


def on_day_cleaned(service: LoadingService) -> Handler:
    async def handle(delivery: Delivery) -> None:
        await service.load(decode(DayCleaned, delivery))

    return handle


def on_rebuild_requested(service: DerivingService) -> Handler:
    async def handle(delivery: Delivery) -> None:
        await service.rebuild(decode(RebuildRequested, delivery))

    return handle
