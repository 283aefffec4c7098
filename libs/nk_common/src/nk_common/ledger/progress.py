"""How far a run is, how fast it goes, and how long it will still take. Pure."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from nk_common.api.pipeline import Run, RunState

if TYPE_CHECKING:
    from nk_common.ledger.reader import RunProgress


def as_run(progress: RunProgress, now: datetime) -> Run:
    """A run with its speed, and how long it will still take at that speed."""
    row, finished = progress.run, progress.running <= 0
    ended = (progress.last_update or row.created_at) if finished else None
    minutes = ((ended or now) - row.created_at).total_seconds() / 60
    handled = progress.done + progress.failed
    rate = handled / minutes if handled and minutes > 0 else None
    return Run(
        run_id=row.id,
        kind=row.kind,
        reason=row.reason,
        requested_by=row.requested_by,
        created_at=row.created_at,
        state=_state(progress),
        total=row.total,
        done=progress.done,
        failed=progress.failed,
        running=progress.running,
        cancelled=row.cancelled,
        outcome=row.outcome,
        finished_at=ended,
        rate_per_minute=round(rate, 3) if rate else None,
        seconds_left=round(progress.running / rate * 60, 1) if rate and not finished else None,
    )


def _state(progress: RunProgress) -> RunState:
    if progress.run.cancelled_at is not None:
        return "cancelled"
    if progress.running:
        return "running"
    return "failed" if progress.failed else "done"
