"""From the parts that keep the serving database to what people see of it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from nk_common.api.serving import (
    HeldDataset,
    ServingCheck,
    ServingFinding,
    ServingRebuild,
    ServingState,
    Steps,
)
from nk_common.datasets import REGISTRY
from nk_common.datasets.base import PartitionKey
from nk_query_api.serving.applying import Held
from nk_query_api.serving.checking.checks import Check
from nk_query_api.serving.keeper import Keeper, Rebuild
from nk_query_api.serving.schema import FORMAT, fingerprint
from nk_query_api.serving.store import ServingStore


def serving_state(store: ServingStore, keeper: Keeper, newest: Check | None) -> ServingState:
    """Raises ServingUnavailableError while the file is not open."""
    held, progress = store.held, store.progress
    return ServingState(
        format=FORMAT,
        layout=fingerprint(),
        data_version=store.data_version,
        size_bytes=_size(store.file),
        partitions=len(held),
        datasets=held_datasets(held),
        progress=Steps(done=progress.done, total=progress.total),
        rebuilding=keeper.is_rebuilding,
        last_rebuild=rebuild_view(keeper.last_rebuild) if keeper.last_rebuild else None,
        last_check=check_view(newest, findings=False) if newest else None,
    )


def held_datasets(held: Mapping[PartitionKey, Held]) -> list[HeldDataset]:
    """In the order of the registry; datasets of which nothing is held are left out."""
    found = []
    for dataset in REGISTRY:
        mine = {key.day: item for key, item in held.items() if key.dataset == dataset.name}
        days = [day for day in mine if day]
        if mine:
            found.append(
                HeldDataset(
                    dataset=dataset.name,
                    partitions=len(mine),
                    first_day=min(days, default=None),
                    last_day=max(days, default=None),
                    fresh_until=max(item.as_of for item in mine.values()),
                )
            )
    return found


def rebuild_view(rebuild: Rebuild) -> ServingRebuild:
    return ServingRebuild(reason=rebuild.reason, asked_at=rebuild.asked_at, finished_at=rebuild.finished_at)


def check_view(check: Check, *, findings: bool = True) -> ServingCheck:
    """A check as it is now; it may still be running."""
    found = check.findings
    kept = list(found.kept) if findings else []
    return ServingCheck(
        state=check.state,
        started_at=check.started_at,
        finished_at=check.finished_at,
        data_version=check.data_version,
        progress=Steps(done=found.done, total=found.steps),
        partitions=found.partitions,
        rows=found.rows,
        rollups=found.rollups,
        behind=found.behind,
        findings_total=found.total,
        findings=[ServingFinding(table=one.table, day=one.day, what=one.what) for one in kept],
        error=check.error,
    )


def _size(path: Path) -> int:
    files = (path, path.with_name(path.name + ".wal"))
    return sum(file.stat().st_size for file in files if file.exists())
