"""A plain Kafka client, as any other tool would use: nothing of nkdash's messaging in it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRecord, TopicPartition

T = TypeVar("T")


def post(port: int, topic: str, *messages: bytes | dict[str, Any], key: bytes | None = None) -> None:
    """Send messages; dicts as JSON."""

    async def send() -> None:
        async with AIOKafkaProducer(bootstrap_servers=f"127.0.0.1:{port}") as producer:
            for message in messages:
                body = message if isinstance(message, bytes) else json.dumps(message).encode()
                await producer.send_and_wait(topic, body, key=key)

    _run(send())


def read_all(
    port: int, topic: str, at_least: int = 0, patience: float = 20
) -> list[ConsumerRecord[Any, Any]]:
    """Every message of a topic, waiting until there are `at_least` so many."""

    async def read() -> list[ConsumerRecord[Any, Any]]:
        consumer = AIOKafkaConsumer(bootstrap_servers=f"127.0.0.1:{port}", group_id=None)
        await consumer.start()
        try:
            partitions = [
                TopicPartition(topic, p)
                for p in consumer.partitions_for_topic(topic) or await _await(consumer, topic)
            ]
            consumer.assign(partitions)
            await consumer.seek_to_beginning(*partitions)
            found: list[ConsumerRecord[Any, Any]] = []
            deadline = asyncio.get_running_loop().time() + patience
            while True:
                batch = await consumer.getmany(timeout_ms=300)
                found += [record for records in batch.values() for record in records]
                done = len(found) >= at_least and not batch
                if done or asyncio.get_running_loop().time() > deadline:
                    return found
        finally:
            await consumer.stop()

    return _run(read())


def _run(work: Coroutine[Any, Any, T]) -> T:
    """In a thread of its own: the caller may be inside somebody else's event loop (the browser's)."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, work).result()


async def _await(consumer: AIOKafkaConsumer, topic: str) -> set[int]:
    await consumer._client.force_metadata_update()
    return set(consumer.partitions_for_topic(topic) or set())
