"""The Data Sync grid: one strip of days per dataset, and the datasets that are loaded whole."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import get_args

from nk_common.api.pipeline import DatasetInfo, Partition, Partitions, PartitionState
from nk_web.i18n import Said, say

STATES: tuple[PartitionState, ...] = get_args(PartitionState)
STATE_NAMES: dict[PartitionState, Said] = {
    "loaded": say("loaded"),
    "partial": say("partial"),
    "empty": say("empty"),
    "missing": say("missing"),
    "running": say("running"),
    "failed": say("failed"),
    "stale": say("stale"),
}
# Signs of one width that say the state without colour.
STATE_SIGNS: dict[PartitionState, str] = {
    "loaded": "✓",
    "partial": "◐",
    "empty": "0",
    "missing": "·",
    "running": "↻",
    "failed": "✕",
    "stale": "!",
}


@dataclass(frozen=True)
class Strip:
    """One daily dataset: its days in order, and how many are in which state (states without days left out)."""

    info: DatasetInfo
    cells: tuple[Partition, ...]
    counts: tuple[tuple[PartitionState, int], ...]


@dataclass(frozen=True)
class SyncGrid:
    strips: tuple[Strip, ...]
    whole: tuple[tuple[DatasetInfo, Partition], ...]
    failed: tuple[Partition, ...]
    titles: dict[str, DatasetInfo]
    gaps: int
    """Days that are missing or failed, over all daily datasets."""
    first_gap: date | None
    last_gap: date | None


def build_grid(partitions: Partitions) -> SyncGrid:
    titles = {info.name: info for info in partitions.datasets}
    daily = [info for info in partitions.datasets if info.kind == "daily"]
    strips = tuple(_strip(info, partitions.partitions) for info in daily)
    whole = tuple(
        (titles[partition.dataset], partition)
        for partition in partitions.partitions
        if partition.day is None and partition.dataset in titles
    )
    failed = [partition for partition in partitions.partitions if partition.state == "failed"]
    cells = [cell for strip in strips for cell in strip.cells]
    gaps = [cell.day for cell in cells if cell.day and cell.state in {"missing", "failed"}]
    return SyncGrid(
        strips=strips,
        whole=whole,
        failed=tuple(sorted(failed, key=_newest_first)),
        titles=titles,
        gaps=len(gaps),
        first_gap=min(gaps, default=None),
        last_gap=max(gaps, default=None),
    )


def _strip(info: DatasetInfo, partitions: Iterable[Partition]) -> Strip:
    own = [part for part in partitions if part.dataset == info.name and part.day is not None]
    cells = tuple(sorted(own, key=lambda part: part.day or date.min))
    numbers = {state: sum(cell.state == state for cell in cells) for state in STATES}
    return Strip(info, cells, tuple((state, number) for state, number in numbers.items() if number))


def _newest_first(partition: Partition) -> tuple[int, str]:
    return (-(partition.day or date.max).toordinal(), partition.dataset)
