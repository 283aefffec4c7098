"""Commands to the control topic, as any Kafka client posts them."""

from __future__ import annotations

import uuid
from datetime import date

from aiokafka import AIOKafkaProducer
from faststream.kafka.security import parse_security

from nk_common.datasets import expand
from nk_common.events.commands import BackfillCommand
from nk_common.events.topics import CONTROL
from nk_common.messaging.security import security
from nk_common.settings import BusSettings


async def post_backfill(
    settings: BusSettings, datasets: list[str], start: date, end: date, *, force: bool, reason: str | None
) -> BackfillCommand:
    """Raises BadCommandError for an unknown dataset, KafkaError when the bus is away."""
    expand(datasets)
    command = BackfillCommand(
        id=str(uuid.uuid4()),
        datasets=datasets,
        start=start,
        end=end,
        force=force,
        reason=reason,
        requested_by="nk",
    )
    producer = AIOKafkaProducer(
        bootstrap_servers=settings.kafka_bootstrap_servers, **parse_security(security(settings))
    )
    async with producer:
        await producer.send_and_wait(CONTROL.name, command.model_dump_json().encode())
    return command
