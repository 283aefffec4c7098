"""Topics on the broker: create what is missing, and notice a broker that came back empty."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Sequence

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import TopicAlreadyExistsError, for_code
from faststream.kafka.security import parse_security

from nk_common.events.topics import TOPICS, Topic
from nk_common.messaging.security import security
from nk_common.settings import BusSettings


@contextlib.asynccontextmanager
async def admin_client(settings: BusSettings) -> AsyncIterator[AIOKafkaAdminClient]:
    """Raises KafkaConnectionError while the broker is away."""
    client = AIOKafkaAdminClient(
        bootstrap_servers=settings.kafka_bootstrap_servers,
        request_timeout_ms=10_000,
        **parse_security(security(settings)),
    )
    try:
        await client.start()
        yield client
    finally:
        await client.close()


async def apply_topics(settings: BusSettings) -> list[str]:
    """Create the topics that are missing; the names of those created. Existing ones are left alone."""
    async with admin_client(settings) as client:
        present = set(await client.list_topics())
        missing = [topic for topic in TOPICS if topic.name not in present]
        if not missing:
            return []
        answer = await client.create_topics([_new_topic(topic, settings) for topic in missing])
        created = []
        for name, code, *message in answer.topic_errors:
            if code == 0:
                created.append(name)
            elif for_code(code) is not TopicAlreadyExistsError:
                raise for_code(code)(f"Topic {name} could not be created: {message}")
        return created


async def cluster_id(settings: BusSettings) -> str:
    """Identity of the broker's memory: an embedded broker that was restarted has another one."""
    async with admin_client(settings) as client:
        cluster = await client.describe_cluster()
        return str(cluster["cluster_id"])


async def partitions_of(settings: BusSettings, topics: Sequence[Topic]) -> dict[str, list[int]]:
    """Partitions by topic, without those topics that the broker does not have."""
    async with admin_client(settings) as client:
        # Only those that are there: some brokers create what they are asked about.
        present = set(await client.list_topics())
        names = [topic.name for topic in topics if topic.name in present]
        described = await client.describe_topics(names) if names else []
    return {
        one["topic"]: sorted(part["partition"] for part in one["partitions"])
        for one in described
        if one["partitions"]
    }


def _new_topic(topic: Topic, settings: BusSettings) -> NewTopic:
    return NewTopic(
        topic.name,
        num_partitions=topic.partitions or settings.topic_partitions,
        replication_factor=settings.topic_replication,
        topic_configs={"retention.ms": str(int(topic.retention.total_seconds() * 1000))},
    )
