"""The star schema of a made-up lake of any size, for benchmarks of queries.

    root = lake_for(M)                                 # made once, kept outside the repository
    write_lake(Path("/some/dir"), S, datasets=["pos", "profit", "dimensions"])
    write_day(root, M, date(2026, 6, 1), version)      # the day was loaded again, a little different

From the command line, with `PYTHONPATH=tests`: `.venv/bin/python -m benchmarks.scale_lake M /some/dir`.

Orders, their lines and payments, invoices, bills, moves and stock fit together as those of a shop do; profit
is what the loader makes of them. Invoices move no stock. Every number follows from the seed. Longer lakes are
made by processes of their own, so a script that asks for one needs its `if __name__ == "__main__":`.
"""

from __future__ import annotations

import fcntl
import hashlib
import shutil
import sys
import tempfile
from collections.abc import Callable, Collection, Iterator
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from multiprocessing import get_context
from pathlib import Path
from typing import Any, TypeVar
from zlib import crc32

import numpy as np
from rich.progress import Progress

from benchmarks.scale_catalogue import Ints
from benchmarks.scale_days import (
    INVENTORY_MOVES,
    INVOICES,
    POS,
    PROFIT,
    RUN,
    STOCK_QUANTS,
    Span,
    day_tables,
    write_new,
    write_snapshots,
    write_span,
)
from benchmarks.scale_dimensions import dimension_frames
from benchmarks.scale_stock import opening_stock
from benchmarks.scale_world import LAST_DAY, SCALES, L, M, S, Scale, read_at, version_of, world_of
from nk_common.datasets import DAILY, REGISTRY, expand
from nk_common.lake.layout import Layout
from nk_common.lake.writer import FILE_OPTIONS, Stamp, write_table
from nk_common.star import BY_NAME, TABLES

__all__ = ["SCALES", "L", "M", "S", "Scale", "lake_for", "version_of", "write_day", "write_lake"]

PROCESSES = 2
RELOADED = (POS, INVOICES, INVENTORY_MOVES, PROFIT)
_SPAN = 37
"""Days that a process makes at a time."""
_COMPLETE = ".complete"
Advance = Callable[[int, int], None]
"""Told how many days are written, and of how many; stock counts days of its own."""


def write_lake(
    root: Path,
    scale: Scale,
    *,
    last_day: date = LAST_DAY,
    seed: int = 7,
    datasets: Collection[str] | None = None,
    progress: Advance | None = None,
) -> None:
    """Write the star schema of all days up to `last_day` below `root`, over what is there.

    `datasets`: names as commands take them, 'dimensions' too; all by default. Raises BadCommandError for
    an unknown one.
    """
    names = _names(datasets if datasets is not None else [dataset.name for dataset in REGISTRY])
    whole = Span(root, scale, last_day, seed, names, 0, scale.days)
    _write_dimensions(whole)
    spans = _parts(whole)
    has_stock = STOCK_QUANTS in names
    count = _Count(scale.days * (1 + has_stock), progress or (lambda _done, _of: None))
    if not names & {dataset.name for dataset in DAILY}:
        return
    with _workers(len(spans)) as submit:
        changes = _results(spans, [submit(write_span, span) for span in spans], count)
        if has_stock:
            parts = zip(spans, _stock_before(whole, changes), changes, strict=True)
            _results(spans, [submit(write_snapshots, *part) for part in parts], count)


def write_day(
    root: Path,
    scale: Scale,
    day: date,
    version: int,
    *,
    last_day: date = LAST_DAY,
    seed: int = 7,
    datasets: Collection[str] = RELOADED,
) -> None:
    """Write one day's partitions again, by the loader's own writer, as `version`: microseconds since 1970.

    One order in a hundred and one invoice are missing then, others for another version; only
    `version_of(day)` is the day as `write_lake` writes it. Of an older version than the lake has, nothing is
    written. `last_day` and `seed` are those of the lake; snapshots of stock stay as they are. Raises
    ValueError for a day that is not in the lake.
    """
    world = world_of(scale, last_day, seed)
    variant = 0 if version == version_of(day) else 1 + crc32(str(version).encode()) % 100
    stamp = Stamp(version, f"{RUN}-{version}", read_at(day, version))
    tables, _ = day_tables(world, world.index(day), _names(datasets), variant)
    layout = Layout(root)
    for name, table in tables.items():
        write_table(layout.star(name, day), table, BY_NAME[name].schema, stamp)


