"""The extractor's use case: one request in, one partition's rows on the bus."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from datetime import datetime

from nk_common.clock import Clock, today
from nk_common.datasets import by_name
from nk_common.datasets.base import PartitionKey
from nk_common.errors import LedgerUnavailableError, OdooRefusedError
from nk_common.events.base import Totals
from nk_common.events.raw import RawChunk, Summary, split
from nk_common.events.stages import ExtractRequested, StageReport
from nk_common.events.topics import raw_topic
from nk_common.ledger.writer import LedgerWriter
from nk_common.messaging.delivery import Publisher, publish_report
from nk_common.observability import Metrics, logger
from nk_extractor.extract.base import Extract, Extraction
from nk_extractor.odoo.client import OdooClient
from nk_extractor.settings import ExtractorSettings

_BEATS = 4


class ExtractionService:
    """Reads partitions from Odoo and publishes them as raw chunks."""

    def __init__(
        self,
        settings: ExtractorSettings,
        client: OdooClient,
        urgent: OdooClient,
        build: Callable[[], Mapping[str, Extract]],
        ledger: LedgerWriter,
        publisher: Publisher,
        clock: Clock,
        metrics: Metrics,
    ) -> None:
        """`urgent` goes first in the queue to Odoo; `build` makes a set of extracts that remembers nothing yet."""
        self._settings = settings
        self._client, self._urgent = client, urgent
        self._build = build
        self._extracts = dict(build())
        self._ledger = ledger
        self._publisher = publisher
        self._clock = clock
        self._metrics = metrics
        self._log = logger(__name__)

    async def extract(self, request: ExtractRequested) -> None:
        """Raises TransientError or TerminalError of the reading; a satisfied request is passed over."""
        as_of = self._clock.now()
        if by_name(request.dataset).is_rebuilt(request.day, today(self._clock, self._settings.zone)):
            # Asked for before midnight; a snapshot taken now is never filed under yesterday.
            await asyncio.to_thread(self._ledger.hand_over, request.partition, as_of)
            return
        version = await asyncio.to_thread(
            self._ledger.begin, request.partition, request.requested_at, request.run_id, as_of
        )
        if version is None:
            self._log.info("already read since it was asked for")
            return
        await publish_report(self._publisher, self._report(request, "started", version, as_of))
        started = time.monotonic()
        async with self._alive(request.partition, version):
            extraction = await asyncio.to_thread(self._read, request)
            for chunk in self._chunks(request, version, as_of, extraction):
                body, headers = chunk.encode()
                topic = raw_topic(by_name(request.dataset))
                await self._publisher.publish(topic, body, key=str(request.partition), headers=headers)
        await self._done(request, version, as_of, extraction, time.monotonic() - started)

    @contextlib.asynccontextmanager
    async def _alive(self, key: PartitionKey, version: int) -> AsyncIterator[None]:
        """Signs of life in the ledger while the body runs, several within `stall_after`."""
        beats = asyncio.create_task(self._beat(key, version))
        try:
            yield
        finally:
            beats.cancel()
            await asyncio.gather(beats, return_exceptions=True)

    async def _beat(self, key: PartitionKey, version: int) -> None:
        while True:
            await asyncio.sleep(self._settings.stall_after / _BEATS)
            with contextlib.suppress(LedgerUnavailableError):
                await asyncio.to_thread(self._ledger.still_reading, key, version, self._clock.now())

    def _read(self, request: ExtractRequested) -> Extraction:
        if request.reason == "full-refresh":
            # A new one remembers nothing, so its first reading is whole; what the old one holds may be wrong.
            self._extracts[request.dataset] = self._build()[request.dataset]
        client = self._client_for(request)
        try:
            return self._extracts[request.dataset](client, self._settings, request.day)
        except OdooRefusedError:
            # Perhaps a field was added or removed since we looked; look again next time.
            client.forget_fields()
            raise

    def _client_for(self, request: ExtractRequested) -> OdooClient:
        """What somebody is looking at does not stand behind pages of history, call by call."""
        running = today(self._clock, self._settings.zone)
        return self._urgent if request.day == running or request.reason == "watch" else self._client

    def _chunks(
        self, request: ExtractRequested, version: int, as_of: datetime, extraction: Extraction
    ) -> Iterator[RawChunk]:
        pieces = [
            (name, *piece)
            for name, table in extraction.tables.items()
            for piece in split(table, self._settings.chunk_bytes)
        ]
        summary = Summary(
            rows={name: table.num_rows for name, table in extraction.tables.items()},
            totals=Totals(**extraction.totals._asdict()),
        )
        for sequence, (name, piece, body) in enumerate(pieces):
            yield RawChunk(
                partition=request.partition,
                run_id=request.run_id,
                version=version,
                requested_at=request.requested_at,
                as_of=as_of,
                table=name,
                sequence=sequence,
                rows=piece,
                body=body,
                summary=summary if sequence == len(pieces) - 1 else None,
            )

    async def _done(
        self, request: ExtractRequested, version: int, as_of: datetime, extraction: Extraction, seconds: float
    ) -> None:
        rows = sum(table.num_rows for table in extraction.tables.values())
        self._metrics.rows.labels("extract", request.dataset).inc(rows)
        self._metrics.days.labels("extract", request.dataset).inc()
        report = self._report(request, "completed", version, as_of).model_copy(
            update={"seconds": round(seconds, 4), "totals": Totals(**extraction.totals._asdict())}
        )
        # Before the bus: a redelivery of this request is then known to be satisfied.
        await asyncio.to_thread(self._ledger.apply, report)
        await publish_report(self._publisher, report)
        self._log.info("extracted", rows=rows, seconds=round(seconds, 3), version=version)

    def _report(self, request: ExtractRequested, outcome: str, version: int, as_of: datetime) -> StageReport:
        return StageReport.model_validate(
            {
                "stage": "extract",
                "outcome": outcome,
                "at": self._clock.now(),
                "dataset": request.dataset,
                "day": request.day,
                "run_id": request.run_id,
                "requested_at": request.requested_at,
                "version": version,
                "as_of": as_of,
            }
        )
