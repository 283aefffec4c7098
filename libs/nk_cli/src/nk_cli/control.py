"""Commands to the control topic, as any Kafka client posts them, and the answers to those that only ask."""

from __future__ import annotations

import asyncio
from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from pydantic import ValidationError

from nk_cli.housekeeping.refusal import RefusedError
from nk_common.errors import BadCommandError
from nk_common.events.commands import Command
from nk_common.events.stages import StageReport
from nk_common.events.topics import CONTROL, PIPELINE
from nk_common.messaging.delivery import Place
from nk_common.settings import BusSettings

ANSWERED_WITHIN = 30.0
"""Seconds in which a running extractor says what it would do."""

Plan = dict[str, list[str]]
"""By dataset, days: single ones, `first/last` for days in a row, or `whole`."""


async def post(settings: BusSettings, command: Command) -> Place:
    """Where the command lies on the control topic. Raises KafkaError when the bus is away."""
    producer = AIOKafkaProducer(**_broker(settings))
    try:
        await producer.start()
        sent = await producer.send_and_wait(CONTROL.name, command.model_dump_json().encode())
    finally:
        await producer.stop()  # also one that could not start
    return Place(sent.partition, sent.offset)


async def ask_first(settings: BusSettings, command: Command, patience: float = ANSWERED_WITHIN) -> Plan:
    """The days that the command would be for; nothing is done.

    Raises KafkaError, BadCommandError for what the extractor does not understand, and RefusedError when it does
    not answer.
    """
    reports = AIOKafkaConsumer(PIPELINE.name, **_broker(settings))
    try:
        await reports.start()
        await reports.seek_to_end()
        place = await post(settings, command.model_copy(update={"dry_run": True}))
        async with asyncio.timeout(patience):
            return await _answer(reports, command.id, place)
    except TimeoutError:
        raise RefusedError(
            f"Nobody said within {patience:.0f} seconds what would be done, and nothing was done. Is the extractor "
            "running?"
        ) from None
    finally:
        await reports.stop()


async def _answer(reports: AIOKafkaConsumer, command_id: str, place: Place) -> Plan:
    while True:
        message = await reports.getone()
        try:
            report = StageReport.model_validate_json(message.value)
        except ValidationError:
            continue  # not for us: of another release, or of nobody
        if report.outcome == "planned" and report.run_id == command_id:
            return report.plan or {}
        if _is_refusal(report, place):
            raise BadCommandError(report.error or "The command was refused.")


def _is_refusal(report: StageReport, place: Place) -> bool:
    if report.outcome != "dead-lettered" or report.source_topic != CONTROL.name or report.letter is None:
        return False
    return (report.letter.source_partition, report.letter.source_offset) == place


def _broker(settings: BusSettings) -> dict[str, Any]:
    # FastStream is slow to load, and most commands post nothing.
    from faststream.kafka.security import parse_security

    from nk_common.messaging.security import security

    return {"bootstrap_servers": settings.kafka_bootstrap_servers, **parse_security(security(settings))}
