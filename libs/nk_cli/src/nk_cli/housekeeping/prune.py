"""`nk prune`: takes out of the lake what is older than the settings say, and what crashed writers left."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from nk_cli.housekeeping.holdings import Advance, Holding, files_by_partition, holding, in_threads, nobody
from nk_cli.housekeeping.retention import REASONS, Cutoffs, Verdict, cutoffs, judge, layers_due
from nk_cli.settings import RetentionSettings
from nk_cli.validate.places import LakeFile, LayerName
from nk_cli.validate.recorded import ledger_exists, read_ledger
from nk_common.clock import Clock
from nk_common.clock import today as day_in
from nk_common.datasets import DAILY
from nk_common.datasets.base import PartitionKey
from nk_common.events.topics import RAW_TOPICS
from nk_common.lake.layout import Layout
from nk_common.lake.reader import read_stamp
from nk_common.lake.writer import disk_errors, folder_lock, temporaries
from nk_common.ledger.engine import open_ledger
from nk_common.ledger.recovery import LedgerRecovery

_LEFT_OVER_AFTER = timedelta(days=1)
_CHUNKS_LOST_AFTER = max(topic.retention for topic in RAW_TOPICS)
"""Chunks wait for the others of their day for as long as the bus keeps those."""


@dataclass(frozen=True)
class Item:
    """One file to remove, of this version."""

    file: LakeFile
    version: int | None
    size: int

    @property
    def layer(self) -> LayerName:
        return self.file.place.layer


@dataclass(frozen=True)
class LeftOver:
    """A temporary file, or a folder of chunks, that nobody will go on with."""

    path: Path
    size: int


@dataclass(frozen=True)
class Pruning:
    """What is (or was) removed, and what is kept although its time is over, with the reason."""

    limits: Cutoffs
    items: tuple[Item, ...]
    left_overs: tuple[LeftOver, ...]
    kept: Mapping[tuple[PartitionKey, LayerName], str]

    def by_layer(self) -> dict[str, dict[str, Any]]:
        """Files, days and bytes of each layer of which anything goes, and the first day that is kept."""
        return {layer: self._of(layer) for layer in dict.fromkeys(item.layer for item in self.items)}

    def as_dict(self) -> dict[str, Any]:
        kept = [
            {"dataset": key.dataset, "day": key.day_text, "layer": layer, "reason": why}
            for (key, layer), why in self.kept.items()
        ]
        left = {"count": len(self.left_overs), "bytes": sum(one.size for one in self.left_overs)}
        return {"removed": self.by_layer(), "left_overs": left, "kept": kept}

    def _of(self, layer: LayerName) -> dict[str, Any]:
        mine = [item for item in self.items if item.layer == layer]
        return {
            "files": len(mine),
            "days": len({item.file.day for item in mine}),
            "bytes": sum(item.size for item in mine),
            "kept_from": str(self.limits.of(layer)),
        }


def plan_pruning(
    layout: Layout, settings: RetentionSettings, clock: Clock, advance: Advance = nobody
) -> Pruning:
    """What would go now. Changes nothing. Raises LedgerUnavailableError."""
    now = clock.now()
    limits = cutoffs(settings, day_in(clock, settings.zone))
    old = {
        key: files
        for key, files in files_by_partition(layout, now).items()
        if layers_due(_unread(key, files), limits)
    }
    ledger = read_ledger(settings.ledger, [dataset.name for dataset in DAILY], None, None) or {}
    unfinished = {key for key, recorded in ledger.items() if recorded.unfinished}

    def judged(entry: tuple[PartitionKey, list[LakeFile]]) -> tuple[Holding, Verdict]:
        held = holding(*entry)
        return held, judge(held, limits, unfinished=held.key in unfinished)

    verdicts = in_threads(judged, list(old.items()), advance)
    items = [item for held, verdict in verdicts for item in _items(held, verdict)]
    kept = {
        (held.key, layer): REASONS[why] for held, verdict in verdicts for layer, why in verdict.kept.items()
    }
    return Pruning(limits, tuple(items), tuple(_left_overs(layout, now)), kept)


def prune(layout: Layout, ledger_url: str, plan: Pruning, advance: Advance = nobody) -> None:
    """Remove what the plan says, unless it was replaced since. Raises DiskError, LedgerUnavailableError.

    The ledger forgets days whose figures go before their files do: it must not call loaded what is not there.
    """
    stay = _refused(ledger_url, {item.file.key for item in plan.items if item.layer == "star-schema"})
    for done, item in enumerate(plan.items, start=1):
        if item.file.key not in stay:
            _remove(item, layout.root)
        advance(done, len(plan.items))
    for left in plan.left_overs:
        with contextlib.suppress(FileNotFoundError):
            if left.path.is_dir():
                shutil.rmtree(left.path)
                remove_empty(left.path.parent, layout.root)
            else:
                left.path.unlink()


def _refused(ledger_url: str, keys: set[PartitionKey]) -> set[PartitionKey]:
    """Those of the days to be forgotten that are on their way by now, and stay."""
    if not keys or not ledger_exists(ledger_url):
        return set()
    engine = open_ledger(ledger_url, writer=True)
    try:
        return keys - LedgerRecovery(engine).forget(keys)
    finally:
        engine.dispose()


def _unread(key: PartitionKey, files: Iterable[LakeFile]) -> Holding:
    """A holding to ask which layers are there, without opening a file."""
    return Holding(key, {(file.place.layer, file.place.table): file for file in files}, {})


def _items(held: Holding, verdict: Verdict) -> Iterable[Item]:
    for (layer, table), file in held.files.items():
        if layer in verdict.removed:
            stamp = held.stamps[layer, table]
            with contextlib.suppress(FileNotFoundError):
                yield Item(file, stamp.version if stamp else None, file.path.stat().st_size)


def _left_overs(layout: Layout, now: datetime) -> Iterable[LeftOver]:
    for path in temporaries(layout.root, (now - _LEFT_OVER_AFTER).timestamp()):
        if (layout.root / "raw" / "_staging") not in path.parents:
            with contextlib.suppress(FileNotFoundError):
                yield LeftOver(path, path.stat().st_size)
    lost = (now - _CHUNKS_LOST_AFTER).timestamp()
    for folder in (layout.root / "raw" / "_staging").glob("*/*/[0-9]*"):
        with contextlib.suppress(FileNotFoundError):
            files = [one.stat() for one in folder.iterdir()]
            if max([folder.stat().st_mtime, *(one.st_mtime for one in files)]) < lost:
                yield LeftOver(folder, sum(one.st_size for one in files))


def _remove(item: Item, root: Path) -> None:
    path = item.file.path
    with disk_errors(path), folder_lock(path.parent):
        stamp = read_stamp(path)
        if (stamp.version if stamp else None) == item.version:
            path.unlink(missing_ok=True)
    remove_empty(path.parent, root)


def remove_empty(folder: Path, root: Path) -> None:
    """The folder and those above it, up to the first that holds something. A writer that has just made one sees it
    vanish, and makes it again."""
    with contextlib.suppress(OSError):
        while root not in (folder, folder.parent):
            folder.rmdir()
            folder = folder.parent
