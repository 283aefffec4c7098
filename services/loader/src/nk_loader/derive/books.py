"""Day files of a star table, kept in memory and in step with the lake."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Generic, TypeVar

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from nk_common.errors import TransientError, UnreadableFileError
from nk_common.lake.layout import Layout
from nk_common.lake.reader import FileStamp, is_damage, read_stamp

T = TypeVar("T")
Signature = tuple[int, int, int]
"""Changes whenever a file is replaced: modification time, size, inode."""


@dataclass(frozen=True)
class Entry(Generic[T]):
    """What one day's file held when it had this signature."""

    signature: Signature
    content: T


class DayFiles(Generic[T]):
    """The day files of one star table, each read once for as long as it stays the same.

    Asking for a day costs one look at its file, so another process may replace files at any time. May be
    used by several threads: at worst two of them read the same file.
    """

    def __init__(self, layout: Layout, table: str, read: Callable[[Path], T]) -> None:
        self._layout = layout
        self._table = table
        self._read = read
        self._entries: dict[date, Entry[T]] = {}
        # Looking at a thousand files takes less time than putting their paths together.
        self._paths: dict[date, str] = {}

    def entry(self, day: date) -> Entry[T] | None:
        """What the file of `day` holds now; None where there is none. Raises as `readable` does."""
        path = self._paths.get(day) or self._paths.setdefault(day, str(self._layout.star(self._table, day)))
        # Looked at before it is read: of a file replaced in between, the next look sees the difference.
        seen = _signature(path)
        if seen is None:
            self._entries.pop(day, None)
            return None
        known = self._entries.get(day)
        if known is None or known.signature != seen:
            with readable(Path(path)):
                known = Entry(seen, self._read(Path(path)))
            self._entries[day] = known
        return known

    def days(self) -> list[date]:
        """Days that have a folder, oldest first."""
        return sorted(_days_below(str(self._layout.root / "star-schema" / self._table)))


@contextlib.contextmanager
def readable(path: Path) -> Iterator[None]:
    """Raises TransientError for a file that vanished, UnreadableFileError for one that is damaged."""
    try:
        yield
    except FileNotFoundError as error:
        raise TransientError(f"{path.name} was taken away while it was read; it is tried again.") from error
    except (pa.ArrowException, OSError) as error:
        if isinstance(error, OSError) and not is_damage(error):
            raise
        raise UnreadableFileError(_damaged(path)) from error


def read_frame(path: Path, columns: Sequence[str] | None = None) -> pl.DataFrame:
    """Rows of one file; those of `columns` that it has. Their pages must match their checksums."""
    file = pq.ParquetFile(path, page_checksum_verification=True)
    wanted = None if columns is None else [name for name in columns if name in file.schema_arrow.names]
    return pl.DataFrame(pl.from_arrow(file.read(columns=wanted)))


def stamp_of(path: Path) -> FileStamp:
    """The stamp of a file that must have one. Raises as `readable` does."""
    stamp = read_stamp(path)
    if stamp is not None:
        return stamp
    if not path.exists():
        raise TransientError(f"{path.name} was taken away while it was read; it is tried again.")
    raise UnreadableFileError(_damaged(path))


def odoo_moment(stamp: FileStamp) -> datetime:
    """When Odoo was asked for what a file holds. A version is the microsecond at which its making began."""
    return stamp.as_of or datetime.fromtimestamp(stamp.version / 1e6, UTC)


def _damaged(path: Path) -> str:
    return (
        f"{path.name} is damaged or no file of ours, so nothing is derived from it. Load its day again with nk "
        "backfill --from-stage clean, and what is made of it follows by itself."
    )


def _signature(path: str) -> Signature | None:
    try:
        status = os.stat(path)  # noqa: PTH116
    except FileNotFoundError:
        return None
    return status.st_mtime_ns, status.st_size, status.st_ino


def _days_below(folder: str) -> Iterator[date]:
    for year in _below(folder, "year="):
        for month in _below(year, "month="):
            for day in _below(month, "day="):
                with contextlib.suppress(ValueError):  # a folder that is no day is somebody else's
                    yield date(int(year[-4:]), int(month[-2:]), int(day[-2:]))


def _below(folder: str, prefix: str) -> list[str]:
    try:
        return [f"{folder}/{name}" for name in os.listdir(folder) if name.startswith(prefix)]  # noqa: PTH208
    except (FileNotFoundError, NotADirectoryError):
        return []
