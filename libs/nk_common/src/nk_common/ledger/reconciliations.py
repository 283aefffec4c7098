"""Comparisons of the lake with Odoo: which were run, and what each found per dataset, day and store."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal, NamedTuple, TypeVar

from sqlalchemy import JSON, BigInteger, Engine, Index, Integer, String, Text, delete, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from nk_common.ledger.engine import transaction
from nk_common.ledger.models import Base, UtcDateTime

T = TypeVar("T")
Status = Literal["equal", "different", "missing", "failed"]
State = Literal["waiting", "running", "done", "failed"]
UNFINISHED: tuple[State, ...] = ("waiting", "running")
UNATTENDED_AFTER = timedelta(minutes=10)
"""A running comparison without a sign of life for so long has broken off."""


class ReconciliationRunRow(Base):
    """One accepted comparison. `total` counts its (dataset, day) pairs; `command` is the command as JSON.

    `heartbeat_at` is the last sign of life of the extractor that works on it.
    """

    __tablename__ = "reconciliation_runs"

    id: Mapped[str] = mapped_column(String(100), primary_key=True)
    state: Mapped[str] = mapped_column(String(12))
    start: Mapped[str] = mapped_column(String(10))
    end: Mapped[str] = mapped_column(String(10))
    datasets: Mapped[list[str]] = mapped_column(JSON)
    command: Mapped[str] = mapped_column(Text)
    reason: Mapped[str | None] = mapped_column(String(200))
    requested_by: Mapped[str | None] = mapped_column(String(100))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    started_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    heartbeat_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    total: Mapped[int] = mapped_column(Integer)
    error: Mapped[str | None] = mapped_column(Text)

    __table_args__ = (Index("ix_reconciliation_runs_created_at", "created_at"),)


class ReconciliationResultRow(Base):
    """What was found for a day of a dataset: as a whole (`store_id` null), and of each store.

    `odoo` and `lake` are figures (documents, lines, quantity, amount, payments; null: not compared);
    `document_ids` are the first of the `differing` documents.
    """

    __tablename__ = "reconciliation_results"

    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=True)
    run_id: Mapped[str] = mapped_column(String(100))
    dataset: Mapped[str] = mapped_column(String(60))
    day: Mapped[str] = mapped_column(String(10))
    store_id: Mapped[int | None] = mapped_column(BigInteger)
    status: Mapped[str] = mapped_column(String(12))
    odoo: Mapped[dict[str, float | None] | None] = mapped_column(JSON(none_as_null=True))
    lake: Mapped[dict[str, float | None] | None] = mapped_column(JSON(none_as_null=True))
    differing: Mapped[int] = mapped_column(Integer)
    document_ids: Mapped[list[int]] = mapped_column(JSON)
    error: Mapped[str | None] = mapped_column(Text)

    __table_args__ = (Index("ix_reconciliation_results_run", "run_id", "dataset", "day"),)


@dataclass(frozen=True)
class Reconciliation:
    """A run with its (dataset, day) pairs counted by what was found."""

    run: ReconciliationRunRow
    counts: Mapping[str, int]

    @property
    def is_proof(self) -> bool:
        """Everything was compared, and everything is equal."""
        total = self.run.total
        return self.run.state == "done" and self.counts.get("equal", 0) == total > 0


class NewestResult(NamedTuple):
    """What the newest comparison found for a day of a dataset as a whole, and when it was made."""

    dataset: str
    day: date
    status: str
    at: datetime


class Reconciliations:
    """Reads them; and, in the extractor only, writes them. Every method is one transaction.

    Reading raises what SQLAlchemy raises, writing LedgerUnavailableError when the database does not answer.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def newest(self, limit: int = 20) -> list[Reconciliation]:
        """Newest runs first."""
        query = (
            select(ReconciliationRunRow)
            .order_by(ReconciliationRunRow.created_at.desc(), ReconciliationRunRow.id)
            .limit(limit)
        )
        with Session(self._engine, expire_on_commit=False) as session:
            return _counted(session, list(session.scalars(query)))

    def one(self, run_id: str) -> Reconciliation | None:
        with Session(self._engine, expire_on_commit=False) as session:
            row = session.get(ReconciliationRunRow, run_id)
            return _counted(session, [row])[0] if row else None

    def results(self, run_id: str) -> list[ReconciliationResultRow]:
        """By dataset and day, oldest first; the day as a whole before its stores."""
        found = ReconciliationResultRow
        query = select(found).where(found.run_id == run_id)
        query = query.order_by(found.dataset, found.day, found.store_id.is_not(None), found.store_id)
        with Session(self._engine, expire_on_commit=False) as session:
            return list(session.scalars(query))

    def newest_results(
        self, start: date, end: date, datasets: Iterable[str], nth: int = 1
    ) -> list[NewestResult]:
        """One for each of the inclusive days, and dataset, that was ever compared, by runs that are over: while one is
        under way, what differs may only have been sold since, and is compared once more. With `nth` 2, what was
        found the time before.
        """
        run, found = ReconciliationRunRow, ReconciliationResultRow
        age = func.row_number().over(
            partition_by=(found.dataset, found.day), order_by=(run.created_at.desc(), run.id)
        )
        at = func.coalesce(run.finished_at, run.heartbeat_at, run.created_at, type_=UtcDateTime)
        known = (
            select(found.dataset, found.day, found.status, at.label("at"), age.label("age"))
            .join(run, run.id == found.run_id)
            .where(run.state.not_in(UNFINISHED))
            .where(run.end >= start.isoformat(), run.start <= end.isoformat(), found.store_id.is_(None))
            .where(found.day.between(start.isoformat(), end.isoformat()), found.dataset.in_(list(datasets)))
            .subquery()
        )
        query = select(known.c.dataset, known.c.day, known.c.status, known.c.at).where(known.c.age == nth)
        with Session(self._engine) as session:
            return [
                NewestResult(dataset, date.fromisoformat(day), status, moment)
                for dataset, day, status, moment in session.execute(query)
            ]

    def unattended(self, at: datetime) -> list[ReconciliationRunRow]:
        """Runs not brought to an end on which nobody works at `at`, oldest first."""
        query = select(ReconciliationRunRow).where(ReconciliationRunRow.state.in_(UNFINISHED))
        with Session(self._engine, expire_on_commit=False) as session:
            found = session.scalars(query.order_by(ReconciliationRunRow.created_at))
            return [run for run in found if not _is_attended(run, at)]

    def heartbeat(self) -> datetime | None:
        """The newest sign of life of any run; one that waits for its turn has none of its own."""
        with Session(self._engine) as session:
            return session.scalar(select(func.max(ReconciliationRunRow.heartbeat_at)))

    def accept(self, run: ReconciliationRunRow) -> bool:
        """Record a run once. Returns whether it is new."""

        def change(session: Session) -> bool:
            if session.get(ReconciliationRunRow, run.id) is not None:
                return False
            session.add(run)
            return True

        return self._write(change)

    def begin(self, run_id: str, at: datetime, total: int | None = None) -> bool:
        """Start a run from its beginning; what an earlier, broken-off start found is forgotten.

        `total`: its (dataset, day) pairs as of now; None: as when it was accepted. Returns False for a run that
        has come to its end already, or that another extractor works on.
        """

        def change(session: Session) -> bool:
            row = session.get_one(ReconciliationRunRow, run_id, with_for_update=True)
            if row.state not in UNFINISHED or _is_attended(row, at):
                return False
            session.execute(delete(ReconciliationResultRow).where(ReconciliationResultRow.run_id == run_id))
            row.state, row.started_at, row.heartbeat_at = "running", at, at
            row.total = row.total if total is None else total
            return True

        return self._write(change)

    def beat(self, run_id: str, at: datetime) -> None:
        """A sign of life of a run that is worked on."""

        def change(session: Session) -> None:
            row = session.get_one(ReconciliationRunRow, run_id, with_for_update=True)
            row.heartbeat_at = at

        self._write(change)

    def record(self, rows: Sequence[ReconciliationResultRow]) -> None:
        """Keep what was found for one day of one dataset, instead of what was found before."""

        def change(session: Session) -> None:
            found, first = ReconciliationResultRow, rows[0]
            session.execute(
                delete(found).where(
                    found.run_id == first.run_id, found.dataset == first.dataset, found.day == first.day
                )
            )
            session.add_all(rows)

        self._write(change)

    def finish(self, run_id: str, state: State, at: datetime, error: str | None = None) -> None:
        def change(session: Session) -> None:
            row = session.get_one(ReconciliationRunRow, run_id, with_for_update=True)
            row.state, row.finished_at, row.error = state, at, error

        self._write(change)

    def _write(self, change: Callable[[Session], T]) -> T:
        with transaction(self._engine) as session:
            return change(session)


