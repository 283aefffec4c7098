"""Which records the lake holds, and on which days: an index over the star files."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from nk_common.lake.layout import Layout

Signature = tuple[int, int]
_UNREADABLE = (OSError, pa.ArrowException, KeyError)
"""No file, or one that is torn: that day is as if not known. It is found by `nk validate` and read again."""


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
    """The index of one dataset's window; a file is read again only when it was replaced."""

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
            ids = frozenset(_ids(path, self.column).to_pylist())
        except _UNREADABLE:
            return None
        return KnownDay(signature, ids, before.extra if before else frozenset())


@dataclass
class Older:
    """The same of days before the window, which may be thousands: as arrays, and only looked at when asked."""

    layout: Layout
    table: str
    column: str
    days: dict[date, tuple[Signature, pa.Array]] = field(default_factory=dict)

    def holding(self, ids: Iterable[int], days: Iterable[date]) -> set[date]:
        """Those of `days` of which the lake holds one of the records."""
        self.days = {day: held for day in days if (held := self._held(day)) is not None}
        wanted = pa.array(ids, pa.int64())
        return {day for day, (_, held) in self.days.items() if pc.any(pc.is_in(held, wanted)).as_py()}

    def _held(self, day: date) -> tuple[Signature, pa.Array] | None:
        path = self.layout.star(self.table, day)
        before = self.days.get(day)
        try:
            signature = _signature(path)
            if before is not None and before[0] == signature:
                return before
            return signature, _ids(path, self.column)
        except _UNREADABLE:
            return None


def _ids(path: Path, column: str) -> pa.Array:
    """Each id once, as int64."""
    file = pq.ParquetFile(path, page_checksum_verification=True)
    return file.read(columns=[column])[column].unique().cast(pa.int64())


def _signature(path: Path) -> Signature:
    stat = path.stat()
    return stat.st_mtime_ns, stat.st_size
