"""A loader on a small lake that is asked to rebuild, with what it tells."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Literal

from nk_common.events.stages import DayLoaded, RebuildRequested
from nk_common.events.topics import DAY_LOADED, REBUILD_REQUESTED
from nk_common.lake.reader import FileStamp, read_stamp
from nk_common.observability import Metrics
from nk_loader.app import build_derivations
from nk_loader.derive.service import DerivingService
from nk_loader.handlers import on_rebuild_requested
from nk_loader.registry import BUILDS
from nk_loader.service import LoadingService
from nk_loader.settings import LoaderSettings
from support.clock import SetClock
from support.lake_factory import LakeFactory
from support.publisher import RecordingPublisher, Sent

AT = datetime(2026, 1, 7, tzinfo=UTC)


class Rebuilder:
    """The loader's handler of rebuild requests on the lake at `root`."""

    def __init__(self, root: Path) -> None:
        self.lake = LakeFactory(root)
        self.bus = RecordingPublisher()
        settings = LoaderSettings.model_validate({"data_lake_root": root, "timezone": "Asia/Jakarta"})
        clock, metrics = SetClock(AT), Metrics()
        loading = LoadingService(settings, BUILDS, self.bus, clock, metrics)
        self.service = DerivingService(
            self.lake.layout, build_derivations(settings), loading, self.bus, clock, metrics
        )

    async def rebuild(
        self,
        version: int,
        day: date | None,
        dataset: str = "profit",
        stage: Literal["clean", "load", "derive"] = "derive",
    ) -> None:
        """Handle one request, as it comes from the bus."""
        request = RebuildRequested(
            dataset=dataset, day=day, run_id=f"run-{version}", requested_at=AT, version=version, stage=stage,
            reason="derived",
        )  # fmt: skip
        body = request.model_dump_json().encode()
        await on_rebuild_requested(self.service)(Sent(REBUILD_REQUESTED, body, None, {}).delivery())

    def told(self) -> tuple[list[int], list[int | None]]:
        """Versions of the DayLoaded events, and of the completed reports, since the last call."""
        events = [DayLoaded.model_validate_json(sent.body).version for sent in self.bus.on(DAY_LOADED)]
        reports = [report.version for report in self.bus.reports() if report.outcome == "completed"]
        self.bus.sent.clear()
        return events, reports

    def stamp(self, table: str, day: date | None) -> FileStamp | None:
        return read_stamp(self.lake.layout.star(table, day))
