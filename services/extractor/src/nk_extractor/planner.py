"""Turns commands into requests: each partition noted in the ledger, from where it is put on the bus."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from datetime import datetime

from nk_common.clock import Clock, today
from nk_common.datasets import expand
from nk_common.datasets.base import PartitionKey
from nk_common.errors import BadCommandError
from nk_common.events.commands import (
    CancelCommand,
    PauseCommand,
    ReconcileCommand,
    RefreshDimensionsCommand,
    ResumeCommand,
    SnapshotStockCommand,
)
from nk_common.events.stages import Outcome, Reason, StageReport
from nk_common.lake.layers import has_layer
from nk_common.lake.layout import Layout
from nk_common.ledger.asking import Reading, reason_of, replay_of
from nk_common.ledger.models import RunRow
from nk_common.ledger.reader import LedgerReader
from nk_common.ledger.states import public_state
from nk_common.ledger.transitions import RebuildStage
from nk_common.ledger.writer import LedgerWriter
from nk_common.messaging.delivery import Publisher, publish_report
from nk_common.observability import logger
from nk_common.planning import Planned, in_rows, plan_backfill, plan_reconcile, plan_refresh, plan_snapshot
from nk_extractor.dispatcher import Dispatcher
from nk_extractor.settings import ExtractorSettings

Previewed = Reading | ReconcileCommand | CancelCommand | PauseCommand | ResumeCommand


class Planner:
    """Commands, and the extractor's own wishes (watch, catch-up), become requests here and only here."""

    def __init__(
        self,
        settings: ExtractorSettings,
        reader: LedgerReader,
        writer: LedgerWriter,
        dispatcher: Dispatcher,
        publisher: Publisher,
        clock: Clock,
    ) -> None:
        self._settings = settings
        self._reader = reader
        self._writer = writer
        self._dispatcher = dispatcher
        self._publisher = publisher
        self._clock = clock
        self._log = logger(__name__)

    async def run(self, command: Reading) -> None:
        """Run a command once, however often it arrives. Raises BadCommandError.

        Redelivered after a crash, it asks for the same partitions with the same moment; those that were
        read in the meantime are satisfied and are not read again.
        """
        keys = await asyncio.to_thread(self._writer.run_items, command.id)
        if keys is None:
            plan = await asyncio.to_thread(self._plan, command)
            keys = [item.partition for item in plan if item.run]
        at = await self._open(command, keys)
        await self._request(keys, command.id, reason_of(command), at, replay_of(command))

    async def preview(self, command: Previewed) -> None:
        """Say which days a command would be for, and do nothing. Raises BadCommandError."""
        await self.tell_plan(command.id, await asyncio.to_thread(self._concerned, command))

    async def tell_plan(self, command_id: str, keys: Iterable[PartitionKey]) -> None:
        """The answer to a dry run."""
        report = StageReport(
            stage="plan", outcome="planned", at=self._clock.now(), run_id=command_id, plan=in_rows(keys)
        )
        await publish_report(self._publisher, report)

    async def cancel(self, command: CancelCommand) -> None:
        """Take a run back. Raises BadCommandError where there is none."""
        taken = await asyncio.to_thread(self._writer.cancel_run, command.run, self._clock.now())
        if taken is None:
            raise _no_such_run(command)
        self._log.info("taken back", run=command.run, partitions=taken)
        await self._told("cancelled", command.run)

    async def pause(self, command: PauseCommand) -> None:
        """Read nothing of the datasets until they are resumed. Raises BadCommandError."""
        names = [dataset.name for dataset in expand(command.datasets)]
        await asyncio.to_thread(
            self._writer.pause, names, self._clock.now(), command.reason, command.requested_by
        )
        self._log.info("paused", datasets=names, reason=command.reason)
        await self._told("paused", command.id)

    async def resume(self, command: ResumeCommand) -> None:
        """Go on with the datasets, and ask for what waits. Raises BadCommandError."""
        names = [dataset.name for dataset in expand(command.datasets)]
        waiting = await asyncio.to_thread(self._writer.resume, names)
        self._log.info("resumed", datasets=names, partitions=waiting)
        self._dispatcher.wake()
        await self._told("resumed", command.id)

    async def _told(self, outcome: Outcome, run_id: str) -> None:
        """A report of no partition, so that open pages look again."""
        report = StageReport(stage="plan", outcome=outcome, at=self._clock.now(), run_id=run_id)
        await publish_report(self._publisher, report)

    async def request(self, keys: Sequence[PartitionKey], run_id: str, reason: Reason) -> None:
        """Ask for partitions without a run of their own."""
        await self._request(keys, run_id, reason, self._clock.now())

    def _concerned(self, command: Previewed) -> list[PartitionKey]:
        if isinstance(command, Reading):
            return [item.partition for item in self._plan(command) if item.run]
        if isinstance(command, ReconcileCommand):
            return plan_reconcile(command, today(self._clock, self._settings.zone))
        if isinstance(command, CancelCommand):
            if not self._reader.has_run(command.run):
                raise _no_such_run(command)
            return self._reader.not_begun(run_id=command.run)
        return self._reader.not_begun(datasets=[one.name for one in expand(command.datasets)])

    def _plan(self, command: Reading) -> list[Planned]:
        now = today(self._clock, self._settings.zone)
        if isinstance(command, RefreshDimensionsCommand):
            return plan_refresh(command, lambda _: "missing")
        if isinstance(command, SnapshotStockCommand):
            return plan_snapshot(now, lambda _: "missing")
        rows = {(row.dataset, row.day): row for row in self._reader.partitions(command.start, command.end)}
        layout = Layout(self._settings.data_lake_root)
        return plan_backfill(
            command,
            now,
            lambda key: public_state(rows.get((key.dataset, key.day_text)), self._settings.zone),
            lambda key: has_layer(layout, key, command.from_stage),
        )

    async def _open(self, command: Reading, keys: Sequence[PartitionKey]) -> datetime:
        run = RunRow(
            id=command.id,
            kind=command.type,
            command=command.model_dump_json(),
            reason=command.reason,
            requested_by=command.requested_by,
            created_at=self._clock.now(),
            total=len(keys),
        )
        self._log.info("planned", run=run.id, kind=run.kind, partitions=len(keys))
        return await asyncio.to_thread(self._writer.open_run, run, keys)

    async def _request(
        self,
        keys: Sequence[PartitionKey],
        run_id: str,
        reason: Reason,
        at: datetime,
        rebuild: RebuildStage | None = None,
    ) -> None:
        await asyncio.to_thread(self._writer.request, keys, run_id, reason, at, rebuild)
        self._dispatcher.wake()
        await self._told("queued", run_id)


def _no_such_run(command: CancelCommand) -> BadCommandError:
    return BadCommandError(
        f"There is no run {command.run!r}, so nothing was taken back. The ids of runs are on the Data Sync page and "
        "in GET /v1/pipeline/runs."
    )
