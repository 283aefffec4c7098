"""Reading the lake: tables, and the stamp that says which extraction a file holds."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq


@dataclass(frozen=True)
class FileStamp:
    """`nk.version`, `nk.run` and the row count, as written into the file's metadata."""

    version: int
    run: str
    rows: int


def read_stamp(path: Path) -> FileStamp | None:
    """The stamp of the file at `path`; None where there is no file, or none of ours."""
    try:
        metadata = pq.read_metadata(path)
    except (FileNotFoundError, pa.ArrowInvalid):
        return None
    pairs = metadata.metadata or {}
    if b"nk.version" not in pairs:
        return None
    return FileStamp(
        version=int(pairs[b"nk.version"]),
        run=pairs.get(b"nk.run", b"").decode(),
        rows=metadata.num_rows,
    )


def read_table(path: Path) -> pa.Table:
    """All rows of one file. Raises FileNotFoundError."""
    return pq.ParquetFile(path).read()
