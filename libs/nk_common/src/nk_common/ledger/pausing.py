"""Datasets of which nothing is read for a while. What is asked for meanwhile waits in the ledger."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import ColumnElement, delete, func, select, update
from sqlalchemy.orm import Session

from nk_common.ledger.models import PartitionRow, PausedRow


def pause(
    session: Session, datasets: Collection[str], at: datetime, reason: str | None, requested_by: str | None
) -> None:
    """Pause the datasets. One that is paused already stays so since then, for the reason that was given then.

    Requests on the bus will not be begun: they wait in the ledger again, and take nobody's place there.
    """
    for name in sorted(datasets):
        if session.get(PausedRow, name, with_for_update=True) is None:
            session.add(PausedRow(dataset=name, since=at, reason=reason, requested_by=requested_by))
    session.execute(update(PartitionRow).where(_waiting(datasets)).values(sent_at=None))


def resume(session: Session, datasets: Collection[str]) -> int:
    """Go on with the datasets. Returns how many of their partitions wait to be put on the bus."""
    session.execute(delete(PausedRow).where(PausedRow.dataset.in_(list(datasets))))
    return session.scalar(select(func.count()).where(_waiting(datasets))) or 0


def is_paused(session: Session, dataset: str) -> bool:
    """Whether nothing of the dataset may be begun."""
    return session.get(PausedRow, dataset) is not None


def _waiting(datasets: Collection[str]) -> ColumnElement[bool]:
    return PartitionRow.dataset.in_(list(datasets)) & (PartitionRow.state == "requested")
