"""Rows and stamps of the files that derived days are made of."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import polars as pl
import pyarrow.parquet as pq

from nk_common.errors import TransientError, UnreadableFileError
from nk_common.lake.reader import FileStamp, damaged, read_stamp


def read_frame(path: Path, columns: Sequence[str] | None = None) -> pl.DataFrame:
    """Rows of one file; those of `columns` that it has. Their pages must match their checksums."""
    file = pq.ParquetFile(path, page_checksum_verification=True)
    wanted = None if columns is None else [name for name in columns if name in file.schema_arrow.names]
    return pl.DataFrame(pl.from_arrow(file.read(columns=wanted)))


def stamp_of(path: Path) -> FileStamp:
    """The stamp of a file that must have one. Raises TransientError for a file that vanished,
    UnreadableFileError for one that is damaged."""
    stamp = read_stamp(path)
    if stamp is not None:
        return stamp
    if not path.exists():
        raise TransientError(f"{path.name} was taken away while it was read; it is tried again.")
    raise UnreadableFileError(damaged(path))
