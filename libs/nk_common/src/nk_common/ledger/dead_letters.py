"""What the ledger keeps of messages that could not be used, and of what was done about them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Engine, delete, func, or_, select, update
from sqlalchemy.orm import Session

from nk_common.api.dead_letters import LetterDecision, LetterState
from nk_common.datasets.base import PartitionKey
from nk_common.events.letters import HEALED, Origin
from nk_common.events.stages import StageReport
from nk_common.events.topics import DEAD_LETTER
from nk_common.ledger.engine import transaction
from nk_common.ledger.models import DeadLetterRow, PartitionRow

RESOLVED_KEPT = timedelta(days=400)
"""What was done about a message can be looked up for longer than the message is kept."""


@dataclass(frozen=True)
class LetterPage:
    """Some letters, and how many there are: of those asked for, and of each state."""

    letters: list[DeadLetterRow]
    total: int
    open: int
    resolved: int


class DeadLetters:
    """Reads them; and, in the extractor only, notes what was done about them. Every method is one transaction.

    Reading raises what SQLAlchemy raises, writing LedgerUnavailableError when the database does not answer.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def page(self, state: LetterState | None = None, limit: int = 50, offset: int = 0) -> LetterPage:
        """Those that nothing was done about first, then the newest."""
        with Session(self._engine, expire_on_commit=False) as session:
            return letters_of(session, state, limit, offset)

    def one(self, letter: int) -> DeadLetterRow | None:
        with Session(self._engine, expire_on_commit=False) as session:
            return session.get(DeadLetterRow, letter)

    def open_by_topic(self) -> dict[str, int]:
        """How many nothing was done about, of every topic that ever had one."""
        still_open = func.count().filter(DeadLetterRow.resolution.is_(None))
        query = select(DeadLetterRow.topic.label("topic"), still_open.label("number")).group_by(
            DeadLetterRow.topic
        )
        with Session(self._engine) as session:
            return {row.topic: row.number for row in session.execute(query)}

    def retries(self, letter: int) -> list[DeadLetterRow]:
        """The letters that came of trying it again, oldest first."""
        query = select(DeadLetterRow).where(DeadLetterRow.retry_of == letter).order_by(DeadLetterRow.id)
        with Session(self._engine, expire_on_commit=False) as session:
            return list(session.scalars(query))

    def resolve(
        self,
        letter: int,
        resolution: LetterDecision,
        *,
        command: str,
        at: datetime,
        by: str | None,
        reason: str | None,
    ) -> bool:
        """Note what was done, once: False when something had been done already, or there is no such letter."""
        with transaction(self._engine) as session:
            row = session.get(DeadLetterRow, letter, with_for_update=True)
            if row is None or row.resolution is not None:
                return False
            row.resolution, row.resolved_command, row.resolved_at = resolution, command, at
            row.resolved_by, row.resolution_reason = by, reason
            return True


def letters_of(session: Session, state: LetterState | None, limit: int, offset: int) -> LetterPage:
    """See `DeadLetters.page`."""
    done = DeadLetterRow.resolution.is_not(None)
    query = select(DeadLetterRow).order_by(done, DeadLetterRow.at.desc(), DeadLetterRow.id.desc())
    if state is not None:
        query = query.where(done if state == "resolved" else ~done)
    everything = session.scalar(select(func.count()).select_from(DeadLetterRow)) or 0
    resolved = session.scalar(select(func.count()).select_from(DeadLetterRow).where(done)) or 0
    totals = {None: everything, "open": everything - resolved, "resolved": resolved}
    return LetterPage(
        letters=list(session.scalars(query.limit(limit).offset(offset))),
        total=totals[state],
        open=totals["open"],
        resolved=resolved,
    )


def origin_of(row: DeadLetterRow) -> Origin:
    """What names the letter in its topic."""
    return Origin(row.topic, row.source_partition, row.source_offset, row.at)


def keep_dead_letter(session: Session, report: StageReport) -> None:
    """Once, however often the report arrives: its moment, its message and where that came from name it."""
    letter = _row(report)
    same = select(DeadLetterRow.id).where(
        DeadLetterRow.at == letter.at,
        DeadLetterRow.topic == letter.topic,
        DeadLetterRow.message == letter.message,
        DeadLetterRow.source_partition.is_not_distinct_from(letter.source_partition),
        DeadLetterRow.source_offset.is_not_distinct_from(letter.source_offset),
    )
    if session.scalar(same) is None:
        session.add(letter)
        _forget(session, letter.at)


def heal(session: Session, row: PartitionRow) -> None:
    """Letters of a partition that was loaded since need nobody any more.

    Since: what is loaded was read after the message was given up, or it was loaded after that and nothing newer is on
    its way (a retry, a replay of an earlier reading).
    """
    if row.loaded_at is None:
        return
    letter = DeadLetterRow
    since = [letter.at < row.as_of] if row.as_of else []
    if row.state == "loaded":
        since.append(letter.at < row.loaded_at)
    session.execute(
        update(letter)
        .where(
            letter.dataset == row.dataset,
            letter.day == row.day,
            letter.resolution.is_(None),
            or_(False, *since),
        )
        .values(
            resolution=HEALED, resolved_at=row.loaded_at, resolved_by="nkdash", resolved_command=row.run_id
        )
    )


def _row(report: StageReport) -> DeadLetterRow:
    row = DeadLetterRow(
        at=report.at,
        topic=report.source_topic or "",
        error_class=report.error_class or "",
        message=report.error or "",
        dataset=report.dataset,
        day=PartitionKey(report.dataset, report.day).day_text if report.dataset else None,
        stage=report.stage,
        attempts=report.attempt,
        run_id=report.run_id[:100] if report.run_id else None,
    )
    if report.letter:
        row.letter_partition, row.letter_offset = report.letter.partition, report.letter.offset
        row.source_partition, row.source_offset = report.letter.source_partition, report.letter.source_offset
        row.retry_of = report.letter.retry_of
    return row


def _forget(session: Session, now: datetime) -> None:
    """What the topic has forgotten, too, is forgotten here, unless something was done about it."""
    is_open = DeadLetterRow.resolution.is_(None)
    session.execute(delete(DeadLetterRow).where(is_open, DeadLetterRow.at < now - DEAD_LETTER.retention))
    session.execute(delete(DeadLetterRow).where(~is_open, DeadLetterRow.at < now - RESOLVED_KEPT))
