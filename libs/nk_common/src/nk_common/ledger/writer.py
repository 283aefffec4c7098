"""Changes to the ledger. Only the extractor makes them.

Reports reach the ledger over the bus: twice, late or in another order. Every change here is therefore
conditional on versions and moments that only grow, and applying a report again changes nothing.
"""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Iterable, Iterator
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import Engine, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.orm import Session

from nk_common.datasets.base import PartitionKey
from nk_common.errors import LedgerUnavailableError
from nk_common.events.stages import Reason, StageReport
from nk_common.ledger import pausing
from nk_common.ledger.cancelling import is_cancelled, withdraw
from nk_common.ledger.dead_letters import keep_dead_letter
from nk_common.ledger.models import PartitionRow, PausedRow, RunItemRow, RunRow, WatermarkRow
from nk_common.ledger.pausing import is_paused
from nk_common.ledger.routines import note_look
from nk_common.ledger.states import CANCELLED, UNFINISHED

_NEW = "new"
"""State of a row within the transaction that makes it; never seen outside."""
RebuildStage = Literal["clean", "load"]
_STATE_BEFORE: dict[RebuildStage, str] = {"clean": "extracted", "load": "cleaned"}
_STATE_AFTER = {"extract": "extracted", "clean": "cleaned", "load": "loaded"}
_RANK = {
    _NEW: 0,
    CANCELLED: 0,
    "requested": 0,
    "extracting": 1,
    "extracted": 2,
    "cleaned": 3,
    "loaded": 4,
    "failed": 4,
}


class LedgerWriter:
    """Every method is one transaction."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[Session]:
        """Raises LedgerUnavailableError, which may pass, when the database does not answer."""
        try:
            with Session(self._engine, expire_on_commit=False) as session, session.begin():
                yield session
        except (OperationalError, InterfaceError) as error:
            raise LedgerUnavailableError(
                "The ledger's database does not answer. What is loaded stays; it is tried again by itself."
            ) from error

    def open_run(self, run: RunRow, partitions: Iterable[PartitionKey]) -> datetime:
        """Record a run once; a run of the same id is left as it is. Returns when it was created."""
        with self._transaction() as session:
            known = session.get(RunRow, run.id)
            if known is not None:
                return known.created_at
            session.add(run)
            session.add_all(
                RunItemRow(run_id=run.id, dataset=key.dataset, day=key.day_text) for key in partitions
            )
            return run.created_at

    def run_items(self, run_id: str) -> list[PartitionKey] | None:
        """The partitions of a run already opened, none of one that was taken back; None when there is no such run."""
        with self._transaction() as session:
            run = session.get(RunRow, run_id)
            if run is None or run.cancelled_at is not None:
                return None if run is None else []
            rows = session.scalars(
                select(RunItemRow)
                .where(RunItemRow.run_id == run_id)
                .order_by(RunItemRow.day, RunItemRow.dataset)
            )
            return [PartitionKey.parse(row.dataset, row.day) for row in rows]

    def cancel_run(self, run_id: str, at: datetime) -> int | None:
        """Take a run back; see `cancelling.withdraw`."""
        with self._transaction() as session:
            return withdraw(session, run_id, at)

    def pause(
        self, datasets: Collection[str], at: datetime, reason: str | None, requested_by: str | None
    ) -> None:
        """Begin nothing of the datasets until they are resumed."""
        with self._transaction() as session:
            pausing.pause(session, datasets, at, reason, requested_by)

    def resume(self, datasets: Collection[str]) -> list[PartitionRow]:
        """Go on with the datasets; see `pausing.resume`."""
        with self._transaction() as session:
            return pausing.resume(session, datasets)

    def request(self, keys: Iterable[PartitionKey], run_id: str, reason: Reason, at: datetime) -> None:
        """Note that the partitions were asked for at `at`. An older request never undoes a newer one."""
        with self._transaction() as session:
            for key in sorted(keys, key=str):  # in one order, or two askers lock each other out
                row = _locked(session, key, at)
                if row.state != _NEW and row.requested_at >= at:
                    continue
                row.state, row.run_id, row.reason = "requested", run_id, reason
                row.requested_at, row.updated_at, row.attempts, row.rebuild = at, at, 0, None

    def begin(self, key: PartitionKey, requested_at: datetime, run_id: str, now: datetime) -> int | None:
        """Start an extraction: its version, newer than any before; None when the request is satisfied.

        It is satisfied when an extraction begun at or after `requested_at` has already been completed, and also
        when its run was taken back. While the dataset is paused it waits, and is asked for again afterwards.
        """
        with self._transaction() as session:
            if is_cancelled(session, run_id) or is_paused(session, key.dataset):
                return None
            row = _locked(session, key, requested_at)
            if _satisfied(row, requested_at):
                return None
            row.inputs = row.rebuild = None
            return _begun(row, "extracting", run_id, now)

    def begin_rebuild(
        self, key: PartitionKey, stage: RebuildStage, run_id: str, requested_at: datetime, now: datetime
    ) -> int | None:
        """Start making a partition again from `raw/` or `clean/`.

        None when that was done since the request, or when the partition is on its way: what is just being
        read is newer than what lies in the lake.
        """
        with self._transaction() as session:
            row = _locked(session, key, requested_at)
            done = row.started_at is not None and row.started_at >= requested_at
            if done or row.state in UNFINISHED:
                return None
            row.rebuild = stage
            return _begun(row, _STATE_BEFORE[stage], run_id, now)

    def begin_derived(
        self, key: PartitionKey, inputs: str, run_id: str, now: datetime, stalled: timedelta
    ) -> PartitionRow | None:
        """Start deriving a partition from `inputs`. Returns the row with its version; None when another
        replica has just done so, or the dataset is paused.

        One that was asked for a while ago, from the same inputs, keeps its version: the loader may only be
        slow, and what it then reports must still count.
        """
        with self._transaction() as session:
            if is_paused(session, key.dataset):
                return None
            row = _locked(session, key, now)
            if row.state in UNFINISHED and row.rebuild == "derive" and row.inputs == inputs:
                if now - row.updated_at < stalled:
                    return None
                row.updated_at = now
                return row
            if row.state != "requested":
                row.requested_at, row.run_id, row.reason, row.attempts = now, run_id, "derived", 0
            row.inputs, row.rebuild = inputs, "derive"
            _begun(row, "extracting", row.run_id or run_id, now)
            return row

    def hand_over(self, key: PartitionKey, at: datetime) -> None:
        """A request that Odoo cannot answer any more: what is loaded stays, what is not waits to be derived."""
        with self._transaction() as session:
            row = _locked(session, key, at)
            row.updated_at = row.started_at = at
            if row.loaded_version is None:
                row.state, row.requested_at, row.rebuild = "requested", at, None
                return
            row.state, row.version = "loaded", row.loaded_version
            row.error = row.error_class = row.error_stage = None

    def apply(self, report: StageReport) -> None:
        """Project a stage's report onto the ledger."""
        with self._transaction() as session:
            if report.outcome == "dead-lettered":
                keep_dead_letter(session, report)
            if report.dataset is None or report.stage not in _STATE_AFTER:
                return
            key = PartitionKey(report.dataset, report.day)
            row = session.get(PartitionRow, (key.dataset, key.day_text), with_for_update=True)
            if row is None:
                return
            if report.outcome == "completed":
                _complete(row, report)
            elif report.outcome == "failed":
                _fail(row, report)

    def looked(self, name: str, at: datetime) -> None:
        """Note a look of the watch or of catch-up; see `routines`."""
        with self._transaction() as session:
            note_look(session, name, at)

    def watermark(self, name: str) -> datetime | None:
        with self._transaction() as session:
            row = session.get(WatermarkRow, name)
            return row.write_date if row else None

    def advance_watermark(self, name: str, write_date: datetime) -> None:
        """Move a watermark forward; it never moves back."""
        with self._transaction() as session:
            row = session.get(WatermarkRow, name, with_for_update=True)
            if row is None:
                session.add(WatermarkRow(name=name, write_date=write_date))
            elif write_date > row.write_date:
                row.write_date = write_date

    def requeue(
        self, run_id: str, now: datetime, untouched_for: timedelta, reason: Reason = "catch-up"
    ) -> list[PartitionRow]:
        """Ask again for unfinished partitions that nobody has touched for a while.

        Replays keep their stage and version. Derived partitions are not among them (see `begin_derived`), nor is
        what waits for its dataset to be resumed.
        """
        waits = PartitionRow.dataset.in_(select(PausedRow.dataset)) & (PartitionRow.state == "requested")
        query = select(PartitionRow).where(
            PartitionRow.state.in_(UNFINISHED),
            PartitionRow.updated_at <= now - untouched_for,
            ~waits,
            (PartitionRow.rebuild.is_(None)) | (PartitionRow.rebuild != "derive"),
        )
        with self._transaction() as session:
            rows = list(session.scalars(query.with_for_update(skip_locked=True)))
            for row in rows:
                row.updated_at = now
                if row.rebuild is None:
                    # What was being read when its run was taken back, and broke off, is nobody's any more.
                    own = None if is_cancelled(session, row.run_id) else row.run_id
                    row.state, row.run_id, row.reason = "requested", own or run_id, reason
                    row.requested_at = now
            return rows


