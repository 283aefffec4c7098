"""What people do about messages that could not be used: try them again, or discard them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from nk_common.api.dead_letters import LetterDecision
from nk_common.clock import Clock
from nk_common.datasets import REGISTRY
from nk_common.datasets.base import PartitionKey
from nk_common.errors import BadCommandError, UnreadableMessageError
from nk_common.events.commands import DiscardDeadLetterCommand, RetryDeadLetterCommand
from nk_common.events.letters import (
    HEALED,
    NO_LONGER_KEPT,
    headers_of_retry,
    resolved_already,
    run_of_retry,
)
from nk_common.events.stages import ExtractRequested, Reason, StageReport
from nk_common.events.topics import EXTRACT_REQUESTED, TOPICS, Topic
from nk_common.ledger.dead_letters import DeadLetters, origin_of
from nk_common.ledger.models import DeadLetterRow
from nk_common.messaging.codec import decode
from nk_common.messaging.delivery import Delivery, Place, Publisher, publish_report
from nk_common.messaging.letters import FetchLetter
from nk_common.observability import logger

AskFor = Callable[[Sequence[PartitionKey], str, Reason], Awaitable[None]]
"""Asks for partitions: see `Planner.request`."""
LetterCommand = RetryDeadLetterCommand | DiscardDeadLetterCommand
_DATASETS = frozenset(dataset.name for dataset in REGISTRY)


class Letters:
    """Every letter is retried or discarded once, however often commands say so."""

    def __init__(
        self, ledger: DeadLetters, fetch: FetchLetter, ask: AskFor, publisher: Publisher, clock: Clock
    ) -> None:
        self._ledger = ledger
        self._fetch = fetch
        self._ask = ask
        self._publisher = publisher
        self._clock = clock
        self._log = logger(__name__)

    async def retry(self, command: RetryDeadLetterCommand) -> None:
        """Put the original on its topic again. Raises BadCommandError; LetterUnreachableError, which may pass.

        A day that was to be read is asked for like any other instead: it waits while its dataset is paused, and does
        not fall with the run that first asked for it. A crash between publishing and noting it publishes twice, which
        every consumer bears.
        """
        row = await self._open(command, "retried")
        if row is None:
            return
        topic = _topic_of(row)
        original = await self._original(row)
        request = _request_in(topic, original)
        if request is not None:
            await self._ask([request.partition], run_of_retry(row.id), request.reason)
        else:
            headers = headers_of_retry(original.headers, row.id)
            await self._publisher.publish(topic, original.body, key=original.key, headers=headers)
        await self._resolve(command, "retried")

    async def discard(self, command: DiscardDeadLetterCommand) -> None:
        """Note that nothing is to be done about it. Raises BadCommandError."""
        if await self._open(command, "discarded") is not None:
            await self._resolve(command, "discarded")

    async def concerned(self, command: LetterCommand) -> list[PartitionKey]:
        """The day that the letter is about, if it is to be done at all. Raises BadCommandError."""
        wanted: LetterDecision = "retried" if isinstance(command, RetryDeadLetterCommand) else "discarded"
        row = await self._open(command, wanted)
        return [PartitionKey.parse(row.dataset, row.day)] if row and row.dataset and row.day else []

    async def _open(self, command: LetterCommand, wanted: LetterDecision) -> DeadLetterRow | None:
        """The letter; None when it is already as it is wanted, or its day was loaded since."""
        row = await asyncio.to_thread(self._ledger.one, command.letter)
        if row is None:
            raise BadCommandError(
                f"There is no dead letter {command.letter}, so nothing was done. Their numbers are on the Data Sync "
                "page and in GET /v1/pipeline/dead-letters."
            )
        if row.resolution == HEALED:
            self._log.info("the day of a dead letter was loaded since", letter=row.id)
            return None
        if row.resolution in (None, wanted):
            return row if row.resolution is None else None
        if row.resolved_command == command.id:
            return None
        raise BadCommandError(
            f"{resolved_already(row.id, row.resolution)} Days can be loaded again with a backfill."
        )

    async def _original(self, row: DeadLetterRow) -> Delivery:
        found = None
        if row.letter_partition is not None and row.letter_offset is not None:
            found = await self._fetch(Place(row.letter_partition, row.letter_offset), origin_of(row))
        if found is None:
            raise BadCommandError(f"Dead letter {row.id} was not tried again. {NO_LONGER_KEPT}")
        return found

    async def _resolve(self, command: LetterCommand, resolution: LetterDecision) -> None:
        at = self._clock.now()
        noted = await asyncio.to_thread(
            self._ledger.resolve,
            command.letter,
            resolution,
            command=command.id,
            at=at,
            by=command.requested_by,
            reason=command.reason,
        )
        if noted:
            self._log.info("dead letter resolved", letter=command.letter, resolution=resolution)
        # Of no partition: only so that open pages look again.
        await publish_report(self._publisher, StageReport(stage="plan", outcome=resolution, at=at))


def _request_in(topic: Topic, original: Delivery) -> ExtractRequested | None:
    """The request that the message is; None for any other, and for one that cannot be read."""
    if topic != EXTRACT_REQUESTED:
        return None
    try:
        request = decode(ExtractRequested, original)
    except UnreadableMessageError:
        return None
    # Anybody may post anything, and a dataset that there is not has no place in the ledger.
    return request if request.dataset in _DATASETS else None


def _topic_of(row: DeadLetterRow) -> Topic:
    """Where the message came from. Raises BadCommandError for a topic that this release does not have."""
    for topic in TOPICS:
        if topic.name == row.topic:
            return topic
    raise BadCommandError(
        f"Dead letter {row.id} came from {row.topic!r}, which this release of nkdash does not have, so it was not "
        "tried again. Discard it."
    )
