"""What the lake holds: which partitions have changed, and the rows of one partition as a whole."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import BinaryIO, Literal

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from nk_common.datasets.base import PartitionKey
from nk_common.errors import NkError, SchemaMismatchError
from nk_common.lake.layout import Layout
from nk_common.lake.reader import Signature, signature_of
from nk_common.lake.writer import conform
from nk_common.star import TABLES, tables_of
from nk_common.star.base import StarTable

Signatures = dict[str, Signature]
"""By table, of one partition."""

State = Literal["absent", "incomplete", "mixed", "unreadable", "known", "new"]


@dataclass(frozen=True)
class Content:
    """What the lake holds for one partition, seen at one moment.

    `incomplete`: a table has no file. `mixed`: its tables are of different versions, so a replacement is
    under way. `known`: not newer than what the reader already has. Only `new` carries rows.
    `as_of` is when Odoo was read (UTC), as the files of `new` and `known` say; None where they do not.
    """

    state: State
    version: int = 0
    tables: dict[str, pa.Table] = field(default_factory=dict)
    signatures: Signatures = field(default_factory=dict)
    as_of: datetime | None = None
    reason: str = ""

    @property
    def rows(self) -> int:
        """Rows of the partition's main table."""
        return next((table.num_rows for table in self.tables.values()), 0)


class LakeFiles:
    """The star-schema layer of one lake, read only."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._layout = Layout(root)

    def is_away(self) -> bool:
        """The lake itself is missing (not mounted, not made yet), which is not the same as empty."""
        return not self._root.is_dir()

    def walk(self) -> dict[PartitionKey, Signatures]:
        """Every partition with the signatures of its files. Raises OSError: half a walk is no walk."""
        found: dict[PartitionKey, Signatures] = {}
        for table in TABLES:
            for day, signature in self._files(table):
                found.setdefault(PartitionKey(table.dataset, day), {})[table.name] = signature
        return found

    def read(self, key: PartitionKey, newer_than: int | None) -> Content:
        """The partition, if its version is newer than `newer_than`.

        Each file is opened once, and its stamp and rows are read through that handle: a file replaced
        meanwhile is a different one, which the versions give away.
        """
        tables = tables_of(key.dataset)
        with contextlib.ExitStack() as stack:
            opened: dict[str, BinaryIO] = {}
            for table in tables:
                with contextlib.suppress(FileNotFoundError):
                    opened[table.name] = stack.enter_context(
                        self._layout.star(table.name, key.day).open("rb")
                    )
            if not opened or len(opened) < len(tables):
                return Content("incomplete" if opened else "absent")
            signatures = {name: signature_of(os.fstat(file.fileno())) for name, file in opened.items()}
            try:
                return _read(key, opened, signatures, newer_than)
            except (pa.ArrowException, OSError, NkError) as error:  # OSError: also wrong checksums
                return Content("unreadable", signatures=signatures, reason=str(error).splitlines()[0])

    def _files(self, table: StarTable) -> Iterator[tuple[date | None, Signature]]:
        if table.kind == "dimension":
            with contextlib.suppress(FileNotFoundError):
                yield None, signature_of(self._layout.star(table.name, None).stat())
            return
        base = self._root / "star-schema" / table.name
        for folder in _folders(_folders(_folders([base], "year="), "month="), "day="):
            for entry in _entries(folder):
                day = _day_of(entry.name, table.name)
                if day:
                    with contextlib.suppress(FileNotFoundError):
                        yield day, signature_of(entry.stat())


def to_text(signatures: Signatures) -> str:
    """Signatures as text that can be kept."""
    return json.dumps(signatures)


def from_text(text: str) -> Signatures:
    """What `to_text` made."""
    return {name: (mtime, size, inode) for name, (mtime, size, inode) in json.loads(text or "{}").items()}


def _read(
    key: PartitionKey, opened: dict[str, BinaryIO], signatures: Signatures, newer_than: int | None
) -> Content:
    # Read in one go: pyarrow would come back to Python for every column of every file.
    files = {
        name: pq.ParquetFile(pa.BufferReader(file.read()), page_checksum_verification=True)
        for name, file in opened.items()
    }
    versions = {_version(name, file) for name, file in files.items()}
    if len(versions) > 1:
        return Content("mixed", max(versions))
    version = versions.pop()
    as_of = min((moment for name, file in files.items() if (moment := _as_of(name, file))), default=None)
    if newer_than is not None and version <= newer_than:
        return Content("known", version, signatures=signatures, as_of=as_of)
    # One thread: the files are small, and dividing them costs more than reading them.
    tables = {
        table.name: _checked(table, key.day, files[table.name].read(use_threads=False))
        for table in tables_of(key.dataset)
    }
    return Content("new", version, tables, signatures, as_of)


def _version(name: str, file: pq.ParquetFile) -> int:
    stamp = (file.metadata.metadata or {}).get(b"nk.version")
    if stamp is None or not stamp.isdigit():
        raise SchemaMismatchError(f"{name}: the file has no nk.version, so nkdash did not write it.")
    return int(stamp)


def _as_of(name: str, file: pq.ParquetFile) -> datetime | None:
    text = (file.metadata.metadata or {}).get(b"nk.as_of", b"").decode(errors="replace")
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise SchemaMismatchError(f"{name}: nk.as_of ({text}) is no moment, so nkdash did not write it.")
    return moment.astimezone(UTC)


def _checked(table: StarTable, day: date | None, rows: pa.Table) -> pa.Table:
    """The rows, if they are what the table promises. Raises SchemaMismatchError.

    A row of another day would stay behind when its partition is replaced, and a key that comes twice
    would double revenue in every join; neither gets in.
    """
    # Hardly ever: to cast thousands of files into what they are takes seconds.
    if not rows.schema.equals(table.schema):
        rows = conform(rows, table.schema, table.name)
    rows = rows.replace_schema_metadata(None)
    if day is None:
        if rows.group_by(list(table.key)).aggregate([]).num_rows != rows.num_rows:
            raise SchemaMismatchError(f"{table.name}: {', '.join(table.key)} comes twice.")
    elif rows.num_rows:
        # Some facts have a time of day and some have not: only the day is compared.
        span = pc.min_max(rows[table.day].cast(pa.date32(), safe=False)).as_py()
        if (span["min"], span["max"]) != (day, day):
            raise SchemaMismatchError(f"{table.name}: the file of {day} has rows of another day.")
    return rows


def _folders(bases: Iterable[str | Path], prefix: str) -> Iterator[str]:
    for base in bases:
        for entry in _entries(base):
            if entry.name.startswith(prefix) and entry.is_dir():
                yield entry.path


def _entries(folder: str | Path) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return list(entries)
    except FileNotFoundError:
        return []


def _day_of(file_name: str, table: str) -> date | None:
    text = file_name.removeprefix(f"{table}_").removesuffix(".parquet")
    try:
        return date.fromisoformat(text) if len(text) == 10 else None
    except ValueError:
        return None
