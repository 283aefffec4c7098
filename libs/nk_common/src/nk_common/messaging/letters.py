"""Fetching a letter from the dead-letter topic."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from aiokafka.errors import KafkaError, KafkaTimeoutError
from faststream.kafka.security import parse_security

from nk_common.errors import TransientError
from nk_common.events.letters import Origin, is_letter_of
from nk_common.events.topics import DEAD_LETTER
from nk_common.messaging.admin import partitions_of
from nk_common.messaging.delivery import Delivery, Place
from nk_common.messaging.security import security
from nk_common.settings import BusSettings

FetchLetter = Callable[[Place, Origin], Awaitable[Delivery | None]]
"""The letter at a place, with the headers and the key that it has there; None when it is not kept any more, or when
what lies there now is another one. Raises LetterUnreachableError."""
_REQUEST_MS = 3000
_PATIENCE_MS = 4000
_MOST_BYTES = 8 * 1024 * 1024


class LetterUnreachableError(TransientError):
    """The broker did not hand out the letter just now."""


async def fetch_letter(settings: BusSettings, place: Place, origin: Origin) -> Delivery | None:
    """See `FetchLetter`. The consumer has no group, so nobody's place is moved."""
    try:
        record = await _record_at(settings, place)
    except (KafkaError, OSError) as error:
        raise LetterUnreachableError(
            "The message broker cannot be reached, so the message could not be read; try again when it is back."
        ) from error
    if record is None:
        return None
    letter = _delivery(record)
    return letter if is_letter_of(letter.headers, origin) else None


async def _record_at(settings: BusSettings, place: Place) -> ConsumerRecord[Any, Any] | None:
    known = await partitions_of(settings, [DEAD_LETTER])
    if place.partition not in known.get(DEAD_LETTER.name, []):
        return None
    where = TopicPartition(DEAD_LETTER.name, place.partition)
    consumer = AIOKafkaConsumer(
        bootstrap_servers=settings.kafka_bootstrap_servers,
        client_id="nk-letters",
        enable_auto_commit=False,
        request_timeout_ms=_REQUEST_MS,
        fetch_max_wait_ms=100,
        max_partition_fetch_bytes=_MOST_BYTES,
        **parse_security(security(settings)),
    )
    try:
        await consumer.start()
        first = (await consumer.beginning_offsets([where]))[where]
        end = (await consumer.end_offsets([where]))[where]
        if not first <= place.offset < end:
            return None
        consumer.assign([where])
        consumer.seek(where, place.offset)
        found = await consumer.getmany(where, timeout_ms=_PATIENCE_MS, max_records=1)
    finally:
        await consumer.stop()
    record = next(iter(found.get(where, [])), None)
    if record is None:
        raise KafkaTimeoutError("the broker has the message and did not hand it out")
    return record if record.offset == place.offset else None


def _delivery(record: ConsumerRecord[Any, Any]) -> Delivery:
    return Delivery(
        topic=record.topic,
        partition=record.partition,
        offset=record.offset,
        key=record.key.decode("utf-8", errors="replace") if record.key else None,
        body=bytes(record.value or b""),
        headers={name: (value or b"").decode("utf-8", errors="replace") for name, value in record.headers},
    )
