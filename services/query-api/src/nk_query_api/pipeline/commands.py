"""From a request to a command on the control topic."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Sequence

import stamina

from nk_common.api.dead_letters import DiscardLetterRequest, RetryLetterRequest
from nk_common.api.pipeline import (
    BackfillAnswer,
    BackfillRequest,
    CancelRequest,
    CommandAccepted,
    CommandPlan,
    PartitionState,
    PauseRequest,
    PlannedDay,
    ReconciliationRequest,
    RefreshRequest,
    SnapshotRequest,
)
from nk_common.clock import Clock, today
from nk_common.datasets import expand
from nk_common.datasets.base import PartitionKey
from nk_common.events.commands import (
    BackfillCommand,
    CancelCommand,
    Command,
    DiscardDeadLetterCommand,
    PauseCommand,
    ReconcileCommand,
    RefreshDimensionsCommand,
    ResumeCommand,
    RetryDeadLetterCommand,
    SnapshotStockCommand,
)
from nk_common.events.topics import CONTROL
from nk_common.lake.layers import has_layer
from nk_common.lake.layout import Layout
from nk_common.ledger.states import public_state
from nk_common.messaging.delivery import JSON, Publisher
from nk_common.observability import logger
from nk_common.planning import (
    Planned,
    check_range,
    in_rows,
    plan_backfill,
    plan_reconcile,
    plan_refresh,
    plan_snapshot,
)
from nk_common.settings import LakeSettings
from nk_query_api.errors import BrokerAwayError, NotFoundError
from nk_query_api.pipeline.ledger import Ledger, read_rows

PUBLISH_SECONDS = 8.0
_REQUESTED_BY = "api"
_log = logger(__name__)

Answer = CommandAccepted | CommandPlan
"""That it is started, or what would be."""


class Commands:
    """Plans a request, and hands it to the control topic."""

    def __init__(
        self, publisher: Publisher | None, ledger: Ledger, clock: Clock, settings: LakeSettings
    ) -> None:
        self._publisher = publisher
        self._ledger = ledger
        self._clock = clock
        self._settings = settings
        self._zone = settings.zone

    async def backfill(self, request: BackfillRequest) -> BackfillAnswer:
        """What the request runs; it is started unless it is a dry run.

        Raises BadCommandError, LedgerUnavailableError, BrokerAwayError.
        """
        command = BackfillCommand(
            id=str(uuid.uuid4()),
            reason=request.reason,
            requested_by=_REQUESTED_BY,
            datasets=request.datasets,
            start=request.start,
            end=request.end,
            force=request.force,
            from_stage=request.from_stage,
        )
        plan = await asyncio.to_thread(self._plan, command)
        if not request.dry_run:
            await self._publish(command)
        return _answer(None if request.dry_run else command.id, plan)

    async def refresh(self, request: RefreshRequest) -> Answer:
        """Start reading dimensions again. Raises BadCommandError, BrokerAwayError."""
        command = RefreshDimensionsCommand(
            id=str(uuid.uuid4()), reason=request.reason, requested_by=_REQUESTED_BY, targets=request.targets,
            full=request.full,
        )  # fmt: skip
        plan = plan_refresh(command, lambda _: "missing")
        return await self._start(command, _keys(plan) if request.dry_run else None)

    async def snapshot_stock(self, request: SnapshotRequest) -> Answer:
        """Start reading what is on hand now. Raises BrokerAwayError."""
        command = SnapshotStockCommand(
            id=str(uuid.uuid4()), reason=request.reason, requested_by=_REQUESTED_BY
        )
        plan = plan_snapshot(today(self._clock, self._zone), lambda _: "missing")
        return await self._start(command, _keys(plan) if request.dry_run else None)

    async def cancel(self, run_id: str, request: CancelRequest) -> Answer:
        """Start taking a run back. Raises NotFoundError, LedgerUnavailableError, BrokerAwayError."""
        if not await asyncio.to_thread(self._ledger.ask, lambda reader: reader.has_run(run_id)):
            raise NotFoundError(f"There is no run {run_id!r}. A new one appears after a moment.")
        command = CancelCommand(
            id=str(uuid.uuid4()), reason=request.reason, requested_by=_REQUESTED_BY, run=run_id
        )
        return await self._start(command, await self._not_begun(request.dry_run, run_id=run_id))

    async def pause(self, request: PauseRequest, *, go_on: bool) -> Answer:
        """Start pausing datasets, or resuming them with `go_on`. Raises BadCommandError, BrokerAwayError."""
        kind = ResumeCommand if go_on else PauseCommand
        command = kind(
            id=str(uuid.uuid4()),
            reason=request.reason,
            requested_by=_REQUESTED_BY,
            datasets=[dataset.name for dataset in expand(request.datasets)],
        )
        return await self._start(command, await self._not_begun(request.dry_run, datasets=command.datasets))

    async def retry_letter(self, letter: int, request: RetryLetterRequest) -> CommandAccepted:
        """Start trying a message again; `Letters` has found that it can be. Raises BrokerAwayError."""
        command = RetryDeadLetterCommand(
            id=str(uuid.uuid4()), reason=request.reason, requested_by=_REQUESTED_BY, letter=letter
        )
        await self._publish(command)
        return CommandAccepted(command_id=command.id)

    async def discard_letter(self, letter: int, request: DiscardLetterRequest) -> CommandAccepted:
        """Start discarding a message; `Letters` has found that it can be. Raises BrokerAwayError."""
        command = DiscardDeadLetterCommand(
            id=str(uuid.uuid4()), reason=request.reason, requested_by=_REQUESTED_BY, letter=letter
        )
        await self._publish(command)
        return CommandAccepted(command_id=command.id)

    async def reconcile(self, request: ReconciliationRequest) -> Answer:
        """Start comparing days with Odoo. Raises BadCommandError, BrokerAwayError."""
        command = ReconcileCommand(
            id=str(uuid.uuid4()),
            reason=request.reason,
            requested_by=_REQUESTED_BY,
            datasets=request.datasets,
            start=request.start,
            end=request.end,
        )
        keys = plan_reconcile(command, today(self._clock, self._zone))
        return await self._start(command, keys if request.dry_run else None)

    async def _start(self, command: Command, asked: Sequence[PartitionKey] | None) -> Answer:
        """Hand the command on; or, for a dry run, only say what was `asked`: which days it is about."""
        if asked is not None:
            return CommandPlan(plan=in_rows(asked))
        await self._publish(command)
        return CommandAccepted(command_id=command.id)

    async def _not_begun(
        self, dry_run: bool, *, run_id: str | None = None, datasets: Sequence[str] | None = None
    ) -> list[PartitionKey] | None:
        """What waits of a run or of datasets; None where nobody asked."""
        if not dry_run:
            return None
        return await asyncio.to_thread(
            self._ledger.ask, lambda reader: reader.not_begun(run_id=run_id, datasets=datasets)
        )

    def _plan(self, command: BackfillCommand) -> list[Planned]:
        running = today(self._clock, self._zone)
        check_range(command.start, command.end, running)
        keys = {item.partition.dataset for item in plan_backfill(command, running, lambda _: "missing")}
        rows = read_rows(self._ledger, command.start, command.end, sorted(keys))

        def state_of(key: PartitionKey) -> PartitionState:
            return public_state(rows.get(key), self._zone)

        layout = Layout(self._settings.data_lake_root)
        return plan_backfill(
            command, running, state_of, lambda key: has_layer(layout, key, command.from_stage)
        )

    async def _publish(self, command: Command) -> None:
        if self._publisher is None:
            raise BrokerAwayError("This query API has no message broker, so it cannot start work.")
        body = command.model_dump_json().encode()
        try:
            async with asyncio.timeout(PUBLISH_SECONDS):
                await self._send(self._publisher, body)
        except TimeoutError as error:
            raise BrokerAwayError(
                "The message broker does not answer. The command may still be run when it is back: "
                "look at the runs before asking again."
            ) from error
        except Exception as error:
            # Whatever the client library says, the command did not get through.
            _log.warning("a command could not be published", error=repr(error), command=command.id)
            raise BrokerAwayError(
                "The message broker cannot be reached, so nothing was started; try again when it is back."
            ) from error

    async def _send(self, publisher: Publisher, body: bytes) -> None:
        """Twice if need be: the first try after a broker came back finds the old connection dead.

        Sending a command again is harmless, for commands of the same id are one command.
        """
        from aiokafka.errors import KafkaError  # loaded with the bus

        retries = stamina.retry_context(
            on=KafkaError, attempts=2, timeout=None, wait_initial=0.2, wait_jitter=0
        )
        async for attempt in retries:
            with attempt:
                await publisher.publish(CONTROL, body, key=None, headers=JSON)


def _keys(plan: Sequence[Planned]) -> list[PartitionKey]:
    return [item.partition for item in plan if item.run]


def _answer(command_id: str | None, plan: Sequence[Planned]) -> BackfillAnswer:
    will_run = sum(item.run for item in plan)
    return BackfillAnswer(
        command_id=command_id,
        will_run=will_run,
        skipped=len(plan) - will_run,
        days=[
            PlannedDay(dataset=p.partition.dataset, day=p.partition.day, state=p.state, run=p.run)
            for p in plan
        ],
    )
