"""What the ledger keeps of messages that could not be used."""

from __future__ import annotations

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from nk_common.datasets.base import PartitionKey
from nk_common.events.stages import StageReport
from nk_common.events.topics import DEAD_LETTER
from nk_common.ledger.models import DeadLetterRow


def keep_dead_letter(session: Session, report: StageReport) -> None:
    """Once, however often the report arrives: its moment and message name it."""
    letter = DeadLetterRow(
        at=report.at,
        topic=report.source_topic or "",
        error_class=report.error_class or "",
        message=report.error or "",
        dataset=report.dataset,
        day=PartitionKey(report.dataset, report.day).day_text if report.dataset else None,
    )
    same = select(DeadLetterRow.id).where(
        DeadLetterRow.at == letter.at,
        DeadLetterRow.topic == letter.topic,
        DeadLetterRow.message == letter.message,
    )
    if session.scalar(same) is None:
        session.add(letter)
        old = DeadLetterRow.at < letter.at - DEAD_LETTER.retention
        session.execute(delete(DeadLetterRow).where(old))  # the topic has forgotten them, too
