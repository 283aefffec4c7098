"""`nk reset --from STAGE`: throws away what was made from a stage, so that it is made again."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from nk_cli.housekeeping.holdings import (
    Advance,
    Holding,
    files_by_partition,
    holding,
    in_threads,
    is_readable,
    nobody,
)
from nk_cli.housekeeping.prune import remove_empty
from nk_cli.housekeeping.rebuild import is_derived, opened, star_tables
from nk_cli.housekeeping.stages import Stage
from nk_cli.validate.places import LakeFile, LayerName
from nk_common.clock import Clock
from nk_common.datasets.base import PartitionKey
from nk_common.lake.layout import Layout
from nk_common.lake.writer import disk_errors
from nk_common.ledger.models import RunRow
from nk_common.ledger.recovery import Again, LedgerRecovery

_AGAIN: Mapping[Stage, Again] = {"odoo": "odoo", "raw": "clean", "clean": "load"}
_AFTER: Mapping[Again, tuple[LayerName, ...]] = {
    "odoo": ("raw", "clean", "rejected", "star-schema"),
    "clean": ("clean", "rejected", "star-schema"),
    "load": ("star-schema",),
}
_KEPT_WHY: Mapping[Stage, str] = {
    "odoo": "Odoo cannot give it a second time, and raw and clean do not hold it whole",
    "raw": "raw does not hold it whole (nk prune takes it away)",
    "clean": "clean does not hold it whole (nk prune takes it away)",
}


@dataclass(frozen=True)
class Partition:
    """One partition, and how it is made again: None for one that is derived once more, in place."""

    key: PartitionKey
    again: Again | None
    files: tuple[LakeFile, ...]
    size: int


@dataclass(frozen=True)
class Reset:
    """What is thrown away and made again; `kept` are partitions that cannot be made again, and stay as they are."""

    stage: Stage
    partitions: tuple[Partition, ...]
    kept: tuple[PartitionKey, ...]
    serving: tuple[Path, ...]

    @property
    def files(self) -> int:
        return sum(len(one.files) for one in self.partitions)

    @property
    def why_kept(self) -> str:
        return _KEPT_WHY.get(self.stage, "")

    def counted(self) -> dict[str, int]:
        """Partitions by how they are made again: read, cleaned, loaded or derived."""
        names = {"odoo": "read", "clean": "cleaned", "load": "loaded", None: "derived"}
        return dict(Counter(names[one.again] for one in self.partitions))

    def as_dict(self) -> dict[str, Any]:
        return {
            "from": self.stage,
            "files": self.files,
            "bytes": sum(one.size for one in self.partitions),
            "again": self.counted(),
            "kept": [str(key) for key in self.kept],
            "serving": [str(path) for path in self.serving],
        }


def plan_reset(
    layout: Layout,
    stage: Stage,
    today: date,
    now: datetime,
    serving: Iterable[Path],
    advance: Advance = nobody,
) -> Reset:
    """What would be thrown away. Changes nothing; reads through what everything is to be made of again."""
    caches = tuple(path for path in serving if path.exists())
    if stage == "star":
        return Reset(stage, (), (), caches)
    found = list(files_by_partition(layout, now).items())
    planned = in_threads(lambda entry: _plan_one(holding(*entry), stage, today), found, advance)
    return Reset(
        stage=stage,
        partitions=tuple(one for one in planned if isinstance(one, Partition)),
        kept=tuple(one for one in planned if isinstance(one, PartitionKey)),
        serving=caches,
    )


def reset(
    layout: Layout, ledger_url: str, plan: Reset, clock: Clock, advance: Advance = nobody
) -> set[PartitionKey]:
    """Throw away what the plan says. Returns partitions that are on their way, and stay. Raises DiskError,
    LedgerUnavailableError.

    The ledger knows before anything is removed: broken off at any moment, all of it is still made again.
    """
    stay: set[PartitionKey] = set()
    if plan.partitions:
        asked = {one.key: one.again for one in plan.partitions}
        stay = asked.keys() - _note(ledger_url, asked, plan.stage, clock.now())
    gone = [one for one in plan.partitions if one.key not in stay]
    for done, one in enumerate(gone, start=1):
        for file in one.files:
            with disk_errors(file.path):
                file.path.unlink(missing_ok=True)
            remove_empty(file.path.parent, layout.root)
        advance(done, len(gone))
    for path in plan.serving:
        with disk_errors(path):
            path.unlink(missing_ok=True)
    return stay


def _note(
    ledger_url: str, asked: Mapping[PartitionKey, Again | None], stage: Stage, now: datetime
) -> set[PartitionKey]:
    run = RunRow(
        id=f"reset-{now:%Y%m%dT%H%M%S%f}", kind="reset", command=json.dumps({"type": "reset", "from": stage}),
        requested_by="nk", created_at=now,
    )  # fmt: skip
    engine = opened(ledger_url)
    try:
        return LedgerRecovery(engine).throw_away(asked, run)
    finally:
        engine.dispose()


def _plan_one(held: Holding, stage: Stage, today: date) -> Partition | PartitionKey | None:
    """A partition that is made again, the key of one that must stay, or None where nothing would be thrown away."""
    star = held.whole("star-schema")
    if held.dataset.rebuilt != "never" and is_derived(held, star_tables(held, star) if star else None):
        return Partition(held.key, None, (), 0)
    again = _how(held, stage, today)
    layers = _AFTER[again or _AGAIN[stage]]
    files = tuple(file for (layer, _table), file in held.files.items() if layer in layers)
    if not files:
        return None
    if again is None:
        return held.key
    return Partition(held.key, again, files, sum(file.path.stat().st_size for file in files))


def _how(held: Holding, stage: Stage, today: date) -> Again | None:
    """How it is made again; None where it cannot be. A snapshot of a past day is never to be had from Odoo again."""
    once_only = stage == "odoo" and held.dataset.is_rebuilt(held.key.day, today)
    if stage == "odoo" and not once_only:
        return "odoo"
    if stage in ("odoo", "raw") and is_readable(held, "raw"):
        return "clean"
    return "load" if (once_only or stage == "clean") and is_readable(held, "clean") else None
