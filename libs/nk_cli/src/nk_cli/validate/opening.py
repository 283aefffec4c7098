"""Files that cannot be used: unreadable, corrupted, truncated, foreign, or of another schema."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from nk_cli.validate.finding import Kind
from nk_cli.validate.partition import Content
from nk_cli.validate.places import LakeFile
from nk_common.lake.reader import FileStamp

_MAGIC = b"PAR1"
_MEANS = {
    "raw": "The figures stand, but the day cannot be cleaned again without asking Odoo.",
    "clean": "The figures stand, but the day cannot be loaded again from clean.",
    "rejected": "The figures stand, but the rows that were rejected cannot be looked at.",
    "star-schema": "nkdash leaves it out or keeps what it had; other programs that read it stop with an error.",
}

Trouble = tuple[Kind, str]
"""What is wrong with a file, and the sentence that says it."""


def open_file(file: LakeFile, read: Callable[[Path], bytes] = Path.read_bytes) -> Content | Trouble | None:
    """The content, or what is wrong with it; None when the file has just gone."""
    try:
        body = read(file.path)
    except FileNotFoundError:
        return None
    except OSError as error:
        return "unreadable", f"The file cannot be read: {error.strerror or error}. {_means(file)}"
    return _no_parquet(file, body) or _read(file, body)


def _no_parquet(file: LakeFile, body: bytes) -> Trouble | None:
    begins, ends = body[:4] == _MAGIC, len(body) > 8 and body[-4:] == _MAGIC
    if begins and ends:
        return None
    if begins or not body:
        return "truncated", f"The end of the file is missing ({len(body)} bytes are there). {_means(file)}"
    if ends:
        return "corrupted", f"The beginning of the file is overwritten. {_means(file)}"
    return "foreign", f"This is no Parquet file, so nkdash did not write it. {_means(file)}"


def _read(file: LakeFile, body: bytes) -> Content | Trouble:
    try:
        source = pq.ParquetFile(pa.BufferReader(body), page_checksum_verification=True)
        stamp = _stamp(source)
        if stamp is None:
            return "foreign", f"The file has no nk.version, so nkdash did not write it. {_means(file)}"
        wrong = _wrong_schema(file, source.schema_arrow)
        if wrong:
            return "wrong-schema", f"{wrong} {_means(file)}"
        rows = source.read(use_threads=False)  # small files; whoever calls has threads
        rows.validate(full=True)
    except (pa.ArrowException, OSError, ValueError) as error:
        return "corrupted", f"The content is damaged ({_first_line(error)}). {_means(file)}"
    return _checked(file, Content(file, stamp, rows))


def _checked(file: LakeFile, content: Content) -> Content | Trouble:
    promised, rows = content.stamp.rows, content.rows
    if promised != rows.num_rows:
        sentence = f"It was written with {promised} rows and holds {rows.num_rows}."
        return "corrupted", f"{sentence} {_means(file)}"
    required = [f.name for f in (file.place.schema or ()) if not f.nullable]
    empty = [name for name in required if rows[name].null_count]
    if empty:
        return "wrong-schema", f"{', '.join(empty)} must never be null, and is. {_means(file)}"
    return content


def _stamp(source: pq.ParquetFile) -> FileStamp | None:
    """As `nk_common.lake.reader.read_stamp`, but `rows` are those that the writer promised."""
    pairs = source.metadata.metadata or {}
    version = pairs.get(b"nk.version", b"")
    if not version.isdigit():
        return None
    as_of = pairs.get(b"nk.as_of", b"").decode()
    return FileStamp(
        version=int(version),
        run=pairs.get(b"nk.run", b"").decode(),
        rows=int(pairs.get(b"nk.rows", str(source.metadata.num_rows).encode())),
        as_of=datetime.fromisoformat(as_of) if as_of else None,
    )


def _wrong_schema(file: LakeFile, found: pa.Schema) -> str:
    """What differs from the declared schema, in a sentence; empty when nothing does."""
    declared = file.place.schema
    if declared is None:
        return ""
    missing = [name for name in declared.names if name not in found.names]
    extra = [name for name in found.names if name not in declared.names]
    shared = [name for name in declared.names if name in found.names]
    other = [
        f"{name} is {found.field(name).type} instead of {declared.field(name).type}"
        for name in shared
        if found.field(name).type != declared.field(name).type
    ]
    parts = [
        *([f"columns missing: {', '.join(missing)}"] if missing else []),
        *([f"columns that nobody declared: {', '.join(extra)}"] if extra else []),
        *other,
    ]
    return f"The file has another schema ({'; '.join(parts)})." if parts else ""


def _means(file: LakeFile) -> str:
    return _MEANS[file.place.layer]


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0].rstrip(".")
