"""Extractor, cleaner, loader and ledger in this process, with a queue for a bus.

The real services and handlers, without a broker: for what must be seen on many days, many Odoo versions or many
orders of messages. The system with real processes is in `support.system`.
"""

from __future__ import annotations

import asyncio
import functools
from collections import deque
from collections.abc import Iterable
from datetime import date
from pathlib import Path

import polars as pl
from sqlalchemy import Engine

from nk_cleaner import handlers as cleaning
from nk_cleaner.service import CleaningService
from nk_cleaner.settings import CleanerSettings
from nk_cleaner.transforms import TRANSFORMS
from nk_common.clock import Clock, SystemClock
from nk_common.datasets.base import PartitionKey
from nk_common.events.base import Headers
from nk_common.events.commands import BackfillCommand
from nk_common.events.topics import (
    DAY_CLEANED,
    EXTRACT_REQUESTED,
    PIPELINE,
    RAW_TOPICS,
    REBUILD_REQUESTED,
    Topic,
)
from nk_common.lake.layout import Layout
from nk_common.ledger.engine import open_ledger
from nk_common.ledger.migration import migrate
from nk_common.ledger.models import PartitionRow
from nk_common.ledger.reader import LedgerReader
from nk_common.ledger.writer import LedgerWriter
from nk_common.messaging.delivery import DeliveryPolicy, Handler, RetryBudget
from nk_common.observability import Metrics
from nk_demo.settings import DEMO_KEY
from nk_extractor import handlers as extracting
from nk_extractor.deriving import Deriving
from nk_extractor.dispatcher import Dispatcher
from nk_extractor.extract import build_extracts
from nk_extractor.odoo.transport import build_client
from nk_extractor.odoo.turnstile import Turnstile
from nk_extractor.planner import Planner
from nk_extractor.service import ExtractionService
from nk_extractor.settings import ExtractorSettings
from nk_loader import handlers as loading
from nk_loader.app import build_derivations
from nk_loader.derive.service import DerivingService
from nk_loader.registry import BUILDS
from nk_loader.service import LoadingService
from nk_loader.settings import LoaderSettings
from support.publisher import Sent
from support.shop_clock import shop_zone

MONTHS = (date(2000, 1, 1), date(2100, 1, 1))


class QueueBus:
    """Implements `Publisher`: messages wait until `drain`. `sent` keeps those of topics nobody handles too."""

    def __init__(self) -> None:
        self.waiting: deque[Sent] = deque()
        self.sent: list[Sent] = []

    async def publish(
        self, topic: Topic, body: bytes, *, key: str | None = None, headers: Headers | None = None
    ) -> None:
        message = Sent(topic, body, key, dict(headers or {}))
        self.waiting.append(message)
        self.sent.append(message)

    def on(self, topic: Topic) -> list[Sent]:
        return [message for message in self.sent if message.topic == topic]


class Pipeline:
    """Load days of an Odoo at `port` into `folder`, synchronously. Without a `clock`: of `shop_settings()`, now."""

    def __init__(self, folder: Path, port: int, clock: Clock | None = None, **settings: object) -> None:
        zone = "Asia/Jakarta" if clock else shop_zone().key
        clock = clock or SystemClock()
        common = {"data_lake_root": folder / "lake", "timezone": zone, **settings}
        odoo = {
            "odoo_host": "127.0.0.1", "odoo_port": port, "odoo_protocol": "jsonrpc", "odoo_db": "nk",
            "odoo_username": "extractor", "odoo_api_key": DEMO_KEY,
        }  # fmt: skip
        self.settings = ExtractorSettings.model_validate({**odoo, **common})
        self.layout = Layout(self.settings.data_lake_root)
        self.bus = QueueBus()
        self.clock = clock
        metrics = Metrics()
        (folder / "lake" / "metadata").mkdir(parents=True, exist_ok=True)
        self.engine: Engine = open_ledger(self.settings.ledger, writer=True)
        migrate(self.engine)
        self.reader, self.writer = LedgerReader(self.engine), LedgerWriter(self.engine)
        self.turnstile = Turnstile(2, metrics)
        self.client = build_client(self.settings, self.turnstile.lane())
        self.dispatcher = Dispatcher(
            self.settings, self.writer, self.bus, clock, lambda: self.turnstile.answering
        )
        self.planner = Planner(self.settings, self.reader, self.writer, self.dispatcher, self.bus, clock)
        self.deriving = Deriving(self.settings, self.reader, self.writer, self.planner, self.bus, clock)
        self._policies = {
            stage: DeliveryPolicy(stage, self.bus, RetryBudget(1, 5.0, 0.0), clock, metrics)
            for stage in ("extract", "clean", "load")
        }
        extracts = functools.partial(build_extracts, self.settings, clock)
        extraction = ExtractionService(
            self.settings, self.client, self.client, extracts, self.writer, self.bus, clock, metrics
        )
        cleaner = CleaningService(
            CleanerSettings.model_validate(common), TRANSFORMS, self.bus, clock, metrics
        )
        loader_settings = LoaderSettings.model_validate(common)
        loader = LoadingService(loader_settings, BUILDS, self.bus, clock, metrics)
        derive = DerivingService(
            self.layout, build_derivations(loader_settings), loader, self.bus, clock, metrics
        )
        self.handlers: dict[Topic, list[tuple[str, Handler]]] = {
            EXTRACT_REQUESTED: [("extract", extracting.on_extract_requested(extraction))],
            DAY_CLEANED: [("load", loading.on_day_cleaned(loader))],
            REBUILD_REQUESTED: [
                ("clean", cleaning.on_rebuild_requested(cleaner)),
                ("load", loading.on_rebuild_requested(derive)),
            ],
            PIPELINE: [("extract", extracting.on_report(self.writer, self.dispatcher))],
            **{topic: [("clean", cleaning.on_raw_chunk(cleaner))] for topic in RAW_TOPICS},
        }

    def close(self) -> None:
        self.client.close()
        self.engine.dispose()

    def load(self, datasets: Iterable[str], start: date, end: date, **changes: object) -> None:
        """Run a backfill to its end, derived days included."""
        command = BackfillCommand.model_validate(
            {
                "id": f"load-{len(self.bus.sent)}",
                "datasets": list(datasets),
                "start": start,
                "end": end,
                **changes,
            }
        )
        asyncio.run(self._load(command))

    async def _load(self, command: BackfillCommand) -> None:
        await self.planner.run(command)
        await self.drain()

    async def drain(self) -> None:
        """Handle messages until there are none, and no derived day is due."""
        await self.dispatcher.once()
        while True:
            while self.bus.waiting:
                await self.handle(self.bus.waiting.popleft())
            for look in (self.dispatcher.once, self.deriving.once, self.dispatcher.once):
                await look()
                if self.bus.waiting:
                    break
            else:
                return

    async def handle(self, message: Sent) -> None:
        """Everybody who hears the message does what it asks for."""
        for stage, handler in self.handlers.get(message.topic, []):
            await self._policies[stage].run(handler, message.delivery())

    def star(self, table: str, day: date | None = None) -> pl.DataFrame:
        return pl.read_parquet(self.layout.star(table, day))

    def row(self, dataset: str, day: date | None) -> PartitionRow:
        row = self.reader.partition(PartitionKey(dataset, day))
        assert row is not None, (dataset, day)
        return row

    def not_loaded(self) -> dict[str, str]:
        """Partitions that were asked for and are not loaded, with their error."""
        rows = self.reader.partitions(*MONTHS)
        return {f"{r.dataset} {r.day}": f"{r.state}: {r.error}" for r in rows if r.state != "loaded"}
