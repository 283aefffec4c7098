"""Taking a run back: what it asked for and nobody has begun is as it was before."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from nk_common.ledger.asking import asked_by
from nk_common.ledger.models import PartitionRow, RunItemRow, RunRow
from nk_common.ledger.states import CANCELLED


def withdraw(session: Session, run_id: str, at: datetime) -> int | None:
    """Take back what the run asked for. Returns how many partitions that were, also when it is done again; None
    when there is no such run. What another run has asked for since is that one's, and what another had asked for
    before is that one's again."""
    run = session.get(RunRow, run_id, with_for_update=True)
    if run is None:
        return None
    waiting = select(PartitionRow).where(PartitionRow.run_id == run_id, PartitionRow.state == "requested")
    rows = list(session.scalars(waiting.with_for_update()))
    others = _asked_before(session, run_id)
    for row in rows:
        other = others.get((row.dataset, row.day))
        if other is not None:
            _give_back(row, other, at)
        else:
            _restore(row, at)
    run.cancelled_at = run.cancelled_at or at
    run.cancelled += len(rows)
    return run.cancelled


def is_cancelled(session: Session, run_id: str | None) -> bool:
    """Whether requests of the run, which may still be on the bus, count no more."""
    run = session.get(RunRow, run_id) if run_id else None
    return run is not None and run.cancelled_at is not None


def _asked_before(session: Session, run_id: str) -> dict[tuple[str, str], RunRow]:
    """By dataset and day of what the run waits for: the newest other run that asked for it, too, and for which nobody
    has begun it."""
    never_begun = PartitionRow.started_at.is_(None)
    query = (
        select(RunItemRow.dataset, RunItemRow.day, RunRow)
        .join(RunRow, RunRow.id == RunItemRow.run_id)
        .join(
            PartitionRow,
            (PartitionRow.dataset == RunItemRow.dataset) & (PartitionRow.day == RunItemRow.day),
        )
        .where(
            PartitionRow.run_id == run_id,
            PartitionRow.state == "requested",
            RunRow.id != run_id,
            RunRow.cancelled_at.is_(None),
            never_begun | (PartitionRow.started_at < RunRow.created_at),
        )
        .order_by(RunRow.created_at)
    )
    return {(dataset, day): run for dataset, day, run in session.execute(query)}


def _give_back(row: PartitionRow, run: RunRow, at: datetime) -> None:
    """As that run had asked for it."""
    row.reason, row.rebuild = asked_by(run)
    row.run_id, row.requested_at, row.updated_at, row.sent_at = run.id, run.created_at, at, None


def _restore(row: PartitionRow, at: datetime) -> None:
    row.updated_at, row.rebuild, row.sent_at = at, None, None
    # As if it had not been asked for: what another run began before is heard of again.
    row.requested_at = row.started_at or row.requested_at
    if row.error_class is not None:
        row.state = "failed"
    else:
        row.state = CANCELLED if row.loaded_version is None else "loaded"
