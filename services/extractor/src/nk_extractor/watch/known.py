"""Which records the lake holds, and on which days: an index over the star files."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from nk_common.errors import TransientError, UnreadableFileError
from nk_common.lake.day_files import DayFiles
from nk_common.lake.layout import Layout

_TORN = (OSError, KeyError, TransientError, UnreadableFileError)
"""A file that is damaged, or vanished: that day is as if not known. `nk validate` names it."""


class Known:
    """The ids of one star table's column, day by day; a file is read again only when it was replaced.

    Arrays and no sets: a window of 35 days may hold millions of lines.
    """

    def __init__(self, layout: Layout, table: str, column: str) -> None:
        self._files = DayFiles(layout, table, lambda path: _ids(path, column))

    def ids(self, day: date) -> pa.Array | None:
        """Each id of the day once, as int64; None where the lake has no such day, or none that can be read."""
        try:
            entry = self._files.entry(day)
        except _TORN:
            return None
        return entry.content if entry else None

    def holding(self, ids: Iterable[int], days: Iterable[date]) -> set[date]:
        """Those of `days` of which the lake holds one of the records."""
        wanted = pa.array(ids, pa.int64())
        if not len(wanted):
            return set()
        held = ((day, self.ids(day)) for day in days)
        return {day for day, one in held if one is not None and pc.any(pc.is_in(one, wanted)).as_py()}


def _ids(path: Path, column: str) -> pa.Array:
    file = pq.ParquetFile(path, page_checksum_verification=True)
    return file.read(columns=[column])[column].unique().cast(pa.int64())
