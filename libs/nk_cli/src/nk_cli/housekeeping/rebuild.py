"""`nk ledger rebuild`: what the ledger should know of the lake, read from the lake's files."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pyarrow.compute as pc
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from nk_cli.housekeeping.holdings import (
    LAYERS,
    Advance,
    Holding,
    files_by_partition,
    holding,
    in_threads,
    nobody,
)
from nk_common.clock import Clock
from nk_common.datasets.base import ControlTotals
from nk_common.errors import LedgerUnavailableError, UnreadableFileError
from nk_common.lake.layout import Layout
from nk_common.lake.reader import FileStamp, read_table
from nk_common.ledger.engine import open_ledger
from nk_common.ledger.migration import migrate
from nk_common.ledger.recovery import Again, LakeLoaded, LakePartition, LedgerRecovery

WATCHED: Mapping[str, tuple[str, ...]] = {
    "pos.order": ("pos",),
    "account.move": ("invoice-sales", "purchases"),
    "stock.move.line": ("inventory-moves",),
    "stock.quant": ("stock-quants",),
}
"""Models that the change watch reads, and what it looks for in them (a test compares it with the extractor's)."""
_WATCH_AGAIN = timedelta(days=1)
"""So much before the newest reading the watch begins again: what it had seen last was perhaps not read yet."""
_NOT_USABLE = (UnreadableFileError, FileNotFoundError, KeyError)
"""Damaged, gone, or of an earlier schema."""


@dataclass(frozen=True)
class Rebuilt:
    """Partitions that the ledger did not know, knew of older versions, or knew already; `unfinished` of them wait
    for the extractor. `watermarks`: models whose changes are watched again from an earlier moment on."""

    added: int
    raised: int
    unchanged: int
    unfinished: int
    watermarks: int

    def as_dict(self) -> dict[str, int]:
        return asdict(self)


def rebuild_ledger(layout: Layout, url: str, clock: Clock, advance: Advance = nobody) -> Rebuilt:
    """Teach the ledger at `url` what the lake holds; its tables are made where there are none.

    Raises LedgerUnavailableError, ConfigurationError for an address that is none. `advance` is told of partitions.
    """
    now = clock.now()
    engine = opened(url)
    try:
        partitions = list(files_by_partition(layout, now).items())
        held = in_threads(lambda item: _described(holding(*item)), partitions, advance)
        found = [one for one in held if one is not None]
        recovery = LedgerRecovery(engine)
        outcomes = recovery.learn(found, now)
        watermarks = recovery.start_watching(_watermarks(found))
    finally:
        engine.dispose()
    return Rebuilt(
        added=outcomes["added"], raised=outcomes["raised"], unchanged=outcomes["unchanged"],
        unfinished=outcomes["again"], watermarks=watermarks,
    )  # fmt: skip


def opened(url: str) -> Engine:
    """A writing engine on a ledger whose tables are up to date. Raises LedgerUnavailableError."""
    engine = open_ledger(url, writer=True)
    try:
        migrate(engine)
    except SQLAlchemyError as error:
        engine.dispose()
        raise LedgerUnavailableError(
            "The ledger's database cannot be opened or is damaged. Nothing was changed. See that it answers; move a "
            "damaged SQLite file away (metadata/ledger.db in the lake, unless NK_LEDGER_URL says otherwise)."
        ) from error
    return engine


def _described(held: Holding) -> LakePartition | None:
    """What the files of one partition say to a ledger that knows nothing of it; None where only rejected rows are
    left of it."""
    if not any(held.has(layer) for layer in LAYERS):
        return None
    star = held.whole("star-schema")
    tables = star_tables(held, star) if star else None
    newest_read = max(held.newest_of("raw"), held.newest_of("clean"))
    loaded = _loaded(held, star, tables) if star and tables is not None else None
    finished = loaded is not None and loaded.version >= newest_read
    return LakePartition(
        key=held.key,
        version=held.newest,
        loaded=loaded,
        again=None if finished else _again(held, newest_read),
        derived=is_derived(held, tables),
    )


def _again(held: Holding, newest_read: int) -> Again:
    """The quickest way to the newest reading; what is derived is simply asked for."""
    clean, raw = held.whole("clean"), held.whole("raw")
    if clean is not None and clean.version >= newest_read:
        return "load"
    return "clean" if raw is not None and raw.version >= newest_read else "odoo"


def star_tables(held: Holding, star: FileStamp) -> dict[str, pa.Table] | None:
    """Its star tables, if each can be read and is of this very version; None otherwise."""
    paths = {name: held.files["star-schema", name].path for name in held.dataset.star}
    try:
        tables = {name: read_table(path) for name, path in paths.items()}
    except _NOT_USABLE:
        return None
    version = str(star.version).encode()
    same = all((table.schema.metadata or {}).get(b"nk.version") == version for table in tables.values())
    return tables if same else None


def _loaded(held: Holding, star: FileStamp, tables: Mapping[str, pa.Table]) -> LakeLoaded | None:
    try:
        totals: ControlTotals = held.dataset.totals(tables, "star")
    except _NOT_USABLE:
        return None
    return LakeLoaded(
        version=star.version,
        run_id=star.run,
        loaded_at=_appeared(held),
        as_of=star.read_at,
        totals=totals,
        rejected=_rejected(held, star),
    )


def _appeared(held: Holding) -> datetime:
    """When the last star file of the partition was written."""
    paths = [file.path for (layer, _table), file in held.files.items() if layer == "star-schema"]
    return datetime.fromtimestamp(max(path.stat().st_mtime for path in paths), UTC)


def _rejected(held: Holding, star: FileStamp) -> int:
    """Rows that the loaded reading rejected; files of rejected rows are left by earlier ones, too.

    Loaded again from clean, the star tables are newer than the cleaning that rejected rows.
    """
    versions = {star.version, held.newest_of("clean")}
    stamps = (stamp for (layer, _table), stamp in held.stamps.items() if layer == "rejected")
    return sum(stamp.rows for stamp in stamps if stamp and stamp.version in versions)


def is_derived(held: Holding, tables: Mapping[str, pa.Table] | None) -> bool:
    """Whether what is loaded was made from other partitions: always, or a past day's stock without a snapshot.

    Where there was no stock at all the rows cannot tell; only what was read from Odoo was ever cleaned.
    """
    if held.dataset.rebuilt != "past days":
        return held.dataset.rebuilt == "always"
    if tables is None:
        return False
    rows = tables[held.dataset.star[0]]
    return bool(pc.any(rows["reconstructed"]).as_py()) if rows.num_rows else not held.has("clean")


def _watermarks(found: Iterable[LakePartition]) -> dict[str, datetime]:
    """From when on changes in Odoo have to be looked for, by model."""
    read: dict[str, datetime] = {}
    for one in found:
        if one.loaded and not one.derived:
            read[one.key.dataset] = max(one.loaded.as_of, read.get(one.key.dataset, one.loaded.as_of))
    marks = {model: [read[name] for name in names if name in read] for model, names in WATCHED.items()}
    return {model: min(moments) - _WATCH_AGAIN for model, moments in marks.items() if moments}
