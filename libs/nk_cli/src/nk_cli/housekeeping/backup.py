"""`nk backup DIR`: the lake and the ledger in a folder, taken while nkdash runs."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import shutil
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from importlib.metadata import version as version_of_package
from pathlib import Path

from nk_cli.housekeeping.holdings import (
    LAYERS,
    Advance,
    Holding,
    files_by_partition,
    files_now,
    holding,
    nobody,
)
from nk_cli.housekeeping.manifest import (
    LAKE,
    LEDGER,
    MANIFEST,
    PARTIAL,
    Manifest,
    SavedFile,
    copy_file,
    digest,
)
from nk_cli.housekeeping.refusal import RefusedError
from nk_cli.validate.places import LakeFile
from nk_cli.validate.recorded import ledger_exists
from nk_common.clock import Clock
from nk_common.datasets.base import PartitionKey
from nk_common.lake.layout import Layout
from nk_common.lake.reader import Signature, signature_of
from nk_common.lake.writer import TEMPORARY_PREFIX
from nk_common.ledger.copying import JOURNALS, revision_of, save_ledger, sqlite_file
from nk_common.settings import LakeSettings

_TRIES, _WAIT = 8, 0.25
"""A partition's tables are replaced one after the other, which takes moments."""
_SPARE = 100 * 1024**2
_STAGING = "_staging"


@dataclass
class Backup:
    """Copies a lake into `folder`, which becomes `target` once it is whole. Everything may raise OSError."""

    layout: Layout
    folder: Path
    sleep: Callable[[float], None] = time.sleep
    files: list[SavedFile] = field(default_factory=list)
    unsettled: list[str] = field(default_factory=list)

    def save_partition(self, key: PartitionKey) -> None:
        """Copy its files so that they belong together: again, as long as it is being replaced.

        One that stays half replaced is copied as it is: some writer was killed, and what the ledger says of it
        has it made again.
        """
        saved: list[SavedFile] = []
        for attempt in range(_TRIES):
            if attempt:
                self.sleep(_WAIT)
            before = _signatures(self.layout, key)
            saved, settled = self._save_once(key)
            if settled and before == _signatures(self.layout, key):
                break
        else:
            self.unsettled.append(str(key))
        self.files += saved

    def _save_once(self, key: PartitionKey) -> tuple[list[SavedFile], bool]:
        """Its files as they are now, and whether the tables of each layer are of one version."""
        copies = Layout(self.folder / LAKE)
        for former in files_now(copies, key):
            former.path.unlink()
        saved = [copy for file in files_now(self.layout, key) if (copy := self._save(file.path))]
        held = holding(key, files_now(copies, key))
        versions = {
            file.path.relative_to(self.folder).as_posix(): stamp.version
            for where, file in held.files.items()
            if (stamp := held.stamps[where])
        }
        stamped = [one.model_copy(update={"version": versions.get(one.path)}) for one in saved]
        return stamped, _is_settled(held)

    def save_others(self, paths: Iterable[Path]) -> None:
        """Copy files that belong to no partition."""
        self.files += [copy for path in paths if (copy := self._save(path))]

    def _save(self, path: Path) -> SavedFile | None:
        """None for a file that has just been taken away."""
        relative = Path(LAKE) / path.relative_to(self.layout.root)
        try:
            size, digest = copy_file(path, self.folder / relative)
        except FileNotFoundError:
            (self.folder / relative).unlink(missing_ok=True)
            return None
        return SavedFile(path=relative.as_posix(), bytes=size, sha256=digest)


def back_up(
    settings: LakeSettings, layout: Layout, target: Path, clock: Clock, advance: Advance = nobody
) -> Manifest:
    """Write a backup into `target`, which must not exist or be empty, and appears whole.

    The ledger comes first: files only become newer, so that what a restore finds in the lake beyond it can be
    added. Raises RefusedError, LedgerUnavailableError.
    """
    target = target.resolve()
    _check_target(layout, target)
    with _writing(target), _partial(target) as folder:
        _check_space(layout, folder)
        manifest = _written(settings, Backup(layout, folder), clock, advance)
        (folder / MANIFEST).write_text(manifest.model_dump_json(indent=1))
        os.sync()
        folder.rename(target)
        _sync_folder(target.parent)
    return manifest


