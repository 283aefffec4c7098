"""Day files of a star table, kept in memory and in step with the lake."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Generic, TypeVar

import pyarrow as pa

from nk_common.errors import TransientError, UnreadableFileError
from nk_common.lake.layout import Layout
from nk_common.lake.reader import Signature, damaged, is_damage, signature_of

T = TypeVar("T")


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
        seen = _signature_at(path)
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
        raise UnreadableFileError(damaged(path)) from error


def _signature_at(path: str) -> Signature | None:
    try:
        return signature_of(os.stat(path))  # noqa: PTH116
    except FileNotFoundError:
        return None


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
