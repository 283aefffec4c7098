"""The cleaner's use case: a chunk in; when it completes its day, `raw/`, `clean/` and an event."""

from __future__ import annotations

import asyncio

import polars as pl
import pyarrow as pa

from nk_cleaner.assembly import Assembly
from nk_cleaner.settings import CleanerSettings
from nk_cleaner.transforms.base import Cleaned, Rules, Transform
from nk_common.clock import Clock
from nk_common.datasets import by_name
from nk_common.datasets.base import ControlTotals, Dataset
from nk_common.errors import ControlTotalsError, TooManyRejectsError
from nk_common.events.base import Totals
from nk_common.events.raw import RawChunk
from nk_common.events.stages import DayCleaned, StageReport, TableWritten
from nk_common.events.topics import DAY_CLEANED
from nk_common.lake.layout import Layout
from nk_common.lake.writer import Stamp, write_table
from nk_common.messaging.codec import publish_event
from nk_common.messaging.delivery import Publisher, publish_report
from nk_common.observability import Metrics, logger


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
        await publish_event(self._publisher, DAY_CLEANED, event)
        await publish_report(self._publisher, self._report(event))
        # Only now, and only of a complete day; a crash before this leaves chunks that nobody reads.
        await asyncio.to_thread(self._assembly.forget, chunk)
        self._log.info("cleaned", rows=event.totals.lines, rejected=event.rejected, version=event.version)

    def _accept(self, chunk: RawChunk) -> DayCleaned | None:
        tables = self._assembly.add(chunk)
        if tables is None:
            return None
        dataset = by_name(chunk.partition.dataset)
        stamp = Stamp(chunk.version, chunk.run_id, chunk.as_of)
        for table in dataset.raw:
            write_table(
                self._layout.raw(table.name, chunk.partition.day), tables[table.name], table.schema, stamp
            )
        cleaned = self._clean(dataset, chunk, tables)
        return self._write(dataset, chunk, cleaned, stamp)

    def _clean(self, dataset: Dataset, chunk: RawChunk, tables: dict[str, pa.Table]) -> Cleaned:
        frames = {name: pl.DataFrame(pl.from_arrow(table)) for name, table in tables.items()}
        cleaned = self._transforms[dataset.name](frames, chunk.partition.day, self._rules)
        self._check(chunk, cleaned)
        self._metrics.rows.labels("clean", dataset.name).inc(cleaned.kept_rows)
        self._metrics.rejected.labels(dataset.name).inc(cleaned.rejected_rows)
        self._metrics.days.labels("clean", dataset.name).inc()
        return cleaned

    def _check(self, chunk: RawChunk, cleaned: Cleaned) -> None:
        if chunk.summary is None:
            return
        extracted = ControlTotals(**chunk.summary.totals.model_dump())
        if extracted.differs_from(cleaned.input_totals):
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

    def _write(self, dataset: Dataset, chunk: RawChunk, cleaned: Cleaned, stamp: Stamp) -> DayCleaned:
        day = chunk.partition.day
        written = []
        for table in dataset.clean:
            path = self._layout.clean(table.name, day)
            rows = cleaned.tables[table.name].to_arrow()
            write_table(path, rows, table.schema, stamp)
            written.append(
                TableWritten(
                    name=table.name, path=str(path.relative_to(self._layout.root)), rows=rows.num_rows
                )
            )
            self._write_rejected(chunk, table.name, cleaned, stamp)
        return DayCleaned(
            dataset=dataset.name,
            day=day,
            run_id=chunk.run_id,
            requested_at=chunk.requested_at,
            version=chunk.version,
            as_of=chunk.as_of,
            tables=tuple(written),
            totals=Totals(**cleaned.totals._asdict()),
            rejected=cleaned.rejected_rows,
        )

    def _write_rejected(self, chunk: RawChunk, table: str, cleaned: Cleaned, stamp: Stamp) -> None:
        """Keep bad rows; where an earlier version had some and this one has none, say so with no rows."""
        path = self._layout.rejected(table, chunk.partition.day)
        rejected = cleaned.rejected.get(table)
        if rejected is not None and (rejected.height or path.exists()):
            rows = rejected.to_arrow()
            write_table(path, rows, rows.schema, stamp)

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
