"""The bus: FastStream on aiokafka, with our own delivery policy on every subscription."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

import stamina
from aiokafka import ConsumerRecord
from aiokafka.errors import CommitFailedError, IllegalStateError, KafkaError, UnknownError
from aiokafka.structs import RecordMetadata
from faststream import AckPolicy
from faststream.kafka import KafkaBroker, KafkaMessage

from nk_common.events.base import Headers
from nk_common.events.topics import Topic
from nk_common.messaging.admin import apply_topics, cluster_id
from nk_common.messaging.delivery import Delivery, DeliveryPolicy, Handler, Place
from nk_common.messaging.groups import group_name
from nk_common.messaging.security import security
from nk_common.observability import Metrics, logger
from nk_common.settings import BusSettings
from nk_common.tracing import Tracing, begin_tracing

LIBRARY_LOGGER = "nk_common.messaging.library"
_LOOK_EVERY = 1.0
_PLACE_TAKEN_WAIT = 0.1
_LONGEST_HANDLING_MS = 12 * 60 * 60 * 1000
"""A large day takes Odoo many minutes. The client's own limit of five would make a consumer that is at one leave its
group: another gets the same message, and so on for ever. One that has died is found by its heartbeats, and what a
handler waits for has time limits of its own."""
_FETCH_WAIT_MS = 50
"""The embedded broker answers an empty fetch only after this long, so it is also the latency."""


class _ConcurrentStart(KafkaBroker):
    """Joining a group takes seconds; join all groups at once."""

    async def start(self) -> None:
        await self.connect()
        await asyncio.gather(*(subscriber.start() for subscriber in self.subscribers))
        await asyncio.gather(*(publisher.start() for publisher in self.publishers))
        self.running = True


@dataclass(frozen=True)
class _Subscription:
    topics: tuple[str, ...]
    deliver: Callable[[KafkaMessage], Awaitable[None]]
    group: str | None
    workers: int


class Bus:
    """A connection to the broker. Build it, subscribe, then `start`; it implements `Publisher`.

    A broker that keeps its memory in memory comes back empty, and a consumer that goes on where it was
    then waits for an offset that may never come. `watch` notices (the cluster has another id), creates the
    topics again and subscribes anew, with groups of another name, so that no offset of the old memory
    counts in the new one.
    """

    def __init__(self, settings: BusSettings, client_id: str, metrics: Metrics) -> None:
        self._settings = settings
        self._client_id = client_id
        self._metrics = metrics
        self._log = logger(__name__)
        self._subscriptions: list[_Subscription] = []
        self._reborn: list[Callable[[], Awaitable[None]]] = []
        self._cluster = ""
        self._outgoing = self._new_broker(KafkaBroker)
        self._incoming: KafkaBroker | None = None
        self._tracing: Tracing | None = None
        self.connected = False

    def subscribe(
        self,
        topics: Sequence[Topic],
        handler: Handler,
        *,
        group: str,
        policy: DeliveryPolicy,
        workers: int = 1,
    ) -> None:
        """Handle every message of `topics` once per group, by `policy`; acknowledge when it returns."""
        # Not earlier: who only listens has no spans.
        if self._tracing is None:
            self._tracing = begin_tracing(self._settings.otel_endpoint, self._client_id)
        tracing = self._tracing

        async def deliver(message: KafkaMessage) -> None:
            delivery = _delivery(message)
            with tracing.handling(delivery, group) as span:
                span.given_up = await policy.run(handler, delivery) == "dead-lettered"
            await self._acknowledge(message)

        names = tuple(topic.name for topic in topics)
        self._subscriptions.append(_Subscription(names, deliver, group, workers))

    def listen(self, topics: Sequence[Topic], handler: Handler) -> None:
        """Hear every new message of `topics`, without a group: every replica hears everything, and
        nothing is acknowledged or retried. A handler's error is logged."""

        async def deliver(message: KafkaMessage) -> None:
            delivery = _delivery(message)
            try:
                await handler(delivery)
            except Exception:
                self._log.exception("listener failed", topic=delivery.topic)

        self._subscriptions.append(_Subscription(tuple(t.name for t in topics), deliver, None, 1))

    def on_reborn(self, action: Callable[[], Awaitable[None]]) -> None:
        """Call `action` after the bus came back empty and was subscribed to anew."""
        self._reborn.append(action)

    async def start(self) -> None:
        """Connect, waiting for as long as the broker is away; create missing topics; subscribe."""
        async for attempt in stamina.retry_context(
            on=(KafkaError, OSError), attempts=None, timeout=None, wait_initial=0.2, wait_max=2.0
        ):
            with attempt:
                await apply_topics(self._settings)
                await self._outgoing.start()
                await self._subscribe(await cluster_id(self._settings))
        self._metrics.up.set(1)
        self.connected = True
        self._log.info("bus connected", address=self._settings.kafka_bootstrap_servers)

    async def stop(self) -> None:
        self.connected = False
        self._metrics.up.set(0)
        if self._incoming is not None:
            await self._incoming.stop()
        await self._outgoing.stop()
        if self._tracing is not None:
            await asyncio.to_thread(self._tracing.close)

    async def publish(
        self, topic: Topic, body: bytes, *, key: str | None = None, headers: Headers | None = None
    ) -> Place | None:
        """Waits for a broker that is away: there is nothing else to do, and giving up would lose it."""
        async for attempt in stamina.retry_context(
            on=_may_pass, attempts=None, timeout=None, wait_initial=0.1, wait_max=2.0
        ):
            with attempt:
                sent = await self._outgoing.publish(
                    body, topic=topic.name, key=key.encode() if key else None, headers=dict(headers or {})
                )
                return Place(sent.partition, sent.offset) if isinstance(sent, RecordMetadata) else None
        return None  # never: the loop ends with an answer or an error

    async def watch(self) -> None:
        """Until cancelled: look whether the broker still has its memory."""
        while True:
            await asyncio.sleep(_LOOK_EVERY)
            try:
                current = await cluster_id(self._settings)
                if current != self._cluster:
                    await self._begin_anew(current)
            except (KafkaError, OSError) as error:
                self._log.info("the bus is away", error=repr(error))

    async def _begin_anew(self, cluster: str) -> None:
        self._log.warning("the bus came back empty; subscribing anew")
        await apply_topics(self._settings)
        await self._subscribe(cluster)
        for action in self._reborn:
            await action()

    async def _subscribe(self, cluster: str) -> None:
        """Replace all consumers. The cluster counts as known only when they have started, so that a
        failure half way is tried again."""
        if self._incoming is not None:
            await self._incoming.stop()
        self._incoming = self._new_broker(_ConcurrentStart)
        for subscription in self._subscriptions:
            options = self._consumer_options(subscription, cluster)
            self._incoming.subscriber(*subscription.topics, **options)(subscription.deliver)
        await self._incoming.start()
        self._cluster = cluster

    def _consumer_options(self, subscription: _Subscription, cluster: str) -> dict[str, Any]:
        options: dict[str, Any] = {"fetch_max_wait_ms": _FETCH_WAIT_MS}
        if subscription.group is None:
            return {**options, "auto_offset_reset": "latest"}
        milliseconds = int(self._settings.session_timeout * 1000)
        return {
            **options,
            "group_id": group_name(subscription.group, cluster),
            "ack_policy": AckPolicy.MANUAL,
            "auto_offset_reset": "earliest",
            "session_timeout_ms": milliseconds,
            "heartbeat_interval_ms": milliseconds // 6,
            "max_poll_interval_ms": _LONGEST_HANDLING_MS,
            "max_workers": subscription.workers,
        }

    def _new_broker(self, kind: type[KafkaBroker]) -> KafkaBroker:
        return kind(
            self._settings.kafka_bootstrap_servers,
            client_id=self._client_id,
            security=security(self._settings),
            acks="all",
            # The embedded broker refuses idempotent producers; correctness never rests on them.
            enable_idempotence=False,
            allow_auto_create_topics=False,
            parser=_parse,
            decoder=_decode,
            logger=logging.getLogger(LIBRARY_LOGGER),
            log_level=logging.DEBUG,
            graceful_timeout=10.0,
        )

    async def _acknowledge(self, message: KafkaMessage) -> None:
        try:
            await message.ack()
        except (CommitFailedError, IllegalStateError):
            # The partition moved to another consumer meanwhile, which will handle the message again.
            self._log.info("not acknowledged: partition moved")
        except KafkaError as error:
            self._log.warning("not acknowledged", error=repr(error))


