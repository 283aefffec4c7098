"""The cleaner's use case: a chunk in; when it completes its day, `raw/`, `clean/` and an event."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import datetime

import polars as pl
import pyarrow as pa

from nk_cleaner.assembly import Assembly
from nk_cleaner.settings import CleanerSettings
from nk_cleaner.transforms.base import Cleaned, Rules, Transform
from nk_common.clock import Clock
from nk_common.datasets import by_name
from nk_common.datasets.base import ControlTotals, Dataset, PartitionKey
from nk_common.errors import ControlTotalsError, IncompleteLayerError, TooManyRejectsError
from nk_common.events.base import Totals
from nk_common.events.raw import RawChunk
from nk_common.events.stages import DayCleaned, RebuildRequested, StageReport, TableWritten
from nk_common.events.topics import DAY_CLEANED
from nk_common.lake.layout import Layout
from nk_common.lake.reader import read_stamp, read_table
from nk_common.lake.writer import Stamp, write_table
from nk_common.messaging.codec import publish_event
from nk_common.messaging.delivery import Publisher, publish_report
from nk_common.observability import Metrics, logger


@dataclass(frozen=True)
class Work:
    """One version of one partition that is to be cleaned, and who asked for it."""

    partition: PartitionKey
    run_id: str
    requested_at: datetime
    version: int
    as_of: datetime

    @property
    def dataset(self) -> Dataset:
        return by_name(self.partition.dataset)

    @property
    def stamp(self) -> Stamp:
        return Stamp(self.version, self.run_id, self.as_of)


class CleaningService:
    """Everything a cleaner does with a chunk."""

    def __init__(
        self,
        settings: CleanerSettings,
        transforms: dict[str, Transform],
        publisher: Publisher,
        clock: Clock,
        metrics: Metrics,
    ) -> None:
        self._settings = settings
        self._transforms = transforms
        self._publisher = publisher
        self._clock = clock
        self._metrics = metrics
        self._rules = Rules(settings.zone, settings.transit_is_stock)
        self._layout = Layout(settings.data_lake_root)
        self._assembly = Assembly(self._layout)
        self._log = logger(__name__)

    async def accept(self, chunk: RawChunk) -> None:
        """Raises TerminalError when the day cannot be cleaned, DiskError when it cannot be written."""
        event = await asyncio.to_thread(self._accept, chunk)
        if event is None:
            return
        await self._tell(event)
        # Only now, and only of a complete day; a crash before this leaves chunks that nobody reads.
        await asyncio.to_thread(self._assembly.forget, chunk)

    async def rebuild(self, request: RebuildRequested) -> None:
        """Clean a partition again from `raw/`. Raises as `accept` does."""
        await self._tell(await asyncio.to_thread(self._rebuild, request))

    async def _tell(self, event: DayCleaned) -> None:
        await publish_event(self._publisher, DAY_CLEANED, event)
        await publish_report(self._publisher, self._report(event))
        self._log.info("cleaned", rows=event.totals.lines, rejected=event.rejected, version=event.version)

    def _accept(self, chunk: RawChunk) -> DayCleaned | None:
        tables = self._assembly.add(chunk)
        if tables is None:
            return None
        work = Work(chunk.partition, chunk.run_id, chunk.requested_at, chunk.version, chunk.as_of)
        for table in work.dataset.raw:
            write_table(
                self._layout.raw(table.name, work.partition.day), tables[table.name], table.schema, work.stamp
            )
        expected = ControlTotals(**chunk.summary.totals.model_dump()) if chunk.summary else None
        return self._write(work, self._clean(work, tables, expected))

    def _rebuild(self, request: RebuildRequested) -> DayCleaned:
        dataset = by_name(request.dataset)
        paths = {table.name: self._layout.raw(table.name, request.day) for table in dataset.raw}
        stamps = [read_stamp(path) for path in paths.values()]
        versions = {stamp.version if stamp else None for stamp in stamps}
        if None in versions or len(versions) != 1:
            raise IncompleteLayerError(
                f"raw/ does not hold {request.partition} whole, so it cannot be cleaned again. Its figures stay as "
                "they are; read it from Odoo with a backfill."
            )
        tables = {name: read_table(path) for name, path in paths.items()}
        as_of = next((stamp.as_of for stamp in stamps if stamp and stamp.as_of), request.requested_at)
        work = Work(request.partition, request.run_id, request.requested_at, request.version, as_of)
        return self._write(work, self._clean(work, tables, None))

    def _clean(self, work: Work, tables: dict[str, pa.Table], expected: ControlTotals | None) -> Cleaned:
        frames = {name: pl.DataFrame(pl.from_arrow(table)) for name, table in tables.items()}
        name = work.dataset.name
        cleaned = self._transforms[name](frames, work.partition.day, self._rules)
        self._check(cleaned, expected)
        self._metrics.rows.labels("clean", name).inc(cleaned.kept_rows)
        self._metrics.rejected.labels(name).inc(cleaned.rejected_rows)
        self._metrics.days.labels("clean", name).inc()
        return cleaned

    def _check(self, cleaned: Cleaned, extracted: ControlTotals | None) -> None:
        if extracted is not None and extracted.differs_from(cleaned.input_totals):
            raise ControlTotalsError(
                f"The extractor counted {extracted} and the cleaner {cleaned.input_totals}. "
                "The day is not loaded; please report this, with the run id."
            )
        rows = cleaned.kept_rows + cleaned.rejected_rows
        if rows and cleaned.rejected_rows / rows > self._settings.reject_threshold:
            raise TooManyRejectsError(
                f"{cleaned.rejected_rows} of {rows} rows cannot be used ({_commonest(cleaned)}), more than the "
                f"{self._settings.reject_threshold:.0%} that NK_REJECT_THRESHOLD allows. The day keeps its former "
                "figures, if it had any."
            )

    def _write(self, work: Work, cleaned: Cleaned) -> DayCleaned:
        written = []
        for table in work.dataset.clean:
            path = self._layout.clean(table.name, work.partition.day)
            rows = cleaned.tables[table.name].to_arrow()
            write_table(path, rows, table.schema, work.stamp)
            relative = str(path.relative_to(self._layout.root))
            written.append(TableWritten(name=table.name, path=relative, rows=rows.num_rows))
            self._write_rejected(work, table.name, cleaned)
        return DayCleaned(
            dataset=work.dataset.name,
            day=work.partition.day,
            run_id=work.run_id,
            requested_at=work.requested_at,
            version=work.version,
            as_of=work.as_of,
            tables=tuple(written),
            totals=Totals(**cleaned.totals._asdict()),
            rejected=cleaned.rejected_rows,
        )

    def _write_rejected(self, work: Work, table: str, cleaned: Cleaned) -> None:
        """Keep bad rows; where an earlier version had some and this one has none, say so with no rows."""
        path = self._layout.rejected(table, work.partition.day)
        rejected = cleaned.rejected.get(table)
        if rejected is not None and (rejected.height or path.exists()):
            rows = rejected.to_arrow()
            write_table(path, rows, rows.schema, work.stamp)

    def _report(self, event: DayCleaned) -> StageReport:
        return StageReport(
            stage="clean",
            outcome="completed",
            at=self._clock.now(),
            dataset=event.dataset,
            day=event.day,
            run_id=event.run_id,
            requested_at=event.requested_at,
            version=event.version,
            as_of=event.as_of,
            totals=event.totals,
            rejected=event.rejected,
        )


def _commonest(cleaned: Cleaned) -> str:
    reasons = pl.concat([f.select("reason") for f in cleaned.rejected.values() if f.height])
    return str(reasons["reason"].mode().sort()[0])
