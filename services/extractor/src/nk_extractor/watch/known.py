"""Which records the lake holds, and on which days: an index over the star files of the window."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import pyarrow.parquet as pq

from nk_common.lake.layout import Layout

Signature = tuple[int, int]


@dataclass
class KnownDay:
    """Ids of one day's file. `extra`: ids that Odoo counts for the day although the file, when it was last
    looked at, did not hold them; the day was asked for once. Some never come: an order without lines."""

    signature: Signature
    ids: frozenset[int]
    extra: frozenset[int] = frozenset()

    @property
    def expected(self) -> int:
        """How many records Odoo should count."""
        return len(self.ids | self.extra)


@dataclass
class Known:
    """The index of one dataset; a file is read again only when it was replaced."""

    layout: Layout
    table: str
    column: str
    days: dict[date, KnownDay] = field(default_factory=dict)

    def refresh(self, days: Sequence[date]) -> None:
        """Look at the files of exactly these days."""
        self.days = {day: known for day in days if (known := self._known(day)) is not None}

    def holding(self, ids: Iterable[int]) -> set[date]:
        """Days of which the lake holds one of the records."""
        wanted = frozenset(ids)
        return {day for day, known in self.days.items() if wanted & known.ids} if wanted else set()

    def _known(self, day: date) -> KnownDay | None:
        path = self.layout.star(self.table, day)
        before = self.days.get(day)
        try:
            signature = _signature(path)
            if before is not None and before.signature == signature:
                return before
            column = pq.ParquetFile(path).read(columns=[self.column])[self.column]
        except FileNotFoundError:
            return None
        ids = frozenset(column.unique().to_pylist())
        return KnownDay(signature, ids, before.extra if before else frozenset())


def _signature(path: Path) -> Signature:
    stat = path.stat()
    return stat.st_mtime_ns, stat.st_size
