"""The loader's use case: a cleaned day in, its star tables and an event out."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterator, Mapping
from datetime import datetime

import polars as pl
import pyarrow as pa

from nk_common.clock import Clock, day_end
from nk_common.datasets import by_name
from nk_common.datasets.base import ControlTotals, PartitionKey
from nk_common.errors import ControlTotalsError, TransientError
from nk_common.events.stages import DayCleaned, DayLoaded, RebuildRequested, StageReport, TableWritten
from nk_common.events.topics import DAY_LOADED
from nk_common.lake.layout import Layout
from nk_common.lake.reader import read_stamp, read_table
from nk_common.lake.writer import Stamp, disk_errors, folder_lock, write_table
from nk_common.messaging.codec import publish_event
from nk_common.messaging.delivery import Publisher, publish_report
from nk_common.observability import Metrics, logger
from nk_common.star import tables_of
from nk_loader.build import Build
from nk_loader.clean_days import day_cleaned_again
from nk_loader.settings import LoaderSettings


class LoadingService:
    """Everything a loader does with a cleaned day."""

    def __init__(
        self,
        settings: LoaderSettings,
        builds: dict[str, Build],
        publisher: Publisher,
        clock: Clock,
        metrics: Metrics,
    ) -> None:
        self._builds = builds
        self._publisher = publisher
        self._clock = clock
        self._metrics = metrics
        self._layout = Layout(settings.data_lake_root)
        self._zone = settings.zone
        self._log = logger(__name__)

    async def load(self, event: DayCleaned) -> None:
        """Raises ControlTotalsError when rows were lost, DiskError when the lake cannot be written."""
        await self._publish(await asyncio.to_thread(self._load, event), event.version)

    async def load_again(self, request: RebuildRequested) -> None:
        """Load what `clean/` holds, as the version that is asked for. Raises as `load` does."""
        await self._publish(await asyncio.to_thread(self._load_again, request), request.version)

    async def _publish(self, loaded: DayLoaded | None, version: int) -> None:
        if loaded is None:
            self._log.info("superseded by a newer version", version=version)
            return
        await publish_event(self._publisher, DAY_LOADED, loaded)
        await publish_report(self._publisher, loaded_report(loaded, self._clock.now()))
        self._log.info("loaded", rows=loaded.totals.lines, version=loaded.version)

    def _load(self, event: DayCleaned) -> DayLoaded | None:
        clean = self._read_clean(event)
        return None if clean is None else self._write(event, clean)

    def _load_again(self, request: RebuildRequested) -> DayLoaded | None:
        if star_version(self._layout, request.partition) > request.version:
            return None
        cleaned = day_cleaned_again(self._layout, request)
        if cleaned.version > request.version:
            return None  # it has an event of its own
        clean = self._read_clean(cleaned)
        if clean is None:
            raise TransientError("The clean day was replaced while it was read; it is read again.")
        return self._write(cleaned.model_copy(update={"version": request.version}), clean)

    def _write(self, event: DayCleaned, clean: dict[str, pl.DataFrame]) -> DayLoaded | None:
        """The event of what the lake holds now, written just now or before; None when that is newer."""
        star = {t.name: self._builds[t.name](clean).to_arrow() for t in tables_of(event.dataset)}
        self._check(event, star)
        with one_at_a_time(self._layout, event.partition):
            version = self._version(event)
            stamp = Stamp(version, event.run_id, event.as_of)
            written = write_star(self._layout, event.partition, star, stamp)
        if written is None:
            return None
        self._metrics.rows.labels("load", event.dataset).inc(sum(table.rows for table in written))
        self._metrics.days.labels("load", event.dataset).inc()
        return DayLoaded(**{**event.model_dump(), "version": version, "tables": written})

    def _version(self, event: DayCleaned) -> int:
        """The event's, or one above that of a reconstruction: a snapshot goes before it, whichever is newer."""
        if event.day is None or by_name(event.dataset).rebuilt != "past days":
            return event.version
        held = read_stamp(self._layout.star(tables_of(event.dataset)[0].name, event.day))
        if held is None or held.version <= event.version:
            return event.version
        if (held.run, held.as_of) == (event.run_id, event.as_of):
            return held.version  # this snapshot, which was put above a reconstruction before
        # A snapshot is asked for on its own day; a reconstruction starts from one of a later day. Its rows
        # would say so, too, but there may be none.
        reconstructed = held.read_at >= day_end(event.day, self._zone)
        return held.version + 1 if reconstructed else event.version

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

    def _check(self, event: DayCleaned, star: dict[str, pa.Table]) -> None:
        cleaned = ControlTotals(**event.totals.model_dump())
        built = by_name(event.dataset).totals(star, "star")
        if cleaned.differs_from(built):
            raise ControlTotalsError(
                f"The cleaner handed over {cleaned} and the loader built {built}. "
                "The day is not loaded; please report this, with the run id."
            )


@contextlib.contextmanager
def one_at_a_time(layout: Layout, key: PartitionKey) -> Iterator[None]:
    """For days that may be loaded or derived: looking at what is there and writing are one step."""
    if by_name(key.dataset).rebuilt == "never":
        yield
        return
    main = layout.star(tables_of(key.dataset)[0].name, key.day)
    # The month's folder: that of the day is locked by each write.
    with disk_errors(main), folder_lock(main.parent.parent):
        yield


def write_star(
    layout: Layout, key: PartitionKey, star: Mapping[str, pa.Table], stamp: Stamp
) -> tuple[TableWritten, ...] | None:
    """Write the star tables of a partition, those that are not there yet in this version.

    None when some of them are there in a newer one. Raises SchemaMismatchError, DiskError.
    """
    written, all_new = [], True
    for table in tables_of(key.dataset):
        path = layout.star(table.name, key.day)
        all_new = write_table(path, star[table.name], table.schema, stamp) and all_new
        relative = str(path.relative_to(layout.root))
        written.append(TableWritten(name=table.name, path=relative, rows=star[table.name].num_rows))
    return tuple(written) if all_new or star_version(layout, key) <= stamp.version else None


def star_version(layout: Layout, key: PartitionKey) -> int:
    """The newest version that any star table of the partition holds; 0 where there is none."""
    stamps = (read_stamp(layout.star(table.name, key.day)) for table in tables_of(key.dataset))
    return max((stamp.version for stamp in stamps if stamp), default=0)


def loaded_report(loaded: DayLoaded, at: datetime) -> StageReport:
    """What the ledger is told of a loaded partition."""
    return StageReport(
        stage="load",
        outcome="completed",
        at=at,
        dataset=loaded.dataset,
        day=loaded.day,
        run_id=loaded.run_id,
        requested_at=loaded.requested_at,
        version=loaded.version,
        as_of=loaded.as_of,
        totals=loaded.totals,
        rejected=loaded.rejected,
    )
