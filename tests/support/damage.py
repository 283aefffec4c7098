"""Two ways in which a Parquet file ends up unreadable."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pyarrow.parquet as pq

from nk_common.lake.reader import read_stamp

Damage = Callable[[Path], None]


def cut(path: Path) -> None:
    """The end is missing, as of a copy that broke off: nothing says which version it was."""
    path.write_bytes(path.read_bytes()[:-100])
    assert read_stamp(path) is None


def flip(path: Path, only: str | None = None) -> None:
    """A bit of every column, or of one, has turned; the footer, and so the stamp, is whole."""
    body = bytearray(path.read_bytes())
    before = read_stamp(path)
    for end in _column_ends(path, only):
        body[end - 1] ^= 0x01
    path.write_bytes(body)
    assert read_stamp(path) == before


def _column_ends(path: Path, only: str | None) -> list[int]:
    group = pq.read_metadata(path).row_group(0)
    columns = [group.column(n) for n in range(group.num_columns)]
    wanted = [column for column in columns if only in (None, column.path_in_schema)]
    return [column.data_page_offset + column.total_compressed_size for column in wanted]


DAMAGES: tuple[Damage, ...] = (cut, flip)
