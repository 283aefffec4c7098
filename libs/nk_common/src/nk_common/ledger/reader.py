"""Questions to the ledger. Used by the query API and the CLI, which never write it."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy import ColumnElement, Engine, case, func, select
from sqlalchemy.orm import Session

from nk_common.datasets.base import WHOLE, PartitionKey
from nk_common.ledger.dead_letters import letters_of
from nk_common.ledger.models import DeadLetterRow, PartitionRow, PausedRow, RunItemRow, RunRow
from nk_common.ledger.routines import WATCH, RoutineRow
from nk_common.ledger.states import UNFINISHED

_PRIME = 1_000_003
"""Versions are microseconds: sums of ten thousand of them would not fit into 64 bits."""


@dataclass(frozen=True)
class RunProgress:
    """A run with its items counted by where they are."""

    run: RunRow
    done: int
    failed: int
    last_update: datetime | None

    @property
    def running(self) -> int:
        return max(0, self.run.total - self.done - self.failed - self.run.cancelled)


class DayState(NamedTuple):
    """What deciding about derived days needs of a partition. `version` is the loaded one."""

    dataset: str
    day: date
    state: str
    version: int | None
    inputs: str | None
    updated_at: datetime
    loaded_at: datetime | None
    error_class: str | None
    rebuild: str | None = None


class DayOutcome(NamedTuple):
    """What became of the newest request for a partition, and how many rows the loaded version rejected."""

    dataset: str
    day: date
    state: str
    rejected: int


class Reading(NamedTuple):
    """How a partition is, as far as judging its health needs it; `day` is None for a whole dataset.

    `state` is of the newest request, `as_of` of what is loaded: a later failure does not take it away.
    """

    dataset: str
    day: date | None
    state: str
    loaded: bool
    as_of: datetime | None
    requested_at: datetime
    error_class: str | None
    error: str | None


class LedgerReader:
    """Read-only view of the ledger. Every method opens and closes its own session."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def partitions(self, start: date, end: date, datasets: Iterable[str] | None = None) -> list[PartitionRow]:
        """Rows of the inclusive days and of the whole datasets; partitions never asked for have no row."""
        query = select(PartitionRow).where(
            PartitionRow.day.between(start.isoformat(), end.isoformat()) | (PartitionRow.day == WHOLE)
        )
        if datasets is not None:
            query = query.where(PartitionRow.dataset.in_(list(datasets)))
        with Session(self._engine) as session:
            return list(session.scalars(query))

    def day_states(self, datasets: Iterable[str]) -> list[DayState]:
        """Every day of the datasets that was ever asked for."""
        query = select(
            PartitionRow.dataset,
            PartitionRow.day,
            PartitionRow.state,
            PartitionRow.loaded_version,
            PartitionRow.inputs,
            PartitionRow.updated_at,
            PartitionRow.loaded_at,
            PartitionRow.error_class,
            PartitionRow.rebuild,
        ).where(PartitionRow.dataset.in_(list(datasets)), PartitionRow.day != WHOLE)
        with Session(self._engine) as session:
            return [
                DayState(
                    dataset, date.fromisoformat(day), state, version, inputs, updated, loaded, error, made
                )
                for dataset, day, state, version, inputs, updated, loaded, error, made in session.execute(
                    query
                )
            ]

    def outcomes(self, start: date, end: date, datasets: Iterable[str]) -> list[DayOutcome]:
        """Of every one of the inclusive days that was ever asked for."""
        query = select(
            PartitionRow.dataset, PartitionRow.day, PartitionRow.state, PartitionRow.rejected
        ).where(
            PartitionRow.dataset.in_(list(datasets)),
            PartitionRow.day.between(start.isoformat(), end.isoformat()),
        )
        with Session(self._engine) as session:
            return [
                DayOutcome(dataset, date.fromisoformat(day), state, rejected)
                for dataset, day, state, rejected in session.execute(query)
            ]

    def readings(self, start: date, end: date) -> list[Reading]:
        """Every partition of the inclusive days, and every whole dataset, that was ever asked for."""
        return self._readings(
            PartitionRow.day.between(start.isoformat(), end.isoformat()) | (PartitionRow.day == WHOLE)
        )

    def failed_readings(self, before: date) -> list[Reading]:
        """Days before `before` that failed and were not loaded since; also while they are tried again."""
        tried_again = PartitionRow.state.in_(UNFINISHED) & PartitionRow.error_class.is_not(None)
        return self._readings(
            (PartitionRow.day < before.isoformat()) & ((PartitionRow.state == "failed") | tried_again)
        )

    def _readings(self, which: ColumnElement[bool]) -> list[Reading]:
        query = select(
            PartitionRow.dataset,
            PartitionRow.day,
            PartitionRow.state,
            PartitionRow.loaded_version,
            PartitionRow.as_of,
            PartitionRow.requested_at,
            PartitionRow.error_class,
            PartitionRow.error,
        ).where(which)
        with Session(self._engine) as session:
            return [
                Reading(
                    dataset,
                    PartitionKey.parse(dataset, day).day,
                    state,
                    version is not None,
                    as_of,
                    asked,
                    kind,
                    error,
                )
                for dataset, day, state, version, as_of, asked, kind, error in session.execute(query)
            ]

    def failed_days(self) -> dict[str, frozenset[date]]:
        """Days whose newest attempt failed, by dataset."""
        query = select(PartitionRow.dataset, PartitionRow.day).where(
            PartitionRow.state == "failed", PartitionRow.day != WHOLE
        )
        found: dict[str, set[date]] = {}
        with Session(self._engine) as session:
            for dataset, day in session.execute(query):
                found.setdefault(dataset, set()).add(date.fromisoformat(day))
        return {dataset: frozenset(days) for dataset, days in found.items()}

    def failed_before(self, before: date) -> list[PartitionRow]:
        """Days before `before` whose newest attempt failed, oldest first."""
        query = select(PartitionRow).where(
            PartitionRow.state == "failed", PartitionRow.day < before.isoformat()
        )
        with Session(self._engine) as session:
            return list(session.scalars(query.order_by(PartitionRow.day, PartitionRow.dataset)))

    def fingerprint(self) -> tuple[int, ...]:
        """Changes whenever a partition is asked for, finished, or loaded anew, and when datasets are paused."""
        loaded = PartitionRow.loaded_version
        query = select(
            func.count(),
            func.count(case((PartitionRow.state.in_(UNFINISHED), 1))),
            func.count(case((PartitionRow.state == "failed", 1))),
            func.coalesce(func.max(loaded), 0),
            func.coalesce(func.sum(loaded % _PRIME), 0),
            select(func.count()).select_from(PausedRow).scalar_subquery(),
        )
        with Session(self._engine) as session:
            return tuple(int(number) for number in session.execute(query).one())

    def paused(self) -> list[PausedRow]:
        """Datasets of which nothing is read for now."""
        with Session(self._engine) as session:
            return list(session.scalars(select(PausedRow).order_by(PausedRow.dataset)))

    def watch(self) -> RoutineRow | None:
        """How the change watch is; None while no extractor has told."""
        with Session(self._engine) as session:
            return session.get(RoutineRow, WATCH)

    def partition(self, key: PartitionKey) -> PartitionRow | None:
        with Session(self._engine) as session:
            return session.get(PartitionRow, (key.dataset, key.day_text))

    def unfinished(self) -> list[PartitionRow]:
        """Partitions that are on their way, longest untouched first."""
        query = (
            select(PartitionRow)
            .where(PartitionRow.state.in_(UNFINISHED))
            .order_by(PartitionRow.updated_at, PartitionRow.day)
        )
        with Session(self._engine) as session:
            return list(session.scalars(query))

    def counts(self) -> dict[tuple[str, str], int]:
        """How many partitions of a dataset are in a state of the ledger, by dataset and state."""
        dataset, state = PartitionRow.dataset, PartitionRow.state
        query = select(dataset, state, func.count()).group_by(dataset, state)
        with Session(self._engine) as session:
            return {(name, at): number for name, at, number in session.execute(query)}

    def not_begun(
        self, *, run_id: str | None = None, datasets: Iterable[str] | None = None
    ) -> list[PartitionKey]:
        """Partitions that were asked for and that nobody has begun: of a run, or of datasets."""
        query = select(PartitionRow.dataset, PartitionRow.day).where(PartitionRow.state == "requested")
        if run_id is not None:
            query = query.where(PartitionRow.run_id == run_id)
        if datasets is not None:
            query = query.where(PartitionRow.dataset.in_(list(datasets)))
        with Session(self._engine) as session:
            return [PartitionKey.parse(dataset, day) for dataset, day in session.execute(query)]

    def runs(self, limit: int = 20, ids: Collection[str] | None = None) -> list[RunProgress]:
        """Newest runs with their progress; only those of `ids`, if any are named."""
        # Read from Odoo since, or made again since from what the lake holds.
        done = (PartitionRow.as_of >= RunRow.created_at) | (
            (PartitionRow.state == "loaded") & (PartitionRow.started_at >= RunRow.created_at)
        )
        failed = (
            (PartitionRow.state == "failed")
            & (PartitionRow.requested_at >= RunRow.created_at)
            & ~func.coalesce(done, False)
        )
        newest = select(RunRow).order_by(RunRow.created_at.desc(), RunRow.id).limit(limit)
        recent = (newest if ids is None else newest.where(RunRow.id.in_(list(ids)))).subquery()
        query = (
            select(
                RunRow,
                func.coalesce(func.sum(case((done, 1), else_=0)), 0),
                func.coalesce(func.sum(case((failed, 1), else_=0)), 0),
                func.max(PartitionRow.updated_at),
            )
            .join(recent, recent.c.id == RunRow.id)
            .outerjoin(RunItemRow, RunItemRow.run_id == RunRow.id)
            .outerjoin(
                PartitionRow,
                (PartitionRow.dataset == RunItemRow.dataset) & (PartitionRow.day == RunItemRow.day),
            )
            .group_by(RunRow.id)
            .order_by(RunRow.created_at.desc(), RunRow.id)
        )
        with Session(self._engine) as session:
            return [
                RunProgress(run, done_n, failed_n, at) for run, done_n, failed_n, at in session.execute(query)
            ]

    def has_run(self, run_id: str) -> bool:
        """Whether a command of that id was planned."""
        with Session(self._engine) as session:
            return session.get(RunRow, run_id) is not None

    def dead_letters(self, limit: int = 50) -> tuple[int, list[DeadLetterRow]]:
        """How many there are, and the first of them: those that nothing was done about, then the newest."""
        with Session(self._engine) as session:
            found = letters_of(session, None, limit, 0)
            return found.total, found.letters
