"""Writing Parquet so that a reader sees the old file or the new one, and never anything else."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from nk_common.errors import DiskError, SchemaMismatchError
from nk_common.lake.reader import read_stamp

TEMPORARY_PREFIX = ".tmp-"
# Without dictionaries zstd makes these files 40 % smaller, and in less time (docs/measurements.md).
FILE_OPTIONS: Mapping[str, Any] = {
    "compression": "zstd",
    "use_dictionary": False,
    "write_page_index": True,
    "write_page_checksum": True,
}
"""How pyarrow writes every file of the lake."""
_DISK_WORDS = {
    errno.ENOSPC: "The disk is full",
    errno.EDQUOT: "The disk quota is used up",
    errno.EROFS: "The disk is read-only",
    errno.EACCES: "Writing is not allowed",
}


@dataclass(frozen=True)
class Stamp:
    """Which extraction a file holds: `version` only grows, `run` says who asked for it, `as_of` when Odoo
    was read (None where it is not known)."""

    version: int
    run: str
    as_of: datetime | None = None


def write_table(path: Path, table: pa.Table, schema: pa.Schema, stamp: Stamp) -> bool:
    """Replace `path` by `table`, unless it already holds this version or a newer one.

    Returns whether it wrote. Raises SchemaMismatchError when `table` is not of `schema`, DiskError when
    the lake cannot be written. The columns of `table` may come in any order.
    """
    content = stamped(table, schema, stamp, path.name)
    with disk_errors(path), folder_lock(path.parent):
        held = read_stamp(path)
        if held is not None and held.version >= stamp.version:
            return False
        _replace(path, content)
    return True


def stamped(table: pa.Table, schema: pa.Schema, stamp: Stamp, name: str) -> pa.Table:
    """`table` as a file of the lake holds it: exactly of `schema`, and its stamp in the metadata. Raises
    SchemaMismatchError, which calls it `name`."""
    checked = conform(table, schema, name)
    metadata = {
        **(checked.schema.metadata or {}),
        b"nk.version": str(stamp.version).encode(),
        b"nk.run": stamp.run.encode(),
        b"nk.rows": str(checked.num_rows).encode(),
        b"nk.as_of": stamp.as_of.isoformat().encode() if stamp.as_of else b"",
    }
    return checked.replace_schema_metadata(metadata)


def conform(table: pa.Table, schema: pa.Schema, name: str) -> pa.Table:
    """`table` with exactly the columns of `schema`, cast without loss. Raises SchemaMismatchError."""
    missing = [f.name for f in schema if f.name not in table.column_names]
    extra = [c for c in table.column_names if c not in schema.names]
    if missing or extra:
        raise SchemaMismatchError(f"{name}: missing columns {missing}, unexpected columns {extra}.")
    try:
        return table.select(schema.names).cast(schema)
    except (pa.ArrowException, ValueError) as error:
        raise SchemaMismatchError(f"{name}: {error}") from error


def write_bytes(path: Path, content: bytes, *, durable: bool = True) -> None:
    """Replace `path` by `content` in one step; `durable`: also if the power goes. Raises DiskError."""
    with disk_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_name(f"{TEMPORARY_PREFIX}{uuid.uuid4().hex}")
        with temporary.open("wb") as file:
            file.write(content)
            if durable:
                file.flush()
                _sync(file.fileno())
        temporary.replace(path)


@contextlib.contextmanager
def disk_errors(path: Path) -> Iterator[None]:
    """Say in a sentence what the operating system says in a number."""
    try:
        yield
    except OSError as error:
        words = _DISK_WORDS.get(error.errno or 0, error.strerror or str(error))
        raise DiskError(
            f"{words}: {path.parent} could not be written, so this day is not loaded. "
            "Free space or mend the permissions; it is tried again by itself."
        ) from error


def _replace(path: Path, table: pa.Table) -> None:
    temporary = path.with_name(f"{TEMPORARY_PREFIX}{uuid.uuid4().hex}")
    try:
        pq.write_table(table, temporary, **FILE_OPTIONS)
        with temporary.open("rb") as file:
            _sync(file.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        _sync(folder)
    finally:
        os.close(folder)


@contextlib.contextmanager
def folder_lock(folder: Path) -> Iterator[None]:
    """One writer per folder at a time, so that 'is mine newer?' and the rename are one step.

    The lock is on the folder itself: it dies with its holder and leaves no file behind.
    """
    folder.mkdir(parents=True, exist_ok=True)
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _sync(descriptor: int) -> None:
    os.fsync(descriptor)


def sweep_temporaries(root: Path, older_than: float) -> int:
    """Remove what a killed writer left behind: temporaries last touched before `older_than` (epoch)."""
    swept = 0
    for leftover in temporaries(root, older_than):
        with contextlib.suppress(FileNotFoundError):
            leftover.unlink()
            swept += 1
    return swept


def temporaries(root: Path, older_than: float) -> Iterator[Path]:
    """Temporaries last touched before `older_than` (epoch): nobody writes into them any more."""
    for leftover in root.rglob(f"{TEMPORARY_PREFIX}*"):
        with contextlib.suppress(FileNotFoundError):
            if leftover.stat().st_mtime < older_than:
                yield leftover
