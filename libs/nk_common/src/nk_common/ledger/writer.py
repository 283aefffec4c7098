"""Changes to the ledger. Only the extractor makes them.

Reports reach the ledger over the bus: twice, late or in another order. Every change here is therefore
conditional on versions and moments that only grow, and applying a report again changes nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date, datetime, timedelta

from sqlalchemy import Engine, select, update

from nk_common.datasets.base import PartitionKey
from nk_common.events.stages import Reason, StageReport
from nk_common.ledger import pausing, requesting
from nk_common.ledger.cancelling import is_cancelled, withdraw
from nk_common.ledger.dead_letters import heal, keep_dead_letter
from nk_common.ledger.engine import transaction
from nk_common.ledger.models import PartitionRow, RunItemRow, RunRow, WatermarkRow
from nk_common.ledger.pausing import is_paused
from nk_common.ledger.routines import leave_turn, note_failed_look, note_look, take_turn
from nk_common.ledger.states import UNFINISHED
from nk_common.ledger.transitions import STATE_AFTER, RebuildStage, begun, complete, fail, locked, satisfied


class LedgerWriter:
    """Every method is one transaction, and raises LedgerUnavailableError, which may pass."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def open_run(self, run: RunRow, partitions: Iterable[PartitionKey]) -> datetime:
        """Record a run once; a run of the same id is left as it is. Returns when it was created."""
        with transaction(self._engine) as session:
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
        with transaction(self._engine) as session:
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
        with transaction(self._engine) as session:
            return withdraw(session, run_id, at)

    def pause(
        self, datasets: Collection[str], at: datetime, reason: str | None, requested_by: str | None
    ) -> None:
        """Begin nothing of the datasets until they are resumed."""
        with transaction(self._engine) as session:
            pausing.pause(session, datasets, at, reason, requested_by)

    def resume(self, datasets: Collection[str]) -> int:
        """Go on with the datasets; see `pausing.resume`."""
        with transaction(self._engine) as session:
            return pausing.resume(session, datasets)

    def request(
        self,
        keys: Iterable[PartitionKey],
        run_id: str,
        reason: Reason,
        at: datetime,
        rebuild: RebuildStage | None = None,
    ) -> None:
        """Note that the partitions were asked for at `at`; see `requesting.note`."""
        with transaction(self._engine) as session:
            requesting.note(session, keys, run_id, reason, at, rebuild)

    def claim(self, today: date, now: datetime, room: int, *, reading: bool = True) -> list[PartitionRow]:
        """Take what may be put on the bus now; see `requesting.claim`."""
        with transaction(self._engine) as session:
            return requesting.claim(session, today, now, room, reading=reading)

    def begin(self, key: PartitionKey, requested_at: datetime, run_id: str, now: datetime) -> int | None:
        """Start an extraction: its version, newer than any before; None when the request is satisfied.

        It is satisfied when an extraction begun at or after `requested_at` has already been completed, and also
        when its run was taken back. While the dataset is paused it waits, and is asked for again afterwards.
        """
        with transaction(self._engine) as session:
            if is_cancelled(session, run_id) or is_paused(session, key.dataset):
                return None
            row = locked(session, key, requested_at)
            if satisfied(row, requested_at):
                return None
            row.inputs = row.rebuild = None
            return begun(row, "extracting", run_id, now)

    def still_reading(self, key: PartitionKey, version: int, now: datetime) -> None:
        """A sign of life: Odoo may take minutes for a large day, and whoever looks must not take it for lost."""
        mine = update(PartitionRow).where(
            PartitionRow.dataset == key.dataset, PartitionRow.day == key.day_text,
            PartitionRow.version == version, PartitionRow.state == "extracting",
        )  # fmt: skip
        with transaction(self._engine) as session:
            session.execute(mine.values(updated_at=now))

    def begin_derived(
        self, key: PartitionKey, inputs: str, run_id: str, now: datetime, stalled: timedelta
    ) -> PartitionRow | None:
        """Start deriving a partition from `inputs`. Returns the row with its version; None when another
        replica has just done so, or the dataset is paused.

        One that was asked for a while ago, from the same inputs, keeps its version: the loader may only be
        slow, and what it then reports must still count.
        """
        with transaction(self._engine) as session:
            if is_paused(session, key.dataset):
                return None
            row = locked(session, key, now)
            if row.state in UNFINISHED and row.rebuild == "derive" and row.inputs == inputs:
                if now - row.updated_at < stalled:
                    return None
                row.updated_at = now
                return row
            if row.state != "requested":
                row.requested_at, row.run_id, row.reason, row.attempts = now, run_id, "derived", 0
            row.inputs, row.rebuild = inputs, "derive"
            begun(row, "extracting", row.run_id or run_id, now)
            return row

    def hand_over(self, key: PartitionKey, at: datetime) -> None:
        """A request that Odoo cannot answer any more: what is loaded stays, what is not waits to be derived."""
        with transaction(self._engine) as session:
            row = locked(session, key, at)
            row.updated_at, row.started_at = at, max(at, row.requested_at)
            if row.loaded_version is None:
                row.state, row.requested_at, row.rebuild, row.sent_at = "requested", at, None, None
                return
            row.state, row.version = "loaded", row.loaded_version
            row.error = row.error_class = row.error_stage = None

    def apply(self, report: StageReport) -> None:
        """Project a stage's report onto the ledger."""
        with transaction(self._engine) as session:
            if report.outcome == "dead-lettered":
                keep_dead_letter(session, report)
            if report.dataset is None or report.stage not in STATE_AFTER:
                return
            key = PartitionKey(report.dataset, report.day)
            row = session.get(PartitionRow, (key.dataset, key.day_text), with_for_update=True)
            if row is None:
                return
            if report.outcome == "completed":
                complete(row, report)
            elif report.outcome == "failed":
                fail(row, report)
            if (report.stage, report.outcome) == ("load", "completed") or report.outcome == "dead-lettered":
                heal(session, row)

    def take_turn(self, name: str, who: str, at: datetime, lease: timedelta) -> bool:
        """Whether it is `who`'s turn to look; see `routines`."""
        with transaction(self._engine) as session:
            return take_turn(session, name, who, at, lease)

    def leave_turn(self, name: str, who: str) -> None:
        """Let another look at once; see `routines`."""
        with transaction(self._engine) as session:
            leave_turn(session, name, who)

    def looked(self, name: str, at: datetime) -> None:
        """Note a look of the watch or of catch-up; see `routines`."""
        with transaction(self._engine) as session:
            note_look(session, name, at)

    def could_not_look(self, name: str, at: datetime, error_class: str, error: str) -> None:
        """Note that a look failed, and why; see `routines`."""
        with transaction(self._engine) as session:
            note_failed_look(session, name, at, error_class, error)

    def watermark(self, name: str) -> datetime | None:
        with transaction(self._engine) as session:
            row = session.get(WatermarkRow, name)
            return row.write_date if row else None

    def advance_watermark(self, name: str, write_date: datetime) -> None:
        """Move a watermark forward; it never moves back."""
        with transaction(self._engine) as session:
            row = session.get(WatermarkRow, name, with_for_update=True)
            if row is None:
                session.add(WatermarkRow(name=name, write_date=write_date))
            elif write_date > row.write_date:
                row.write_date = write_date

    def requeue(self, run_id: str, now: datetime, untouched_for: timedelta) -> list[PartitionKey]:
        """Let what seems lost be put on the bus again; see `requesting.requeue`."""
        with transaction(self._engine) as session:
            return requesting.requeue(session, run_id, now, untouched_for)
