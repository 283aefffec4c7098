"""One policy for every message: acknowledge last, retry what may pass, dead-letter what will not."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, NamedTuple, Protocol

import stamina
import structlog

from nk_common.clock import Clock
from nk_common.datasets.base import PartitionKey
from nk_common.errors import NkError, TransientError
from nk_common.events.base import Headers
from nk_common.events.letters import Origin, headers_of_letter, retried_letter
from nk_common.events.stages import LetterPlace, Stage, StageReport
from nk_common.events.topics import DEAD_LETTER, PIPELINE, Topic
from nk_common.observability import Metrics, logger

_MESSAGE_SHOWN = 500


@dataclass(frozen=True)
class Delivery:
    """A message as a handler sees it, whatever carried it."""

    topic: str
    partition: int
    offset: int
    key: str | None
    body: bytes
    headers: Mapping[str, str]

    @property
    def position(self) -> str:
        """Names the message for good; the id of a command that has none."""
        return f"{self.topic}-{self.partition}-{self.offset}"


Handler = Callable[[Delivery], Awaitable[None]]
Outcome = Literal["handled", "dead-lettered"]


class Place(NamedTuple):
    """Where a message lies in its topic."""

    partition: int
    offset: int


class Publisher(Protocol):
    """Sends messages. Services depend on this; tests pass one that keeps them in a list."""

    async def publish(
        self, topic: Topic, body: bytes, *, key: str | None = None, headers: Headers | None = None
    ) -> Place | None:
        """Returns when the broker has the message, however long it is away; a caller that cannot wait
        sets a time limit. Where the message lies, if the broker tells."""
        ...


@dataclass(frozen=True)
class RetryBudget:
    """How often and how long a message is tried before it is given up."""

    attempts: int
    seconds: float
    wait: float


@dataclass
class Attempts:
    """How often one message was tried."""

    made: int = 0


class DeliveryPolicy:
    """Wraps a handler: it either had its effect, or the message is in the dead-letter topic.

    Returning means that the message may be acknowledged.
    """

    def __init__(
        self, stage: Stage, publisher: Publisher, budget: RetryBudget, clock: Clock, metrics: Metrics
    ) -> None:
        self._stage = stage
        self._publisher = publisher
        self._budget = budget
        self._clock = clock
        self._metrics = metrics
        self._log = logger(__name__)

    async def run(self, handler: Handler, delivery: Delivery) -> Outcome:
        """Handle one delivery to its end, and say how that was."""
        with structlog.contextvars.bound_contextvars(**_context(delivery)):
            started = time.monotonic()
            attempts = Attempts()
            try:
                await self._with_retries(handler, delivery, attempts)
                outcome: Outcome = "handled"
            except Exception as error:
                await self._give_up(delivery, error, attempts.made)
                outcome = "dead-lettered"
            self._metrics.messages.labels(delivery.topic, outcome).inc()
            self._metrics.message_seconds.labels(delivery.topic).observe(time.monotonic() - started)
            return outcome

    async def _with_retries(self, handler: Handler, delivery: Delivery, attempts: Attempts) -> None:
        async for attempt in stamina.retry_context(
            on=TransientError,
            attempts=self._budget.attempts,
            timeout=self._budget.seconds,
            wait_initial=self._budget.wait,
            wait_max=15.0,
            wait_jitter=self._budget.wait,
        ):
            with attempt:
                attempts.made = attempt.num
                if attempt.num > 1:
                    await self._note_retry(delivery, attempt.num)
                await handler(delivery)

    async def _note_retry(self, delivery: Delivery, attempt: int) -> None:
        self._metrics.retries.labels(delivery.topic).inc()
        key = partition_of(delivery.headers)
        if key:
            report = StageReport(
                stage=self._stage, outcome="retrying", at=self._clock.now(), dataset=key.dataset, day=key.day,
                run_id=delivery.headers.get("nk-run"), attempt=attempt,
            )  # fmt: skip
            await publish_report(self._publisher, report)

    async def _give_up(self, delivery: Delivery, error: Exception, attempts: int) -> None:
        message = str(error)[:_MESSAGE_SHOWN] or type(error).__name__
        self._log.error("given up", topic=delivery.topic, error_class=type(error).__name__, error=message,
                        exc_info=not isinstance(error, NkError))  # fmt: skip
        self._metrics.dead_letters.labels(delivery.topic).inc()
        origin = Origin(delivery.topic, delivery.partition, delivery.offset, self._clock.now())
        headers = headers_of_letter(delivery.headers, origin, type(error).__name__, message, attempts)
        place = await self._publisher.publish(DEAD_LETTER, delivery.body, key=delivery.key, headers=headers)
        letter = LetterPlace(
            partition=place.partition if place else None,
            offset=place.offset if place else None,
            source_partition=delivery.partition,
            source_offset=delivery.offset,
            retry_of=retried_letter(delivery.headers),
        )
        failed = self._failed(delivery, origin.at, type(error).__name__, message)
        given_up = {"outcome": "dead-lettered", "attempt": attempts, "letter": letter}
        await publish_report(self._publisher, failed.model_copy(update=given_up))
        if failed.dataset:
            await publish_report(self._publisher, failed)

    def _failed(self, delivery: Delivery, at: datetime, error_class: str, message: str) -> StageReport:
        """That the day of a message failed, if it is of one."""
        key = partition_of(delivery.headers)
        return StageReport(
            stage=self._stage,
            outcome="failed",
            at=at,
            dataset=key.dataset if key else None,
            day=key.day if key else None,
            run_id=delivery.headers.get("nk-run"),
            version=_number(delivery.headers.get("nk-version")),
            requested_at=_moment(delivery.headers.get("nk-requested-at")),
            source_topic=delivery.topic,
            error_class=error_class,
            error=message,
        )


async def publish_report(publisher: Publisher, report: StageReport) -> None:
    """Tell the ledger and the live page."""
    key = str(PartitionKey(report.dataset, report.day)) if report.dataset else None
    await publisher.publish(PIPELINE, report.model_dump_json().encode(), key=key, headers=JSON)


JSON: Headers = {"content-type": "application/json"}


def partition_of(headers: Mapping[str, str]) -> PartitionKey | None:
    """The partition that a message is about, from its headers; None where they name none."""
    try:
        return PartitionKey.parse(headers["nk-dataset"], headers["nk-day"])
    except (KeyError, ValueError):
        return None


def _context(delivery: Delivery) -> dict[str, str]:
    names = {"run": "nk-run", "dataset": "nk-dataset", "day": "nk-day"}
    return {name: delivery.headers[h] for name, h in names.items() if h in delivery.headers}


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isdigit() else None


def _moment(text: str | None) -> datetime | None:
    try:
        return datetime.fromisoformat(text) if text else None
    except ValueError:
        return None
