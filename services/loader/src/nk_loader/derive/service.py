"""The loader's other use case: a partition made again from what the lake holds."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

import pyarrow as pa

from nk_common.clock import Clock
from nk_common.datasets import by_name
from nk_common.errors import NotDerivableError, UnreadableFileError
from nk_common.events.base import Totals
from nk_common.events.stages import DayLoaded, RebuildRequested, TableWritten
from nk_common.events.topics import DAY_LOADED
from nk_common.lake.layout import Layout
from nk_common.lake.reader import FileStamp, read_stamp, read_table
from nk_common.lake.writer import Stamp, conform
from nk_common.messaging.codec import publish_event
from nk_common.messaging.delivery import Publisher, publish_report
from nk_common.observability import Metrics, logger
from nk_common.star import tables_of
from nk_loader.derive.base import Derivation, Derived
from nk_loader.service import LoadingService, loaded_report, one_at_a_time, star_version, write_star

Tables = Mapping[str, pa.Table]


@dataclass(frozen=True)
class _Held:
    """A partition whose star tables are all there, in one version."""

    stamp: FileStamp
    tables: Tables


@dataclass(frozen=True)
class _Outcome:
    """What the lake holds now; `is_news` if its files may not have been told of yet."""

    loaded: DayLoaded
    is_news: bool


class DerivingService:
    """Everything a loader does with a request to rebuild."""

    def __init__(
        self,
        layout: Layout,
        derivations: Mapping[str, Derivation],
        loading: LoadingService,
        publisher: Publisher,
        clock: Clock,
        metrics: Metrics,
    ) -> None:
        self._layout = layout
        self._derivations = derivations
        self._loading = loading
        self._publisher = publisher
        self._clock = clock
        self._metrics = metrics
        self._log = logger(__name__)

    async def rebuild(self, request: RebuildRequested) -> None:
        """Load or derive, as the request says; cleaning is not for the loader.

        Raises NotDerivableError when the lake does not hold what it takes, UnreadableFileError when what it
        holds is damaged, TransientError when it may soon be there, and what `LoadingService.load` raises.
        """
        if request.stage == "load":
            await self._loading.load_again(request)
        elif request.stage == "derive":
            await self._derive(request)

    async def _derive(self, request: RebuildRequested) -> None:
        day, derivation = self._wanted(request)
        if self._was_cleaned(request) and not (derivation.was_read(day) and self._held(request)):
            # Read from Odoo and on its way here, or damaged since: that is better than anything derived.
            await self._loading.load_again(request)
            return
        outcome = await asyncio.to_thread(self._replace, request, day, derivation)
        if outcome is None:
            self._log.info("superseded by a newer version", version=request.version)
            return
        if outcome.is_news:
            await publish_event(self._publisher, DAY_LOADED, outcome.loaded)
        await publish_report(self._publisher, loaded_report(outcome.loaded, self._clock.now()))
        self._log.info("derived", rows=outcome.loaded.totals.lines, version=request.version,
                       changed=outcome.is_news)  # fmt: skip

    def _wanted(self, request: RebuildRequested) -> tuple[date, Derivation]:
        derivation = self._derivations.get(request.dataset)
        if derivation is None or request.day is None:
            raise NotDerivableError(
                f"{request.partition} comes from Odoo; there is nothing to derive it from."
            )
        return request.day, derivation

    def _was_cleaned(self, request: RebuildRequested) -> bool:
        paths = [self._layout.clean(t.name, request.day) for t in by_name(request.dataset).clean]
        return bool(paths) and all(path.exists() for path in paths)

    def _replace(self, request: RebuildRequested, day: date, derivation: Derivation) -> _Outcome | None:
        with one_at_a_time(self._layout, request.partition):
            if star_version(self._layout, request.partition) > request.version:
                return None
            held = self._held(request)
            if held and (held.stamp.version == request.version or derivation.was_read(day)):
                told_again = held.stamp.version == request.version
                return _Outcome(self._loaded(request, held.tables, held.stamp.read_at), told_again)
            derived = derivation.derive(day)
            tables = {
                table.name: conform(derived.tables[table.name].to_arrow(), table.schema, table.name)
                for table in tables_of(request.dataset)
            }
            changed = held is None or _is_news(held, derived, tables)
            if changed:
                stamp = Stamp(request.version, request.run_id, derived.as_of)
                written = write_star(self._layout, request.partition, tables, stamp)
                if written is None:
                    return None
                self._count(written, request.dataset)
            return _Outcome(self._loaded(request, tables, derived.as_of), changed)

    def _held(self, request: RebuildRequested) -> _Held | None:
        """None where a table is missing, unreadable, of another version or of an earlier schema."""
        paths = {t.name: self._layout.star(t.name, request.day) for t in tables_of(request.dataset)}
        stamps = [read_stamp(path) for path in paths.values()]
        first = stamps[0]
        if first is None or any(stamp is None or stamp.version != first.version for stamp in stamps):
            return None
        try:
            return _Held(first, {name: read_table(path) for name, path in paths.items()})
        except (FileNotFoundError, UnreadableFileError):
            return None

    def _loaded(self, request: RebuildRequested, tables: Tables, as_of: datetime) -> DayLoaded:
        paths = {name: self._layout.star(name, request.day).relative_to(self._layout.root) for name in tables}
        return DayLoaded(
            dataset=request.dataset,
            day=request.day,
            run_id=request.run_id,
            requested_at=request.requested_at,
            version=request.version,
            as_of=as_of,
            tables=tuple(
                TableWritten(name=name, path=str(paths[name]), rows=table.num_rows)
                for name, table in tables.items()
            ),
            totals=Totals(**by_name(request.dataset).totals(tables, "star")._asdict()),
            rejected=0,
        )

    def _count(self, written: tuple[TableWritten, ...], dataset: str) -> None:
        self._metrics.rows.labels("derive", dataset).inc(sum(table.rows for table in written))
        self._metrics.days.labels("derive", dataset).inc()


def _is_news(held: _Held, derived: Derived, tables: Tables) -> bool:
    """Whether rows differ, or what was part of a day is the whole of it now: only the file says so to those who
    read the lake."""
    completed = held.stamp.read_at < derived.day_ends <= derived.as_of
    return completed or any(not held.tables[name].equals(tables[name]) for name in tables)