def _locked(session: Session, key: PartitionKey, requested_at: datetime) -> PartitionRow:
    """The partition's row, locked; made first where there is none, also when two make it at once."""
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    session.execute(
        dialect.insert(PartitionRow)
        .values(
            dataset=key.dataset, day=key.day_text, state=_NEW, version=0, attempts=0, rejected=0,
            requested_at=requested_at, updated_at=requested_at,
        )
        .on_conflict_do_nothing()
    )  # fmt: skip
    return session.get_one(PartitionRow, (key.dataset, key.day_text), with_for_update=True)


def _begun(row: PartitionRow, state: str, run_id: str, now: datetime) -> int:
    row.version = max(row.version + 1, int(now.timestamp() * 1_000_000))
    row.state, row.run_id, row.started_at, row.updated_at = state, run_id, now, now
    row.attempts += 1
    return row.version


def _satisfied(row: PartitionRow, requested_at: datetime) -> bool:
    done = row.state in ("extracted", "cleaned", "loaded")
    return done and row.started_at is not None and row.started_at >= requested_at


def _is_current(row: PartitionRow, report: StageReport) -> bool:
    """Whether the report is about the newest extraction, and nobody has asked for another since."""
    asked_again = row.started_at is not None and row.requested_at > row.started_at
    return report.version == row.version and not asked_again


def _complete(row: PartitionRow, report: StageReport) -> None:
    after = _STATE_AFTER[report.stage]
    if after == "loaded" and (report.version or 0) >= (row.loaded_version or 0):
        _note_loaded(row, report)
    if _is_current(row, report) and _RANK[after] > _RANK[row.state]:
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


def _fail(row: PartitionRow, report: StageReport) -> None:
    newer = report.version is None or report.version >= row.version
    asked_again = report.requested_at is not None and row.requested_at > report.requested_at
    if not newer or asked_again or (row.state == "loaded" and report.version == row.loaded_version):
        return
    row.state, row.updated_at = "failed", report.at
    row.error_stage, row.error_class, row.error = report.stage, report.error_class, report.error
