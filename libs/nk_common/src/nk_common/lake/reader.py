"""Reading the lake: tables, and the stamp that says which extraction a file holds."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq


@dataclass(frozen=True)
class FileStamp:
    """`nk.version`, `nk.run`, `nk.as_of` and the row count, as written into the file's metadata."""

    version: int
    run: str
    rows: int
    as_of: datetime | None


def read_stamp(path: Path) -> FileStamp | None:
    """The stamp of the file at `path`; None where there is no file, or none of ours."""
    try:
        metadata = pq.read_metadata(path)
    except (FileNotFoundError, pa.ArrowInvalid):
        return None
    pairs = metadata.metadata or {}
    if b"nk.version" not in pairs:
        return None
    as_of = pairs.get(b"nk.as_of", b"").decode()
    return FileStamp(
        version=int(pairs[b"nk.version"]),
        run=pairs.get(b"nk.run", b"").decode(),
        rows=metadata.num_rows,
        as_of=datetime.fromisoformat(as_of) if as_of else None,
    )


def read_table(path: Path) -> pa.Table:
    """All rows of one file. Raises FileNotFoundError."""
    return pq.ParquetFile(path).read()
