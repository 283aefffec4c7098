"""Reading the lake: tables, and the stamp that says which extraction a file holds."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import UTC, datetime
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

    @property
    def read_at(self) -> datetime:
        """When Odoo was read. A version is the microsecond at which its making began."""
        return self.as_of or datetime.fromtimestamp(self.version / 1e6, UTC)


Signature = tuple[int, int, int]
"""Changes whenever a file is replaced: modification time, size, inode."""


def signature_of(status: os.stat_result) -> Signature:
    """Of a file's status."""
    return status.st_mtime_ns, status.st_size, status.st_ino


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
        raise UnreadableFileError(damaged(path)) from error


def damaged(path: Path) -> str:
    """What people are told of a file that cannot be read."""
    return (
        f"{path.name} is damaged or no file of ours, so nothing is made of it. Load its day again with "
        "nk backfill --force, or from a layer before it with nk backfill --from-stage clean (or raw). "
        "nk validate names every damaged file."
    )


def is_damage(error: OSError) -> bool:
    """Whether it is Parquet's own complaint about the content, which has no number of the operating system."""
    return error.errno is None
