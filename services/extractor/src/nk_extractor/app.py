"""Composition root of the extractor: the only place where its parts are put together."""

from __future__ import annotations

import asyncio
import functools

from nk_common.clock import Clock, SystemClock
from nk_common.events.topics import CONTROL, EXTRACT_REQUESTED, PIPELINE
from nk_common.ledger.dead_letters import DeadLetters
from nk_common.ledger.engine import open_ledger
from nk_common.ledger.migration import migrate
from nk_common.ledger.reader import LedgerReader
from nk_common.ledger.reconciliations import Reconciliations
from nk_common.ledger.routines import Routines
from nk_common.ledger.writer import LedgerWriter
from nk_common.messaging.bus import Bus
from nk_common.messaging.delivery import DeliveryPolicy, RetryBudget
from nk_common.messaging.letters import fetch_letter
from nk_common.observability import Metrics
from nk_common.worker import Worker
from nk_extractor.deriving import Deriving
from nk_extractor.dispatcher import Dispatcher
from nk_extractor.extract import build_extracts
from nk_extractor.handlers import on_command, on_extract_requested, on_report
from nk_extractor.letters import Letters
from nk_extractor.odoo.transport import build_client
from nk_extractor.odoo.turnstile import Turnstile
from nk_extractor.planner import Planner
from nk_extractor.reconcile.day import DayComparison
from nk_extractor.reconcile.service import ReconcileService
from nk_extractor.scheduling.orders import Orders
from nk_extractor.scheduling.scheduler import Scheduler
from nk_extractor.service import ExtractionService
from nk_extractor.settings import ExtractorSettings
from nk_extractor.upkeep import Upkeep
from nk_extractor.watch import ChangeWatch

_CONSUMERS_PER_CALL = 3


def build_app(settings: ExtractorSettings, clock: Clock | None = None) -> Worker:
    """The extractor, ready to be started."""
    clock = clock or SystemClock()
    metrics = Metrics()
    bus = Bus(settings, "nk-extractor", metrics)
    reading, writing = open_ledger(settings.ledger), open_ledger(settings.ledger, writer=True)
    reader, writer = LedgerReader(reading), LedgerWriter(writing)
    turnstile = Turnstile(settings.odoo_concurrency, metrics)
    client = build_client(settings, turnstile.lane())
    # For looks for changes, and what changed: a dozen small calls, each of which would wait behind history.
    urgent = build_client(settings, turnstile.lane(urgent=True))

    dispatcher = Dispatcher(settings, writer, bus, clock, lambda: turnstile.answering)
    planner = Planner(settings, reader, writer, dispatcher, bus, clock)
    extracts = functools.partial(build_extracts, settings, clock)
    service = ExtractionService(settings, client, urgent, extracts, writer, bus, clock, metrics)
    deriving = Deriving(settings, reader, writer, planner, bus, clock)
    upkeep = Upkeep(settings, reader, writer, planner, clock)
    watch = ChangeWatch(settings, urgent, reader, writer, planner, clock)
    comparing = Reconciliations(writing)
    reconciling = ReconcileService(
        settings, DayComparison(settings, client), comparing, reader, planner, clock
    )
    fetch = functools.partial(fetch_letter, settings)
    letters = Letters(DeadLetters(writing), fetch, planner.request, bus, clock)
    routines = Routines(writing)
    orders = Orders(settings, planner, reconciling, routines, reader, clock)
    scheduler = Scheduler(settings, routines, orders, bus, clock)
    bus.on_reborn(upkeep.resume)

    budget = RetryBudget(settings.retry_attempts, settings.retry_budget, settings.retry_wait)
    planning = DeliveryPolicy("plan", bus, budget, clock, metrics)
    extracting = DeliveryPolicy("extract", bus, budget, clock, metrics)
    # More consumers than calls at once: days fall unevenly on partitions, and a consumer that is publishing
    # leaves its call to another. The transport keeps the calls to odoo_concurrency.
    workers = settings.odoo_concurrency * _CONSUMERS_PER_CALL
    commands, requests = on_command(planner, reconciling, letters), on_extract_requested(service)
    bus.subscribe([CONTROL], commands, group="nk-planner", policy=planning)
    bus.subscribe([EXTRACT_REQUESTED], requests, group="nk-extractor", policy=extracting, workers=workers)
    bus.subscribe([PIPELINE], on_report(writer, dispatcher), group="nk-ledger", policy=planning)

    async def prepare() -> None:
        await asyncio.to_thread(migrate, writing)

    def close() -> None:
        client.close()
        urgent.close()
        reading.dispose()
        writing.dispose()

    return Worker(
        name="extractor",
        bus=bus,
        metrics=metrics,
        before_bus=[prepare],
        loops=[dispatcher.run, upkeep.run, deriving.run, watch.run, reconciling.run, scheduler.run],
        close=close,
    )
