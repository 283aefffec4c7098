"""Messages that could not be used: which there are, and what is in them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from nk_common.api.common import Text
from nk_common.api.dead_letters import DeadLetter, DeadLetterDetail, DeadLetters, LetterState
from nk_common.datasets.base import PartitionKey
from nk_common.errors import TransientError
from nk_common.events.letters import NO_LONGER_KEPT, Origin, resolved_already
from nk_common.messaging.delivery import Delivery, Place
from nk_common.observability import logger
from nk_query_api.errors import AlreadyDoneError, BrokerAwayError, NoLongerKeptError, NotFoundError
from nk_query_api.pipeline.decoding import content_of
from nk_query_api.pipeline.ledger import Ledger

if TYPE_CHECKING:
    from nk_common.ledger.dead_letters import DeadLetters as Kept
    from nk_common.ledger.models import DeadLetterRow

PATIENCE_SECONDS = 8.0
FetchLetter = Callable[[Place, Origin], Awaitable[Delivery | None]]
"""The letter at a place; None when it is not there any more. May fail with whatever the bus's client fails with."""
GONE = Text(
    id="Pesan ini sudah tidak disimpan: topik pesan tak terpakai hanya menyimpan 30 hari, dan broker bawaan "
    "melupakan semuanya ketika berhenti. Harinya bisa dimuat ulang dengan backfill.",
    en=NO_LONGER_KEPT,
)
_log = logger(__name__)


class Letters:
    """Everything may raise LedgerUnavailableError."""

    def __init__(self, ledger: Ledger, fetch: FetchLetter, patience: float = PATIENCE_SECONDS) -> None:
        self._ledger = ledger
        self._fetch = fetch
        self._patience = patience

    async def page(self, state: LetterState | None, limit: int, offset: int) -> DeadLetters:
        """Open ones first, then the newest."""
        found = await asyncio.to_thread(
            self._ledger.ask_dead_letters, lambda letters: letters.page(state, limit, offset)
        )
        return DeadLetters(
            total=found.total,
            open=found.open,
            resolved=found.resolved,
            letters=[dead_letter(row) for row in found.letters],
        )

    async def read(self, letter: int) -> DeadLetterDetail:
        """The letter with its message decoded. Raises NotFoundError, BrokerAwayError."""
        row = await self._row(letter)
        retries = await asyncio.to_thread(
            self._ledger.ask_dead_letters, lambda letters: letters.retries(letter)
        )
        found = await self._message(row)
        return DeadLetterDetail(
            letter=dead_letter(row),
            content=content_of(found.body, found.headers, found.key, row.topic) if found else None,
            gone=None if found else GONE,
            retries=[dead_letter(one) for one in retries],
        )

    async def check_open(self, letter: int) -> None:
        """Raises NotFoundError, and AlreadyDoneError when something was done about it."""
        await self._open_row(letter)

    async def check_retriable(self, letter: int) -> None:
        """As `check_open`. Raises also NoLongerKeptError when there is nothing left to try, BrokerAwayError."""
        if await self._message(await self._open_row(letter)) is None:
            raise NoLongerKeptError(GONE.en)

    async def _open_row(self, letter: int) -> DeadLetterRow:
        row = await self._row(letter)
        if row.resolution is not None:
            raise AlreadyDoneError(resolved_already(letter, row.resolution))
        return row

    async def _row(self, letter: int) -> DeadLetterRow:
        def one(letters: Kept) -> DeadLetterRow | None:
            return letters.one(letter)

        row = await asyncio.to_thread(self._ledger.ask_dead_letters, one)
        if row is None:
            raise NotFoundError(
                f"There is no dead letter {letter}. /v1/pipeline/dead-letters lists those there are."
            )
        return row

    async def _message(self, row: DeadLetterRow) -> Delivery | None:
        if row.letter_partition is None or row.letter_offset is None:
            return None
        place = Place(row.letter_partition, row.letter_offset)
        try:
            async with asyncio.timeout(self._patience):
                return await self._fetch(
                    place, Origin(row.topic, row.source_partition, row.source_offset, row.at)
                )
        except (TimeoutError, TransientError) as error:
            _log.warning("a dead letter cannot be read", letter=row.id, error=repr(error))
            raise BrokerAwayError(
                "The message broker does not answer, so the message cannot be read; try again when it is back."
            ) from error


def dead_letter(row: DeadLetterRow) -> DeadLetter:
    """As people see it."""
    key = PartitionKey.parse(row.dataset, row.day) if row.dataset and row.day else None
    return DeadLetter.model_validate({
        "id": row.id, "at": row.at, "topic": row.topic, "error": row.error_class, "message": row.message,
        "dataset": row.dataset, "day": key.day if key else None, "stage": row.stage, "attempts": row.attempts,
        "run_id": row.run_id, "source_partition": row.source_partition, "source_offset": row.source_offset,
        "partition": row.letter_partition, "offset": row.letter_offset, "retry_of": row.retry_of,
        "resolution": row.resolution, "resolved_at": row.resolved_at, "resolved_by": row.resolved_by,
        "resolution_reason": row.resolution_reason,
    })  # fmt: skip