def run_row(
    run_id: str,
    command: str,
    days: tuple[date, date],
    datasets: Sequence[str],
    total: int,
    created_at: datetime,
    *,
    reason: str | None = None,
    requested_by: str | None = None,
) -> ReconciliationRunRow:
    """A run that waits for its turn. `days` are the first and the last."""
    return ReconciliationRunRow(
        id=run_id,
        state="waiting",
        start=days[0].isoformat(),
        end=days[1].isoformat(),
        datasets=list(datasets),
        command=command,
        reason=reason,
        requested_by=requested_by,
        created_at=created_at,
        total=total,
    )


def _is_attended(run: ReconciliationRunRow, at: datetime) -> bool:
    if run.state != "running" or run.heartbeat_at is None:
        return False
    return at - run.heartbeat_at < UNATTENDED_AFTER


def _counted(session: Session, runs: Sequence[ReconciliationRunRow]) -> list[Reconciliation]:
    found = ReconciliationResultRow
    query = (
        select(found.run_id, found.status, func.count())
        .where(found.run_id.in_([run.id for run in runs]), found.store_id.is_(None))
        .group_by(found.run_id, found.status)
    )
    counts: dict[str, dict[str, int]] = {run.id: {} for run in runs}
    for run_id, status, number in session.execute(query):
        counts[run_id][status] = number
    return [Reconciliation(run, counts[run.id]) for run in runs]