def lake_for(scale: Scale, progress: Advance | None = None) -> Path:
    """Root of a whole lake of `scale`, which is made unless this very generator made it before.

    It lies below the system's folder for temporary files. Others who ask meanwhile wait. Do not change it.
    """
    base = Path(tempfile.gettempdir()) / "nkdash-bench"
    base.mkdir(exist_ok=True)
    root = base / f"{scale.name}-{_fingerprint(scale)}"
    with (base / f"{root.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (root / _COMPLETE).exists():
            shutil.rmtree(root, ignore_errors=True)
            write_lake(root, scale, progress=progress)
            (root / _COMPLETE).touch()
    return root


def _fingerprint(scale: Scale) -> str:
    """Of all that decides what is in the files."""
    parts = (
        "bills", "catalogue", "columns", "days", "dimensions", "invoices", "lake", "sales", "stock", "world",
    )  # fmt: skip
    digest = hashlib.sha256(repr((scale, dict(FILE_OPTIONS))).encode())
    for part in parts:
        digest.update(Path(__file__).with_name(f"scale_{part}.py").read_bytes())
    for table in TABLES:
        digest.update(f"{table.name}{table.schema}".encode())
    return digest.hexdigest()[:12]


def _names(datasets: Collection[str]) -> frozenset[str]:
    return frozenset(dataset.name for dataset in expand(list(datasets)))


def _write_dimensions(span: Span) -> None:
    stamp = Stamp(version_of(span.last_day), RUN, read_at(span.last_day))
    frames = dimension_frames(span.world)
    wanted = {name: frame for name, frame in frames.items() if BY_NAME[name].dataset in span.datasets}
    write_new(span.root, {name: frame.to_arrow() for name, frame in wanted.items()}, None, stamp)


def _parts(whole: Span) -> list[Span]:
    starts = range(whole.first, whole.end, _SPAN)
    return [replace(whole, first=first, end=min(first + _SPAN, whole.end)) for first in starts]


def _stock_before(whole: Span, changes: list[Ints]) -> list[Ints]:
    """What was on hand before each span."""
    opening = opening_stock(whole.world)
    sums = np.stack([change.sum(axis=0) for change in changes])
    return list(opening + sums.cumsum(axis=0) - sums)


T = TypeVar("T")
Submit = Callable[..., "Future[Any]"]


@contextmanager
def _workers(spans: int) -> Iterator[Submit]:
    """Runs calls in processes of their own, but in this one where there is too little to share."""
    if spans <= PROCESSES:
        yield _done
        return
    # Not forked: polars has threads, which a fork does not take along.
    with ProcessPoolExecutor(PROCESSES, mp_context=get_context("spawn")) as pool:
        yield pool.submit


def _done(call: Callable[..., T], *arguments: Any) -> Future[T]:
    future: Future[T] = Future()
    future.set_result(call(*arguments))
    return future


class _Count:
    """Days that are done, told to whoever asked."""

    def __init__(self, total: int, advance: Advance) -> None:
        self._done, self._total, self._advance = 0, total, advance

    def add(self, days: int) -> None:
        self._done += days
        self._advance(self._done, self._total)


def _results(spans: list[Span], futures: list[Future[T]], count: _Count) -> list[T]:
    """Results in the order of `spans`, counted as they come."""
    of = dict(zip(futures, spans, strict=True))
    try:
        for future in as_completed(futures):
            future.result()
            count.add(of[future].end - of[future].first)
    finally:
        for future in futures:
            future.cancel()  # after a failure the others are in vain
    return [future.result() for future in futures]


def main(arguments: list[str]) -> None:
    """Scale and folder; a lake that is there already is written over."""
    if len(arguments) != 2 or arguments[0] not in SCALES:
        sys.exit(f"Usage: python -m benchmarks.scale_lake {'|'.join(SCALES)} FOLDER")
    with Progress() as bar:
        task = bar.add_task(f"Lake {arguments[0]}", total=None)
        write_lake(
            Path(arguments[1]),
            SCALES[arguments[0]],
            progress=lambda done, of: bar.update(task, completed=done, total=of),
        )


if __name__ == "__main__":
    main(sys.argv[1:])
