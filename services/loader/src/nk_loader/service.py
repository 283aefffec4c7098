"""The loader's use case: a cleaned day in, its star tables and an event out."""

from __future__ import annotations

import asyncio

import polars as pl

from nk_common.clock import Clock
from nk_common.datasets import by_name
from nk_common.datasets.base import ControlTotals
from nk_common.errors import ControlTotalsError, TransientError
from nk_common.events.stages import DayCleaned, DayLoaded, StageReport, TableWritten
from nk_common.events.topics import DAY_LOADED
from nk_common.lake.layout import Layout
from nk_common.lake.reader import read_stamp, read_table
from nk_common.lake.writer import Stamp, write_table
from nk_common.messaging.codec import publish_event
from nk_common.messaging.delivery import Publisher, publish_report
from nk_common.observability import Metrics, logger
from nk_common.star import tables_of
from nk_loader.build import Build, TotalsOf
from nk_loader.settings import LoaderSettings


class LoadingService:
    """Everything a loader does with a cleaned day."""

    def __init__(
        self,
        settings: LoaderSettings,
        builds: dict[str, Build],
        totals: dict[str, TotalsOf],
        publisher: Publisher,
        clock: Clock,
        metrics: Metrics,
    ) -> None:
        self._builds = builds
        self._totals = totals
        self._publisher = publisher
        self._clock = clock
        self._metrics = metrics
        self._layout = Layout(settings.data_lake_root)
        self._log = logger(__name__)

    async def load(self, event: DayCleaned) -> None:
        """Raises ControlTotalsError when rows were lost, DiskError when the lake cannot be written."""
        loaded = await asyncio.to_thread(self._load, event)
        if loaded is None:
            self._log.info("superseded by a newer version", version=event.version)
            return
        await publish_event(self._publisher, DAY_LOADED, loaded)
        await publish_report(self._publisher, self._report(loaded))
        self._log.info("loaded", rows=loaded.totals.lines, version=loaded.version)

    def _load(self, event: DayCleaned) -> DayLoaded | None:
        clean = self._read_clean(event)
        if clean is None:
            return None
        star = {t.name: self._builds[t.name](clean) for t in tables_of(event.dataset)}
        self._check(event, star)
        stamp = Stamp(event.version, event.run_id)
        written = []
        for table in tables_of(event.dataset):
            path = self._layout.star(table.name, event.day)
            rows = star[table.name].to_arrow()
            write_table(path, rows, table.schema, stamp)
            written.append(
                TableWritten(
                    name=table.name, path=str(path.relative_to(self._layout.root)), rows=rows.num_rows
                )
            )
            self._metrics.rows.labels("load", event.dataset).inc(rows.num_rows)
        self._metrics.days.labels("load", event.dataset).inc()
        return DayLoaded(**{**event.model_dump(), "tables": tuple(written)})

    def _read_clean(self, event: DayCleaned) -> dict[str, pl.DataFrame] | None:
        """The clean tables of exactly this version; None when a newer one has taken their place."""
        frames = {}
        for table in by_name(event.dataset).clean:
            path = self._layout.clean(table.name, event.day)
            try:
                frames[table.name] = pl.DataFrame(pl.from_arrow(read_table(path)))
            except FileNotFoundError as error:
                raise TransientError(f"{path.name} is not there yet; it is looked for again.") from error
            stamp = read_stamp(path)
            if stamp is None or stamp.version < event.version:
                raise TransientError(f"{path.name} is older than its event; it is looked for again.")
            if stamp.version > event.version:
                return None
        return frames

    def _check(self, event: DayCleaned, star: dict[str, pl.DataFrame]) -> None:
        cleaned = ControlTotals(**event.totals.model_dump())
        built = self._totals[event.dataset](star)
        if cleaned.differs_from(built):
            raise ControlTotalsError(
                f"The cleaner handed over {cleaned} and the loader built {built}. "
                "The day is not loaded; please report this, with the run id."
            )

    def _report(self, loaded: DayLoaded) -> StageReport:
        return StageReport(
            stage="load",
            outcome="completed",
            at=self._clock.now(),
            dataset=loaded.dataset,
            day=loaded.day,
            run_id=loaded.run_id,
            requested_at=loaded.requested_at,
            version=loaded.version,
            as_of=loaded.as_of,
            totals=loaded.totals,
            rejected=loaded.rejected,
        )
