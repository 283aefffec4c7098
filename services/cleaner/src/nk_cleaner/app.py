"""Composition root of the cleaner."""

from __future__ import annotations

import asyncio

from nk_cleaner.handlers import on_raw_chunk, on_rebuild_requested
from nk_cleaner.service import CleaningService
from nk_cleaner.settings import CleanerSettings
from nk_cleaner.transforms import TRANSFORMS
from nk_common.clock import Clock, SystemClock
from nk_common.events.topics import RAW_TOPICS, REBUILD_REQUESTED
from nk_common.lake.writer import sweep_temporaries
from nk_common.messaging.bus import Bus
from nk_common.messaging.delivery import DeliveryPolicy, RetryBudget
from nk_common.observability import Metrics
from nk_common.worker import Worker

_LEFTOVER_AFTER = 3600.0


def build_app(settings: CleanerSettings, clock: Clock | None = None) -> Worker:
    """The cleaner, ready to be started."""
    clock = clock or SystemClock()
    metrics = Metrics()
    bus = Bus(settings, "nk-cleaner", metrics)
    budget = RetryBudget(settings.retry_attempts, settings.retry_budget, settings.retry_wait)
    policy = DeliveryPolicy("clean", bus, budget, clock, metrics)
    service = CleaningService(settings, TRANSFORMS, bus, clock, metrics)
    bus.subscribe(RAW_TOPICS, on_raw_chunk(service), group="nk-cleaner", policy=policy)
    bus.subscribe(
        [REBUILD_REQUESTED], on_rebuild_requested(service), group="nk-cleaner-rebuild", policy=policy
    )

    async def sweep() -> None:
        older = clock.now().timestamp() - _LEFTOVER_AFTER
        await asyncio.to_thread(sweep_temporaries, settings.data_lake_root, older)

    return Worker(name="cleaner", bus=bus, metrics=metrics, before_bus=[sweep])