def _may_pass(error: Exception) -> bool | float:
    """True (wait longer and longer) for a broker that is away. For one that says "unknown error" the seconds
    to wait: the embedded one does so when a place in its log is taken, and moves on by one place with each
    attempt (ADR 8), so many short waits end it and a few long ones do not."""
    if isinstance(error, UnknownError):
        return _PLACE_TAKEN_WAIT
    return isinstance(error, KafkaError) and bool(error.retriable)


async def _parse(message: ConsumerRecord, original: Callable[[Any], Awaitable[Any]]) -> Any:
    """Anybody may post anything: a header that is no text must not lose the message."""
    message.headers = tuple(
        (name, (value or b"").decode("utf-8", errors="replace").encode()) for name, value in message.headers
    )
    return await original(message)


async def _decode(message: KafkaMessage) -> bytes:
    """Bytes as they came; handlers decode, so that a failure to do so is the policy's to handle."""
    return bytes(message.body)


def _delivery(message: KafkaMessage) -> Delivery:
    record = message.raw_message
    if isinstance(record, tuple):
        raise TypeError("batches are not used")
    key = record.key
    return Delivery(
        topic=record.topic,
        partition=record.partition,
        offset=record.offset,
        key=key.decode("utf-8", errors="replace") if key else None,
        body=bytes(message.body),
        headers=dict(message.headers),
    )
