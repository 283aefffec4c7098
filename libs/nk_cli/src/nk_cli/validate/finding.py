"""What a check says: where, what it means for the figures, and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

from nk_common.datasets import by_name
from nk_common.datasets.base import PartitionKey

Kind = Literal[
    "unreadable",
    "corrupted",
    "truncated",
    "foreign",
    "wrong-schema",
    "extra",
    "leftover",
    "missing",
    "incomplete",
    "unrecorded",
    "no-ledger",
    "version-mismatch",
    "other-day",
    "duplicate-key",
    "counted-twice",
    "control-totals",
    "no-unknown-member",
    "unknown-id",
    "stock-gap",
]
Source = Literal["odoo", "raw", "clean"]
"""Where a partition can be made again from; `odoo` is always possible, the others are quicker."""


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong. `path` is below the lake's root; `day` is None for what has no day.

    A `warning` does not touch the figures and is no failure.
    """

    kind: Kind
    path: str
    dataset: str | None
    day: date | None
    sentence: str
    action: str
    warning: bool = False


def reload(key: PartitionKey, source: Source, today: date) -> str:
    """The command that makes a partition again. A dataset that is loaded whole has no day: any one will do."""
    day = key.day or today
    again = "--force" if source == "odoo" else f"--from-stage {source}"
    return f"Run: nk backfill --dataset {key.dataset} --start {day} --end {day} {again}"


def restore(key: PartitionKey, source: Source, today: date) -> str:
    """As `reload`, for a file of `raw/` or `clean/`, which Odoo may be unable to give a second time."""
    dataset = by_name(key.dataset)
    if source == "odoo" and dataset.is_rebuilt(key.day, today):
        return (
            "Odoo cannot be asked for this past day again: take the file from a backup, or remove the day's "
            f"{dataset.name} from raw and clean, so that it is made from the days around it. "
            + reload(key, "odoo", today)
        )
    return reload(key, source, today)
