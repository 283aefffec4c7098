"""What a backup says of itself: its files with sizes and checksums, and what they are a copy of."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from datetime import datetime
from pathlib import Path, PurePosixPath

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from nk_cli.housekeeping.holdings import Advance, nobody
from nk_cli.housekeeping.refusal import RefusedError

FORMAT = 1
MANIFEST = "manifest.json"
LAKE, LEDGER = "lake", "ledger/ledger.db"
PARTIAL = ".partial"
"""How a folder's name ends in which a backup is still being written, or was broken off."""
_CHUNK = 1024 * 1024


class SavedFile(BaseModel):
    """One file. `path` is below the backup's folder; `version` is its nk.version, where it has one."""

    model_config = ConfigDict(frozen=True)

    path: str
    bytes: int = Field(ge=0)
    sha256: str
    version: int | None = None

    @field_validator("path")
    @classmethod
    def _stays_inside(cls, path: str) -> str:
        parts = PurePosixPath(path).parts
        if not parts or parts[0] not in ("lake", "ledger") or ".." in parts:
            raise ValueError("is no path of a backup")
        return path


class Manifest(BaseModel):
    """`source` names the Odoo database that fills the lake; `unsettled` are partitions that were being replaced, or
    were left half replaced, when they were copied."""

    model_config = ConfigDict(frozen=True)

    format: int = FORMAT
    created_at: datetime
    nkdash: str
    source: dict[str, str] | None
    timezone: str
    ledger: str | None = Field(description="sqlite or postgresql; null where there was none.")
    ledger_revision: str | None
    partitions: int
    unsettled: list[str]
    files: list[SavedFile]

    @property
    def bytes(self) -> int:
        return sum(file.bytes for file in self.files)


def read_manifest(backup: Path) -> Manifest:
    """Raises RefusedError for what is no whole backup, or one of another release."""
    try:
        body = (backup / MANIFEST).read_bytes()
    except OSError as error:
        raise RefusedError(
            f"{backup} is no whole backup: it has no {MANIFEST} ({error.strerror}). Nothing was changed. One that was "
            f"broken off has a name that ends with {PARTIAL}, and is of no use."
        ) from error
    try:
        return _known_format(Manifest.model_validate_json(body))
    except ValidationError as error:
        raise RefusedError(
            f"The {MANIFEST} of {backup} is damaged, so its files cannot be trusted. Nothing was changed. Take another "
            "backup."
        ) from error


def verify(backup: Path, advance: Advance = nobody) -> Manifest:
    """Read every file of the backup. Raises RefusedError when any is missing, shorter, longer or of other content."""
    manifest = read_manifest(backup)
    wrong = []
    for done, file in enumerate(manifest.files, start=1):
        if not _is_as_saved(backup / file.path, file):
            wrong.append(file.path)
        advance(done, len(manifest.files))
    if wrong:
        raise RefusedError(
            f"{len(wrong)} of {len(manifest.files)} files of the backup are missing or damaged (the first: "
            f"{wrong[0]}). Nothing was changed. Take another backup."
        )
    return manifest


def copy_file(source: Path, target: Path) -> tuple[int, str]:
    """Copy the content and the moment of change; bytes and SHA-256 of what was copied. Raises OSError.

    `source` is opened once: where it is replaced meanwhile, what is copied is the whole former file.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    with source.open("rb") as reading, target.open("wb") as writing:
        found = digest(lambda: reading.read(_CHUNK), writing.write)
        status = os.fstat(reading.fileno())
    os.utime(target, ns=(status.st_atime_ns, status.st_mtime_ns))
    return found


def _known_format(manifest: Manifest) -> Manifest:
    if manifest.format != FORMAT:
        raise RefusedError(
            f"The backup has format {manifest.format}, and this nkdash knows {FORMAT}. Nothing was changed. Restore it "
            "with the nkdash that made it, or a newer one."
        )
    return manifest


def _is_as_saved(path: Path, file: SavedFile) -> bool:
    try:
        with path.open("rb") as reading:
            return digest(lambda: reading.read(_CHUNK)) == (file.bytes, file.sha256)
    except OSError:
        return False


def digest(read: Callable[[], bytes], write: Callable[[bytes], object] = lambda _: None) -> tuple[int, str]:
    """Bytes and SHA-256 of what `read` gives until it gives nothing; `write` is handed all of it."""
    made, count = hashlib.sha256(), 0
    while chunk := read():
        made.update(chunk)
        write(chunk)
        count += len(chunk)
    return count, made.hexdigest()
