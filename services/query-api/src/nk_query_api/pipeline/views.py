"""From rows of the ledger to what people see. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, get_args
from zoneinfo import ZoneInfo

from nk_common.api.common import DateRange, Text
from nk_common.api.pipeline import (
    DatasetInfo,
    Partition,
    Partitions,
    PartitionState,
    Run,
    RunState,
)
from nk_common.datasets.base import Dataset, PartitionKey
from nk_common.ledger.states import public_state
from nk_common.planning import days_between

if TYPE_CHECKING:
    from nk_common.ledger.models import PartitionRow, PausedRow
    from nk_common.ledger.reader import RunProgress

STATES: tuple[PartitionState, ...] = get_args(PartitionState)
Rows = Mapping[PartitionKey, "PartitionRow"]


def partitions(
    start: date,
    end: date,
    datasets: Sequence[Dataset],
    rows: Rows,
    paused: Sequence[PausedRow],
    today: date,
    zone: ZoneInfo,
) -> Partitions:
    """One entry for every dataset and day of the range, and one for each dataset that is loaded whole."""
    pauses = {row.dataset: row for row in paused}
    found = [
        _partition(key, rows.get(key), zone) for dataset in datasets for key in _keys(dataset, start, end)
    ]
    return Partitions(
        range=DateRange(start=start, end=end),
        today=today,
        datasets=[_info(dataset, pauses.get(dataset.name)) for dataset in datasets],
        partitions=found,
        counts={dataset.name: _counts(found, dataset.name) for dataset in datasets},
    )


def run(progress: RunProgress, now: datetime) -> Run:
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
        state=_run_state(progress),
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


def _run_state(progress: RunProgress) -> RunState:
    if progress.run.cancelled_at is not None:
        return "cancelled"
    if progress.running:
        return "running"
    return "failed" if progress.failed else "done"


def _partition(key: PartitionKey, row: PartitionRow | None, zone: ZoneInfo) -> Partition:
    state = public_state(row, zone)
    if row is None:
        return Partition(dataset=key.dataset, day=key.day, state=state)
    return Partition(
        dataset=key.dataset,
        day=key.day,
        state=state,
        rows=row.lines,
        documents=row.documents,
        amount=row.amount,
        rejected=row.rejected,
        version=row.loaded_version,
        as_of=row.as_of,
        updated_at=row.updated_at,
        attempts=row.attempts,
        error=row.error,
        run_id=row.run_id,
    )


def _keys(dataset: Dataset, start: date, end: date) -> list[PartitionKey]:
    days: list[date | None] = [None] if dataset.kind == "whole" else [*days_between(start, end)]
    return [PartitionKey(dataset.name, day) for day in days]


def _counts(found: Sequence[Partition], dataset: str) -> dict[PartitionState, int]:
    states = [item.state for item in found if item.dataset == dataset]
    return {state: states.count(state) for state in STATES}


def _info(dataset: Dataset, paused: PausedRow | None) -> DatasetInfo:
    return DatasetInfo(
        name=dataset.name,
        title=Text(id=dataset.title_id, en=dataset.title_en),
        kind=dataset.kind,
        paused_since=paused.since if paused else None,
        paused_reason=paused.reason if paused else None,
    )
