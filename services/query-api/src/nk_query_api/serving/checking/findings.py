"""What a check of the serving database has found, and how far it is."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

_KEPT = 1000


@dataclass(frozen=True)
class Finding:
    """Something that is not as it should be. `day` is None for a dimension, or what concerns no day; of a table by
    months it is the first of the month."""

    table: str
    day: date | None
    what: str


@dataclass
class Findings:
    """Counts of what was compared, and the first findings. Written by one thread, read by others."""

    total: int = 0
    kept: list[Finding] = field(default_factory=list)
    partitions: int = 0
    """Partitions whose files were compared."""
    behind: int = 0
    """Partitions of which the lake holds something newer, or something that is not taken up: no findings."""
    rows: int = 0
    """Rows of facts and dimensions that were compared."""
    rollups: int = 0
    """Derived tables that were recomputed."""
    done: int = 0
    steps: int = 0

    def add(self, table: str, day: date | None, what: str) -> None:
        self.total += 1
        if len(self.kept) < _KEPT:
            self.kept.append(Finding(table, day, what))

    @property
    def explains(self) -> bool:
        """Whether it is still worth while to find out what exactly differs."""
        return len(self.kept) < _KEPT