def _written(settings: LakeSettings, backup: Backup, clock: Clock, advance: Advance) -> Manifest:
    created_at = clock.now()
    ledger = backup.folder / LEDGER
    has_ledger = ledger_exists(settings.ledger)
    if has_ledger:
        ledger.parent.mkdir()
        save_ledger(settings.ledger, ledger)
        size, digest = _measured(ledger)
        backup.files.append(SavedFile(path=LEDGER, bytes=size, sha256=digest))
    partitions = files_by_partition(backup.layout, created_at)
    for done, key in enumerate(partitions, start=1):
        backup.save_partition(key)
        advance(done, len(partitions))
    backup.save_others(_others(backup.layout, partitions.values(), sqlite_file(settings.ledger)))
    return Manifest(
        created_at=created_at,
        nkdash=version_of_package("nkdash"),
        source=_source(backup.folder / LAKE),
        timezone=settings.timezone,
        ledger=("sqlite" if sqlite_file(settings.ledger) else "postgresql") if has_ledger else None,
        ledger_revision=revision_of(ledger) if has_ledger else None,
        partitions=len(partitions),
        unsettled=backup.unsettled,
        files=backup.files,
    )


def _signatures(layout: Layout, key: PartitionKey) -> dict[Path, Signature]:
    found = {}
    for file in files_now(layout, key):
        with contextlib.suppress(FileNotFoundError):
            found[file.path] = signature_of(file.path.stat())
    return found


def _is_settled(held: Holding) -> bool:
    return all(held.whole(layer) is not None for layer in LAYERS if held.has(layer))


def _others(layout: Layout, partitions: Iterable[Iterable[LakeFile]], ledger: Path | None) -> Iterator[Path]:
    """Files of the lake that are of no partition and no writer's temporaries; the ledger is saved by itself."""
    known = {file.path for files in partitions for file in files}
    own = {ledger.absolute().with_name(ledger.name + end) for end in ("", *JOURNALS)} if ledger else set()
    for top in (*LAYERS, "metadata"):
        for folder, below, names in os.walk(layout.root / top):
            below[:] = [name for name in below if name != _STAGING]  # chunks on their way: read again
            for path in (Path(folder, name) for name in names):
                is_ours = path in known or path.absolute() in own or path.name.startswith(TEMPORARY_PREFIX)
                if not is_ours:
                    yield path


def _source(lake: Path) -> dict[str, str] | None:
    """Which Odoo database fills the lake, as the extractor wrote it down."""
    try:
        found = json.loads((lake / "metadata" / "source.json").read_bytes())
    except (OSError, ValueError):
        return None
    return {str(name): str(value) for name, value in found.items()} if isinstance(found, dict) else None


def _measured(path: Path) -> tuple[int, str]:
    with path.open("rb") as reading:
        return digest(lambda: reading.read(1024 * 1024))


def _check_target(layout: Layout, target: Path) -> None:
    if layout.root.resolve() in (target, *target.parents):
        raise RefusedError(
            f"{target} is inside the lake, which would then hold its own backup. Name another folder."
        )
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise RefusedError(
            f"{target} is there already, and a backup overwrites nothing. Name another folder."
        )


def _check_space(layout: Layout, folder: Path) -> None:
    needed = _SPARE + sum(path.stat().st_size for path in layout.root.rglob("*.parquet"))
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise RefusedError(
            f"The disk of {folder.parent} has {free // 1024**2:,} MB left and the backup needs "
            f"{needed // 1024**2:,} MB. No backup was made. Free space, or name a folder on another disk."
        )


@contextlib.contextmanager
def _partial(target: Path) -> Iterator[Path]:
    """The folder beside `target` in which the backup is written. What an earlier, broken off one left is removed;
    of one that fails now, nothing is left."""
    folder = target.with_name(target.name + PARTIAL)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle = os.open(folder, os.O_RDONLY)
    try:
        _lock(handle, folder)
        with _removed_on_failure(folder):
            for former in folder.iterdir():
                shutil.rmtree(former) if former.is_dir() else former.unlink()
            yield folder
    finally:
        os.close(handle)


@contextlib.contextmanager
def _removed_on_failure(folder: Path) -> Iterator[None]:
    try:
        yield
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise


def _lock(handle: int, folder: Path) -> None:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise RefusedError(f"Another backup is just being written into {folder}. Wait for it.") from error


@contextlib.contextmanager
def _writing(target: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise RefusedError(
            f"No backup was made: {error.filename or target}: {error.strerror}. nkdash goes on as before. See to the "
            "disk and its permissions, or name another folder."
        ) from error


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
