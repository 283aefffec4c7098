"""Reading the lake: tables, and the stamp that says which extraction a file holds."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from nk_common.errors import UnreadableFileError


@dataclass(frozen=True)
class FileStamp:
    """`nk.version`, `nk.run`, `nk.as_of` and the row count, as written into the file's metadata."""

    version: int
    run: str
    rows: int
    as_of: datetime | None


def read_stamp(path: Path) -> FileStamp | None:
    """The stamp of the file at `path`; None where there is no file, none of ours, or one that is damaged: it may
    then be replaced by any version."""
    try:
        metadata = pq.read_metadata(path)
    except (FileNotFoundError, pa.ArrowInvalid):
        return None
    except OSError as error:
        if is_damage(error):
            return None
        raise
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
    """All rows of one file, whose pages must match their checksums.

    Raises FileNotFoundError, and UnreadableFileError for a file that is damaged.
    """
    try:
        return pq.ParquetFile(path, page_checksum_verification=True).read()
    except (pa.ArrowInvalid, OSError) as error:
        if isinstance(error, OSError) and not is_damage(error):
            raise
        raise UnreadableFileError(
            f"{path.name} is damaged, so nothing is made of it. Load its day again: nk backfill --force, or "
            "--from-stage for a layer after one that is whole. nk validate names every damaged file."
        ) from error


def is_damage(error: OSError) -> bool:
    """Whether it is Parquet's own complaint about the content, which has no number of the operating system."""
    return error.errno is None
