"""Composition root of the loader."""

from __future__ import annotations

from nk_common.clock import Clock, SystemClock
from nk_common.events.topics import DAY_CLEANED
from nk_common.messaging.bus import Bus
from nk_common.messaging.delivery import DeliveryPolicy, RetryBudget
from nk_common.observability import Metrics
from nk_common.worker import Worker
from nk_loader.handlers import on_day_cleaned
from nk_loader.registry import BUILDS
from nk_loader.service import LoadingService
from nk_loader.settings import LoaderSettings


def build_app(settings: LoaderSettings, clock: Clock | None = None) -> Worker:
    """The loader, ready to be started."""
    clock = clock or SystemClock()
    metrics = Metrics()
    bus = Bus(settings, "nk-loader", metrics)
    budget = RetryBudget(settings.retry_attempts, settings.retry_budget, settings.retry_wait)
    policy = DeliveryPolicy("load", bus, budget, clock, metrics)
    service = LoadingService(settings, BUILDS, bus, clock, metrics)
    bus.subscribe([DAY_CLEANED], on_day_cleaned(service), group="nk-loader", policy=policy)
    return Worker(name="loader", bus=bus, metrics=metrics)
