"""The bus: FastStream on aiokafka, with our own delivery policy on every subscription."""

from __future__ import annotations

import asyncio
import logging
import ssl
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import stamina
from aiokafka import ConsumerRecord
from aiokafka.errors import CommitFailedError, IllegalStateError, KafkaError
from faststream import AckPolicy
from faststream.kafka import KafkaBroker, KafkaMessage
from faststream.security import BaseSecurity, SASLPlaintext, SASLScram256, SASLScram512

from nk_common.events.base import Headers
from nk_common.events.topics import Topic
from nk_common.messaging.delivery import Delivery, DeliveryPolicy, Handler
from nk_common.observability import Metrics, logger
from nk_common.settings import BusSettings

_SASL = {"PLAIN": SASLPlaintext, "SCRAM-SHA-256": SASLScram256, "SCRAM-SHA-512": SASLScram512}
_FETCH_WAIT_MS = 50
"""The embedded broker answers an empty fetch only after this long, so it is also the latency."""


class _ConcurrentStart(KafkaBroker):
    """Joining a group takes seconds; join all groups at once."""

    async def start(self) -> None:
        await self.connect()
        await asyncio.gather(*(subscriber.start() for subscriber in self.subscribers))
        await asyncio.gather(*(publisher.start() for publisher in self.publishers))
        self.running = True


class Bus:
    """A connection to the broker. Build it, subscribe, then `start`; it implements `Publisher`."""

    def __init__(self, settings: BusSettings, client_id: str, metrics: Metrics) -> None:
        self._settings = settings
        self._metrics = metrics
        self._log = logger(__name__)
        self._broker = _ConcurrentStart(
            settings.kafka_bootstrap_servers,
            client_id=client_id,
            security=security(settings),
            acks="all",
            # The embedded broker refuses idempotent producers; correctness never rests on them.
            enable_idempotence=False,
            allow_auto_create_topics=False,
            parser=_parse,
            decoder=_decode,
            logger=logging.getLogger("faststream"),
            log_level=logging.DEBUG,
            graceful_timeout=10.0,
        )
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

        async def deliver(message: KafkaMessage) -> None:
            await policy.run(handler, _delivery(message))
            await self._acknowledge(message)

        self._broker.subscriber(
            *(topic.name for topic in topics),
            group_id=group,
            ack_policy=AckPolicy.MANUAL,
            auto_offset_reset="earliest",
            fetch_max_wait_ms=_FETCH_WAIT_MS,
            session_timeout_ms=int(self._settings.session_timeout * 1000),
            heartbeat_interval_ms=int(self._settings.session_timeout * 1000 / 6),
            max_workers=workers,
        )(deliver)

    def listen(self, topics: Sequence[Topic], handler: Handler) -> None:
        """Hear every new message of `topics`, without a group: every replica hears everything, and
        nothing is acknowledged or retried. A handler's error is logged."""

        async def deliver(message: KafkaMessage) -> None:
            try:
                await handler(_delivery(message))
            except Exception:
                self._log.exception("listener failed", topic=message.raw_message.topic)  # type: ignore[union-attr]

        self._broker.subscriber(
            *(topic.name for topic in topics),
            auto_offset_reset="latest",
            fetch_max_wait_ms=_FETCH_WAIT_MS,
        )(deliver)

    async def start(self) -> None:
        """Connect, waiting for as long as the broker is away."""
        async for attempt in stamina.retry_context(
            on=(KafkaError, OSError), attempts=None, timeout=None, wait_initial=0.2, wait_max=3.0
        ):
            with attempt:
                await self._broker.start()
        self.connected = True
        self._metrics.up.set(1)
        self._log.info("bus connected", address=self._settings.kafka_bootstrap_servers)

    async def stop(self) -> None:
        self.connected = False
        self._metrics.up.set(0)
        await self._broker.stop()

    async def publish(
        self, topic: Topic, body: bytes, *, key: str | None = None, headers: Headers | None = None
    ) -> None:
        await self._broker.publish(
            body, topic=topic.name, key=key.encode() if key else None, headers=dict(headers or {})
        )

    async def _acknowledge(self, message: KafkaMessage) -> None:
        try:
            await message.ack()
        except (CommitFailedError, IllegalStateError):
            # The partition moved to another consumer meanwhile, which will handle the message again.
            self._log.info("not acknowledged: partition moved")
        except KafkaError as error:
            self._log.warning("not acknowledged", error=repr(error))


def security(settings: BusSettings) -> BaseSecurity | None:
    """TLS and SASL as configured; None for a plain connection."""
    protocol = settings.kafka_security_protocol
    if protocol == "PLAINTEXT":
        return None
    context = None
    if protocol.endswith("SSL"):
        context = ssl.create_default_context(
            cafile=str(settings.kafka_ssl_cafile) if settings.kafka_ssl_cafile else None
        )
    if not protocol.startswith("SASL"):
        return BaseSecurity(ssl_context=context, use_ssl=True)
    secret = settings.kafka_sasl_password
    return _SASL[settings.kafka_sasl_mechanism](
        username=settings.kafka_sasl_username or "",
        password=secret.get_secret_value() if secret else "",
        ssl_context=context,
        use_ssl=context is not None,
    )


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
