"""How many messages each consumer group has still to handle."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from faststream.kafka.security import parse_security

from nk_common.messaging.admin import cluster_id, partitions_of
from nk_common.messaging.groups import GROUPS, Group, group_name
from nk_common.messaging.security import security
from nk_common.settings import BusSettings

_REQUEST_MS = 3000


@dataclass(frozen=True)
class TopicLag:
    """Of one group and topic: messages that are there and not acknowledged. `partitions` is 0, and `lag` None, where
    the broker has no such topic. `waiting` is the number of partitions with any."""

    group: str
    topic: str
    partitions: int
    waiting: int
    lag: int | None


async def read_lag(settings: BusSettings, groups: Sequence[Group] = GROUPS) -> list[TopicLag]:
    """One entry for each group and topic. Raises KafkaError or OSError while the broker is away.

    Offsets are asked for as a consumer of the group asks: the embedded broker's answer to the admin client cannot
    be decoded. The consumers never subscribe, so they never become members and take nothing from anybody.
    """
    topics = list(dict.fromkeys(topic for group in groups for topic in group.topics))
    cluster = await cluster_id(settings)
    places = {
        name: [TopicPartition(name, number) for number in numbers]
        for name, numbers in (await partitions_of(settings, topics)).items()
    }
    async with _consumer(settings, None) as consumer:
        everywhere = [place for found in places.values() for place in found]
        firsts, ends = await asyncio.gather(
            consumer.beginning_offsets(everywhere), consumer.end_offsets(everywhere)
        )
    looks = (
        _of_group(settings, group, group_name(group.name, cluster), places, firsts, ends) for group in groups
    )
    return [entry for found in await asyncio.gather(*looks) for entry in found]


Places = dict[str, list[TopicPartition]]
Offsets = dict[TopicPartition, int]


async def _of_group(
    settings: BusSettings, group: Group, name: str, places: Places, firsts: Offsets, ends: Offsets
) -> list[TopicLag]:
    mine = [place for topic in group.topics for place in places.get(topic.name, ())]
    async with _consumer(settings, name) as consumer:
        consumer.assign(mine)
        found = await asyncio.gather(*(consumer.committed(place) for place in mine))
    # Who has acknowledged nothing yet begins at the first message that is kept.
    at = {
        place: firsts[place] if offset is None else offset for place, offset in zip(mine, found, strict=True)
    }
    return [_entry(group.name, topic.name, places.get(topic.name, []), at, ends) for topic in group.topics]


def _entry(group: str, topic: str, places: Sequence[TopicPartition], at: Offsets, ends: Offsets) -> TopicLag:
    behind = [max(0, ends[place] - at[place]) for place in places]
    return TopicLag(
        group, topic, len(places), sum(one > 0 for one in behind), sum(behind) if places else None
    )


@contextlib.asynccontextmanager
async def _consumer(settings: BusSettings, group: str | None) -> AsyncIterator[AIOKafkaConsumer]:
    options: dict[str, Any] = parse_security(security(settings))
    consumer = AIOKafkaConsumer(
        bootstrap_servers=settings.kafka_bootstrap_servers,
        client_id="nk-lag",
        group_id=group,
        enable_auto_commit=False,
        request_timeout_ms=_REQUEST_MS,
        **options,
    )
    try:
        await consumer.start()
        yield consumer
    finally:
        await consumer.stop()
