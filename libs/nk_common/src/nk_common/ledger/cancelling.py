"""Taking a run back: what it asked for and nobody has begun is as it was before."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from nk_common.ledger.models import PartitionRow, RunRow
from nk_common.ledger.states import CANCELLED


def withdraw(session: Session, run_id: str, at: datetime) -> int | None:
    """Take back what the run asked for. Returns how many partitions that were, also when it is done again; None
    when there is no such run. What another run has asked for since is that one's."""
    run = session.get(RunRow, run_id, with_for_update=True)
    if run is None:
        return None
    waiting = select(PartitionRow).where(PartitionRow.run_id == run_id, PartitionRow.state == "requested")
    rows = list(session.scalars(waiting.with_for_update()))
    for row in rows:
        _restore(row, at)
    run.cancelled_at = run.cancelled_at or at
    run.cancelled += len(rows)
    return run.cancelled


def is_cancelled(session: Session, run_id: str | None) -> bool:
    """Whether requests of the run, which may still be on the bus, count no more."""
    run = session.get(RunRow, run_id) if run_id else None
    return run is not None and run.cancelled_at is not None


def _restore(row: PartitionRow, at: datetime) -> None:
    row.updated_at, row.rebuild, row.sent_at = at, None, None
    # As if it had not been asked for: what another run began before is heard of again.
    row.requested_at = row.started_at or row.requested_at
    if row.error_class is not None:
        row.state = "failed"
    else:
        row.state = CANCELLED if row.loaded_version is None else "loaded"
