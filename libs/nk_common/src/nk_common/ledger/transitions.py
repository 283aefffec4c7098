"""How one partition's row goes from state to state. Conditional on versions and moments that only grow, so that a
report that comes twice, late or in another order changes nothing."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Literal

from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from nk_common.datasets.base import PartitionKey
from nk_common.events.stages import StageReport
from nk_common.ledger.models import PartitionRow
from nk_common.ledger.states import CANCELLED

NEW = "new"
"""State of a row within the transaction that makes it; never seen outside."""
RebuildStage = Literal["clean", "load"]
STATE_BEFORE: dict[RebuildStage, str] = {"clean": "extracted", "load": "cleaned"}
STATE_AFTER = {"extract": "extracted", "clean": "cleaned", "load": "loaded"}
_RANK = {
    NEW: 0,
    CANCELLED: 0,
    "requested": 0,
    "extracting": 1,
    "extracted": 2,
    "cleaned": 3,
    "loaded": 4,
    "failed": 4,
}


def locked(session: Session, key: PartitionKey, requested_at: datetime) -> PartitionRow:
    """The partition's row, locked; made first where there is none, also when two make it at once."""
    insert_missing(session, key.dataset, [key.day_text], requested_at)
    return session.get_one(PartitionRow, (key.dataset, key.day_text), with_for_update=True)


def insert_missing(session: Session, dataset: str, days: Iterable[str], requested_at: datetime) -> None:
    """Rows in state `NEW` for those of the days that have none."""
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    same = {
        "dataset": dataset, "state": NEW, "version": 0, "attempts": 0, "rejected": 0,
        "requested_at": requested_at, "updated_at": requested_at,
    }  # fmt: skip
    rows = [{**same, "day": day} for day in days]
    session.execute(dialect.insert(PartitionRow).values(rows).on_conflict_do_nothing())


def begun(row: PartitionRow, state: str, run_id: str, now: datetime) -> int:
    """Give the row its next version, newer than any before. Returns it."""
    row.version = max(row.version + 1, int(now.timestamp() * 1_000_000))
    row.state, row.run_id, row.updated_at = state, run_id, now
    # Whoever begins has seen the request: only a clock that is behind can say that it began before.
    row.started_at = max(now, row.requested_at)
    row.attempts += 1
    return row.version


def satisfied(row: PartitionRow, requested_at: datetime) -> bool:
    """Whether an extraction begun at or after `requested_at` has been completed."""
    done = row.state in ("extracted", "cleaned", "loaded")
    return done and row.started_at is not None and row.started_at >= requested_at


def _is_current(row: PartitionRow, report: StageReport) -> bool:
    """Whether the report is about the newest extraction, and nobody has asked for another since."""
    asked_again = row.started_at is not None and row.requested_at > row.started_at
    return report.version == row.version and not asked_again


def complete(row: PartitionRow, report: StageReport) -> None:
    """A stage has brought a version to its end."""
    after = STATE_AFTER[report.stage]
    if after == "loaded" and (report.version or 0) >= (row.loaded_version or 0):
        _note_loaded(row, report)
    # What a retry of the failed message brought to its end has not failed any more.
    mended = after == "loaded" and row.state == "failed"
    if _is_current(row, report) and (mended or _RANK[after] > _RANK[row.state]):
        row.state, row.updated_at = after, report.at
        row.error = row.error_class = row.error_stage = None


def _note_loaded(row: PartitionRow, report: StageReport) -> None:
    row.loaded_version, row.loaded_at, row.as_of = report.version, report.at, report.as_of
    row.rejected = report.rejected or 0
    if report.totals:
        row.documents, row.lines = report.totals.documents, report.totals.lines
        row.quantity, row.amount, row.payments = (
            report.totals.quantity,
            report.totals.amount,
            report.totals.payments,
        )


def fail(row: PartitionRow, report: StageReport) -> None:
    """A stage has given a version up."""
    newer = report.version is None or report.version >= row.version
    asked_again = report.requested_at is not None and row.requested_at > report.requested_at
    if not newer or asked_again or (row.state == "loaded" and report.version == row.loaded_version):
        return
    row.state, row.updated_at = "failed", report.at
    row.error_stage, row.error_class, row.error = report.stage, report.error_class, report.error
