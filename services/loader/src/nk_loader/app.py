"""Composition root of the loader."""

from __future__ import annotations

from nk_common.clock import Clock, SystemClock
from nk_common.events.topics import DAY_CLEANED, REBUILD_REQUESTED
from nk_common.lake.layout import Layout
from nk_common.messaging.bus import Bus
from nk_common.messaging.delivery import DeliveryPolicy, RetryBudget
from nk_common.observability import Metrics
from nk_common.worker import Worker
from nk_loader.derive.base import Derivation
from nk_loader.derive.profit_days import ProfitDays
from nk_loader.derive.service import DerivingService
from nk_loader.derive.stock_days import StockDays
from nk_loader.handlers import on_day_cleaned, on_rebuild_requested
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
    loading = LoadingService(settings, BUILDS, bus, clock, metrics)
    layout = Layout(settings.data_lake_root)
    deriving = DerivingService(layout, build_derivations(settings), loading, bus, clock, metrics)
    bus.subscribe([DAY_CLEANED], on_day_cleaned(loading), group="nk-loader", policy=policy)
    bus.subscribe(
        [REBUILD_REQUESTED], on_rebuild_requested(deriving), group="nk-loader-rebuild", policy=policy
    )
    return Worker(name="loader", bus=bus, metrics=metrics)


def build_derivations(settings: LoaderSettings) -> dict[str, Derivation]:
    """How the days of each derived dataset are made."""
    layout = Layout(settings.data_lake_root)
    return {
        "profit": ProfitDays(layout, settings.zone),
        "stock-quants": StockDays(layout, settings.zone, transit_is_stock=settings.transit_is_stock),
    }
