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
from nk_extractor.letters import Letters
from nk_extractor.planner import Planner
from nk_extractor.reconcile.service import ReconcileService
from nk_extractor.service import ExtractionService


def on_command(planner: Planner, reconciliations: ReconcileService, letters: Letters) -> Handler:
    """Comparisons are only noted here: they take minutes, and planning must not wait for them."""

    async def handle(delivery: Delivery) -> None:
        command = parse_command(delivery.body, fallback_id=delivery.position)
        if isinstance(command, ReconcileCommand):
            await reconciliations.accept(command)
        elif isinstance(command, CancelCommand):
            await planner.cancel(command)
        elif isinstance(command, PauseCommand):
            await planner.pause(command)
        elif isinstance(command, ResumeCommand):
            await planner.resume(command)
        elif isinstance(command, RetryDeadLetterCommand):
            await letters.retry(command)
        elif isinstance(command, DiscardDeadLetterCommand):
            await letters.discard(command)
        else:
            await planner.run(command)

    return handle


def on_extract_requested(service: ExtractionService) -> Handler:
    async def handle(delivery: Delivery) -> None:
        await service.extract(decode(ExtractRequested, delivery))

    return handle


def on_report(ledger: LedgerWriter) -> Handler:
    """The ledger's projection. Reports repeated, late or out of order change nothing."""

    async def handle(delivery: Delivery) -> None:
        await asyncio.to_thread(ledger.apply, decode(StageReport, delivery))

    return handle
