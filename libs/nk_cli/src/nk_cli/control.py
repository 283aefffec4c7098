"""Commands to the control topic, as any Kafka client posts them."""

from __future__ import annotations

from aiokafka import AIOKafkaProducer
from faststream.kafka.security import parse_security

from nk_common.events.commands import Command
from nk_common.events.topics import CONTROL
from nk_common.messaging.security import security
from nk_common.settings import BusSettings


async def post(settings: BusSettings, command: Command) -> None:
    """Raises KafkaError when the bus is away."""
    producer = AIOKafkaProducer(
        bootstrap_servers=settings.kafka_bootstrap_servers, **parse_security(security(settings))
    )
    try:
        await producer.start()
        await producer.send_and_wait(CONTROL.name, command.model_dump_json().encode())
    finally:
        await producer.stop()  # also one that could not start
