"""From rows of the ledger to what people see. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, get_args
from zoneinfo import ZoneInfo

from nk_common.api.common import DateRange, Text
from nk_common.api.pipeline import (
    DatasetInfo,
    Partition,
    Partitions,
    PartitionState,
)
from nk_common.datasets.base import Dataset, PartitionKey
from nk_common.ledger.states import public_state
from nk_common.planning import days_between

if TYPE_CHECKING:
    from nk_common.ledger.models import PartitionRow, PausedRow

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
