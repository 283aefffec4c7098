"""Messages in, use cases, nothing else."""

from __future__ import annotations

import asyncio

from nk_common.events.commands import (
    CancelCommand,
    DiscardDeadLetterCommand,
    PauseCommand,
    ReconcileCommand,
    ResumeCommand,
    RetryDeadLetterCommand,
    parse_command,
)
from nk_common.events.stages import ExtractRequested, StageReport
from nk_common.ledger.writer import LedgerWriter
from nk_common.messaging.codec import decode
from nk_common.messaging.delivery import Delivery, Handler
from nk_extractor.dispatcher import Dispatcher
from nk_extractor.letters import LetterCommand, Letters
from nk_extractor.planner import Planner
from nk_extractor.reconcile.service import ReconcileService
from nk_extractor.service import ExtractionService


def on_command(planner: Planner, reconciliations: ReconcileService, letters: Letters) -> Handler:
    """Comparisons are only noted here: they take minutes, and planning must not wait for them."""

    async def handle(delivery: Delivery) -> None:
        command = parse_command(delivery.body, fallback_id=delivery.position)
        if isinstance(command, RetryDeadLetterCommand | DiscardDeadLetterCommand):
            await _on_letter(command, planner, letters)
        elif command.dry_run:
            await planner.preview(command)
        elif isinstance(command, ReconcileCommand):
            await reconciliations.accept(command)
        elif isinstance(command, CancelCommand):
            await planner.cancel(command)
        elif isinstance(command, PauseCommand):
            await planner.pause(command)
        elif isinstance(command, ResumeCommand):
            await planner.resume(command)
        else:
            await planner.run(command)

    return handle


async def _on_letter(command: LetterCommand, planner: Planner, letters: Letters) -> None:
    if command.dry_run:
        await planner.tell_plan(command.id, await letters.concerned(command))
    elif isinstance(command, RetryDeadLetterCommand):
        await letters.retry(command)
    else:
        await letters.discard(command)


def on_extract_requested(service: ExtractionService) -> Handler:
    async def handle(delivery: Delivery) -> None:
        await service.extract(decode(ExtractRequested, delivery))

    return handle


def on_report(ledger: LedgerWriter, dispatcher: Dispatcher) -> Handler:
    """The ledger's projection. Reports repeated, late or out of order change nothing."""

    async def handle(delivery: Delivery) -> None:
        report = decode(StageReport, delivery)
        await asyncio.to_thread(ledger.apply, report)
        if report.outcome == "failed" or (report.stage, report.outcome) == ("load", "completed"):
            dispatcher.wake()  # there is room for another

    return handle
