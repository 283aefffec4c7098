"""Datasets of which nothing is read for a while. What is asked for meanwhile waits in the ledger."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from nk_common.ledger.models import PartitionRow, PausedRow


def pause(
    session: Session, datasets: Collection[str], at: datetime, reason: str | None, requested_by: str | None
) -> None:
    """Pause the datasets. One that is paused already stays so since then, for the reason that was given then."""
    for name in sorted(datasets):
        if session.get(PausedRow, name, with_for_update=True) is None:
            session.add(PausedRow(dataset=name, since=at, reason=reason, requested_by=requested_by))


def resume(session: Session, datasets: Collection[str]) -> list[PartitionRow]:
    """Go on with the datasets. Returns their partitions that wait, oldest day first: whoever calls asks for them."""
    names = list(datasets)
    session.execute(delete(PausedRow).where(PausedRow.dataset.in_(names)))
    waiting = select(PartitionRow).where(PartitionRow.dataset.in_(names), PartitionRow.state == "requested")
    return list(session.scalars(waiting.order_by(PartitionRow.day, PartitionRow.dataset)))


def is_paused(session: Session, dataset: str) -> bool:
    """Whether nothing of the dataset may be begun."""
    return session.get(PausedRow, dataset) is not None
