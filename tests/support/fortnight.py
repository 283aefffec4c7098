"""A shop's fortnight in minutes: every loop of the extractor and the notifier, turned by a clock that is set.

The services are the real ones (see `support.pipeline`); Odoo is the demo in this process, with the same clock; the
bus is a queue that can be lost, and every service can be away for a while, as a process that died is.
"""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import blake2b
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from nk_common.clock import day_end
from nk_common.datasets.base import PartitionKey
from nk_common.events.stages import ExtractRequested
from nk_common.events.topics import DAY_CLEANED, EXTRACT_REQUESTED, RAW_TOPICS, REBUILD_REQUESTED
from nk_common.ledger.reconciliations import Reconciliations
from nk_common.ledger.routines import Routines
from nk_common.messaging.codec import decode
from nk_demo.faults import FaultRule
from nk_demo.server import DemoServer
from nk_extractor.odoo.transport import build_client
from nk_extractor.reconcile.day import DayComparison
from nk_extractor.reconcile.service import ReconcileService
from nk_extractor.scheduling.orders import Orders
from nk_extractor.scheduling.scheduler import Scheduler
from nk_extractor.upkeep import Upkeep
from nk_extractor.watch import ChangeWatch
from nk_notifier.app import Notifier, build
from nk_notifier.settings import NotifierSettings
from support.clock import SetClock
from support.pipeline import Pipeline
from support.publisher import Sent
from support.receivers import Webhooks

STEP = timedelta(hours=1)
_LOADING = (DAY_CLEANED, REBUILD_REQUESTED)


@dataclass(frozen=True)
class Read:
    """One successful reading of a partition from Odoo. `content` names what was read."""

    key: PartitionKey
    at: datetime
    run: str
    content: str


class Fortnight(Pipeline):
    """The pipeline with everything that it does by itself."""

    def __init__(
        self, folder: Path, demo: DemoServer, clock: SetClock, zone: str, **settings: object
    ) -> None:
        super().__init__(folder, demo.port, clock, timezone=zone, **settings)
        self.demo, self.time, self.zone = demo, clock, ZoneInfo(zone)
        self.watching = build_client(self.settings, self.turnstile.lane(urgent=True))
        self.compared = Reconciliations(self.engine)
        self.reads: list[Read] = []
        self.held: deque[Sent] = deque()
        self.loader_runs = self.extractor_runs = True

    async def start_extractor(self) -> None:
        """Its loops, as after a start: what they remembered is gone."""
        settings, clock = self.settings, self.clock
        self.upkeep = Upkeep(settings, self.reader, self.writer, self.planner, clock)
        self.watch = ChangeWatch(settings, self.watching, self.reader, self.writer, self.planner, clock)
        days = DayComparison(settings, self.client)
        self.reconciling = ReconcileService(
            settings, days, self.compared, self.reader, self.planner, clock, patience=timedelta(0)
        )
        routines = Routines(self.engine)
        orders = Orders(settings, self.planner, self.reconciling, routines, self.reader, clock)
        self.scheduler = Scheduler(settings, routines, orders, self.bus, clock)
        self.extractor_runs = True
        await self.scheduler.tell()
        await self.upkeep.resume()

    def local(self, text: str) -> datetime:
        """A moment by the shop's clock."""
        return datetime.fromisoformat(text).replace(tzinfo=self.zone)

    async def live(self, until: str, notifier: Notifier) -> None:
        """Time passes, and every loop looks as often as the step allows."""
        end = self.local(until)
        while self.clock.now() < end:
            self.time.tick(seconds=STEP.total_seconds())
            if self.extractor_runs:
                await self.look()
            await notifier.alerting.once()
            await notifier.sending.once()

    async def look(self) -> None:
        """One look of every loop of the extractor, and what comes of it."""
        await self.scheduler.once()
        await self.upkeep.once()
        await self.watch.look()
        await self.drain()
        for run in self.compared.unattended(self.clock.now()):
            await self.reconciling.once(run.id)
            await self.drain()

    async def handle(self, message: Sent) -> None:
        if message.topic in _LOADING and not self.loader_runs:
            self.held.append(message)  # the bus keeps them for it
            return
        if message.topic is EXTRACT_REQUESTED:
            self.bus.sent.clear()
            before = self._version(message)
            await super().handle(message)
            self._note(message, before)
            return
        await super().handle(message)

    def loader_starts(self) -> None:
        self.loader_runs = True
        self.bus.waiting.extend(self.held)
        self.held.clear()

    def bus_is_lost(self) -> int:
        """The broker comes back empty. Returns how many messages are gone."""
        lost = len(self.bus.waiting) + len(self.held)
        self.bus.waiting.clear()
        self.held.clear()
        return lost

    def outage(self, begins: bool) -> None:
        rules = [FaultRule(kind="drop"), FaultRule(kind="drop", service="common")] if begins else []
        self.demo.faults.replace(rules)

    def reads_after(self, key: PartitionKey) -> list[Read]:
        """Of a day, those after it was over."""
        assert key.day is not None
        end = day_end(key.day, self.zone)
        return [read for read in self.reads if read.key == key and read.at >= end]

    def _version(self, message: Sent) -> int:
        row = self.reader.partition(decode(ExtractRequested, message.delivery()).partition)
        return row.version if row else 0

    def _note(self, message: Sent, before: int) -> None:
        request = decode(ExtractRequested, message.delivery())
        row = self.reader.partition(request.partition)
        if row and row.version > before and row.state != "failed":
            raw = [sent.body for sent in self.bus.sent if sent.topic in RAW_TOPICS]
            content = blake2b(b"".join(raw), digest_size=12).hexdigest()
            self.reads.append(Read(request.partition, self.clock.now(), request.run_id, content))


@asynccontextmanager
async def notified(fortnight: Fortnight, hooks: Webhooks, **settings: Any) -> AsyncIterator[Notifier]:
    """The notifier on the same ledger and clock. It is not asked for digests: there is no query API here."""
    asked = NotifierSettings(
        _env_file=None,
        data_lake_root=fortnight.settings.data_lake_root, ledger_url=fortnight.settings.ledger,
        timezone=fortnight.settings.timezone, initial_days=fortnight.settings.initial_days,
        alert_webhook_url=hooks.url, alert_disk_free="0%", **settings,
    )  # fmt: skip
    notifier = build(asked, fortnight.clock, None)
    try:
        yield notifier
    finally:
        await notifier.aclose()
