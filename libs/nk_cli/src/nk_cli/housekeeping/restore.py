"""`nk restore DIR`: a lake and a ledger from a backup, checked to the last byte before anything is changed."""

from __future__ import annotations

import contextlib
import os
import shutil
import uuid
from collections.abc import Iterable, Iterator
from pathlib import Path

from nk_cli.housekeeping.holdings import LAYERS, Advance, nobody
from nk_cli.housekeeping.manifest import LAKE, LEDGER, Manifest, SavedFile, copy_file
from nk_cli.housekeeping.rebuild import Rebuilt, rebuild_ledger
from nk_cli.housekeeping.refusal import RefusedError
from nk_common.clock import Clock
from nk_common.errors import ConfigurationError, LedgerUnavailableError
from nk_common.lake.layout import Layout
from nk_common.lake.writer import TEMPORARY_PREFIX
from nk_common.ledger.copying import is_empty, load_ledger, sqlite_file, upgraded
from nk_common.settings import LakeSettings

_ARRIVING, _FORMER = ".restoring-", ".replaced-"
"""How folders of the lake begin that hold what is on its way in, and what is on its way out."""
_HALF = (
    "The lake may be that of the backup already, and the ledger the former one: run nk restore with --force before "
    "nkdash starts."
)


def check_place(settings: LakeSettings, manifest: Manifest, *, force: bool) -> None:
    """Raises RefusedError where something is in the way, ConfigurationError for days of another time zone."""
    if manifest.timezone != settings.timezone:
        raise ConfigurationError(
            f"The backup's days are those of {manifest.timezone} and NK_TIMEZONE is {settings.timezone}: every figure "
            "would be on the wrong day. Nothing was changed. Set NK_TIMEZONE as it was."
        )
    layout = Layout(settings.data_lake_root)
    there = {"lake": _holds_files(layout), "ledger": _holds_ledger(settings.ledger)}
    held = [name for name, is_there in there.items() if is_there]
    if held and not force:
        raise RefusedError(
            f"The {' and the '.join(held)} here would be lost ({layout.root.absolute()}). Nothing was changed. Set "
            "DATA_LAKE_ROOT (and NK_LEDGER_URL) to an empty place, or add --force to replace what is there."
        )


def restore(
    settings: LakeSettings, backup: Path, manifest: Manifest, serving: Iterable[Path], clock: Clock,
    advance: Advance = nobody,
) -> Rebuilt:  # fmt: skip
    """Put the lake and the ledger of a verified backup in place of what is there.

    Everything is copied and checked once more before anything is replaced. Broken off while it replaces, it leaves
    fewer days and no mixture; run again with force, it is brought to its end. Returns what the ledger had to learn of
    the lake. Raises RefusedError, LedgerUnavailableError.
    """
    layout = Layout(settings.data_lake_root)
    arriving = layout.root / f"{_ARRIVING}{uuid.uuid4().hex}"
    with _removed(arriving):
        with _refusing(
            layout.root, "Nothing was changed. Free space or mend the permissions, and try again."
        ):
            layout.root.mkdir(parents=True, exist_ok=True)
            _sweep(layout.root)
            _copy_in(backup, manifest, arriving, advance)
            upgraded(arriving / LEDGER)  # an empty one where the backup has none
            os.sync()
        with _refusing(layout.root, _HALF):
            _replace_lake(layout, arriving / LAKE)
            _replace_ledger(settings, layout, arriving / LEDGER)
            for path in serving:
                path.unlink(missing_ok=True)  # it may hold days that are newer than what was restored
            _sweep(layout.root)
    return rebuild_ledger(layout, settings.ledger, clock)


def _holds_files(layout: Layout) -> bool:
    return any(path.is_file() for layer in LAYERS for path in (layout.root / layer).rglob("*"))


def _holds_ledger(url: str) -> bool:
    """A SQLite file that is damaged counts; a server that does not answer has to, before anything is replaced."""
    try:
        return not is_empty(url)
    except LedgerUnavailableError:
        if sqlite_file(url):
            return True
        raise


def _copy_in(backup: Path, manifest: Manifest, arriving: Path, advance: Advance) -> None:
    for top in (LAKE, "ledger"):
        (arriving / top).mkdir(parents=True)
    for done, file in enumerate(manifest.files, start=1):
        _check(file, copy_file(backup / file.path, arriving / file.path))
        advance(done, len(manifest.files))


def _check(file: SavedFile, copied: tuple[int, str]) -> None:
    if copied != (file.bytes, file.sha256):
        raise RefusedError(
            f"{file.path} of the backup was changed while it was restored. Nothing was changed here. Try again."
        )


def _replace_lake(layout: Layout, arriving: Path) -> None:
    """First all that is there goes out, then all that arrives comes in: never days of two lakes beside each other."""
    former = layout.root / f"{_FORMER}{uuid.uuid4().hex}"
    former.mkdir()
    for layer in LAYERS:
        if (layout.root / layer).exists():
            (layout.root / layer).rename(former / layer)
    for layer in LAYERS:
        if (arriving / layer).exists():
            (arriving / layer).rename(layout.root / layer)
        else:
            (layout.root / layer).mkdir()
    layout.metadata.mkdir(exist_ok=True)
    for path in [path for path in (arriving / "metadata").rglob("*") if path.is_file()]:
        target = layout.root / path.relative_to(arriving)
        target.parent.mkdir(parents=True, exist_ok=True)
        path.replace(target)


def _replace_ledger(settings: LakeSettings, layout: Layout, arriving: Path) -> None:
    prepared = layout.metadata / f"{TEMPORARY_PREFIX}{uuid.uuid4().hex}"
    arriving.replace(prepared)
    try:
        load_ledger(prepared, settings.ledger)
    finally:
        prepared.unlink(missing_ok=True)


def _sweep(root: Path) -> None:
    """Remove what this, or an earlier one that was broken off, left."""
    for prefix in (_ARRIVING, _FORMER):
        for folder in root.glob(f"{prefix}*"):
            shutil.rmtree(folder)


@contextlib.contextmanager
def _removed(folder: Path) -> Iterator[None]:
    try:
        yield
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def _refusing(root: Path, state: str) -> Iterator[None]:
    """What went wrong, and the `state` in which everything is then."""
    try:
        yield
    except OSError as error:
        reason = f"{error.filename or root}: {error.strerror}"
        raise RefusedError(f"The backup could not be restored into {root}: {reason}. {state}") from error
    except LedgerUnavailableError as error:
        raise RefusedError(f"{error} {state}") from error
