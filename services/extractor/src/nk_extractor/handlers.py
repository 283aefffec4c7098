"""Messages in, use cases, nothing else."""

from __future__ import annotations

import asyncio

from nk_common.events.commands import parse_command
from nk_common.events.stages import ExtractRequested, StageReport
from nk_common.ledger.writer import LedgerWriter
from nk_common.messaging.codec import decode
from nk_common.messaging.delivery import Delivery, Handler
from nk_extractor.planner import Planner
from nk_extractor.service import ExtractionService


def on_command(planner: Planner) -> Handler:
    async def handle(delivery: Delivery) -> None:
        await planner.run(parse_command(delivery.body, fallback_id=delivery.position))

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
