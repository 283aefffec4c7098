"""From a ledger row to the state that people see. Pure."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from nk_common.api.pipeline import PartitionState
from nk_common.clock import day_end
from nk_common.datasets import DAILY
from nk_common.datasets.base import WHOLE

if TYPE_CHECKING:
    from nk_common.ledger.models import PartitionRow

_SNAPSHOTS = frozenset(d.name for d in DAILY if d.rebuilt == "past days")
"""A snapshot is of the moment it was taken; it is never partial."""

UNFINISHED = ("requested", "extracting", "extracted", "cleaned")
"""Ledger states of a partition that is somewhere on its way."""
CANCELLED = "cancelled"
"""Ledger state of a partition that was asked for and taken back, and of which nothing is loaded."""


def public_state(row: PartitionRow | None, timezone: ZoneInfo) -> PartitionState:
    """What the Data Sync page shows.

    A day read before it was over is `partial`; one whose last refresh failed but which still has figures
    is `stale`; an order-less day that was read is `empty`, which is not `missing`.
    """
    if row is None or row.state == CANCELLED:
        return "missing"
    if row.state in UNFINISHED:
        return "running"
    if row.state == "failed":
        return "stale" if row.loaded_version else "failed"
    if _was_read_early(row, timezone):
        return "partial"
    return "empty" if row.lines == 0 else "loaded"


def _was_read_early(row: PartitionRow, timezone: ZoneInfo) -> bool:
    """Whether a day was read before it was over."""
    if row.day == WHOLE or row.dataset in _SNAPSHOTS or row.as_of is None:
        return False
    return row.as_of < day_end(date.fromisoformat(row.day), timezone)
