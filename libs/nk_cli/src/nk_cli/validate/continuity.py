"""Stock that does not follow from the moves: of two snapshots, the later one rolled back is the earlier."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from itertools import pairwise
from zoneinfo import ZoneInfo

import polars as pl

from nk_cli.validate.finding import Finding
from nk_cli.validate.opening import open_file
from nk_cli.validate.partition import Content
from nk_cli.validate.places import LakeFile, Place
from nk_common.lake.layout import Layout
from nk_common.star.rollback import (
    MOVE_COLUMNS,
    differences,
    effects_of,
    moves_between,
    roll_back,
    sum_effects,
)

_SHOWN = 3


@dataclass(frozen=True)
class Snapshot:
    """What was held at the local moment `at`, as Odoo told it on `day`."""

    day: date
    at: datetime
    rows: pl.DataFrame


@dataclass(frozen=True)
class Moves:
    """Moves of one day, complete up to the local moment `until`."""

    rows: pl.DataFrame
    until: datetime


MovesOf = Callable[[date], Moves | None]


@dataclass(frozen=True)
class StockFiles:
    """Snapshots and moves of a lake, read a day at a time."""

    layout: Layout
    snapshots: Place
    moves: Place
    zone: ZoneInfo

    def snapshot(self, day: date) -> Snapshot | None:
        """None where there is no file, or where it was reconstructed."""
        content = self._content(self.snapshots, day)
        if content is None:
            return None
        rows = _frame(content)
        if rows["reconstructed"].any():
            return None
        taken = rows["taken_at"].max()
        return Snapshot(day, taken if isinstance(taken, datetime) else self._read_at(content), rows)

    def moves_of(self, day: date) -> Moves | None:
        content = self._content(self.moves, day)
        return Moves(_frame(content).select(MOVE_COLUMNS), self._read_at(content)) if content else None

    def _content(self, place: Place, day: date) -> Content | None:
        content = open_file(LakeFile(place, day, place.path(self.layout, day)))
        return content if isinstance(content, Content) else None

    def _read_at(self, content: Content) -> datetime:
        """When Odoo was read, in local time; a version is the microsecond at which that began."""
        moment = content.stamp.as_of or datetime.fromtimestamp(content.stamp.version / 1e6, UTC)
        return moment.astimezone(self.zone).replace(tzinfo=None)


def stock_gaps(
    files: StockFiles, days: Collection[date], usages: Collection[str], not_stored: Collection[int]
) -> Iterator[Finding]:
    """Pairs of consecutive snapshots that do not agree. Pairs without all moves between them are passed over."""
    moves_of = lru_cache(maxsize=2)(files.moves_of)
    taken = (snapshot for day in sorted(days) if (snapshot := files.snapshot(day)) is not None)
    for earlier, later in pairwise(taken):
        effects = _effects(earlier, later, moves_of, usages)
        if effects is None:
            continue
        rolled = roll_back(later.rows, effects, earlier.day, earlier.at, not_stored)
        gaps = differences(earlier.rows, rolled)
        if gaps.height:
            yield _finding(files, earlier, later, gaps)


def _effects(
    earlier: Snapshot, later: Snapshot, moves_of: MovesOf, usages: Collection[str]
) -> pl.DataFrame | None:
    found = []
    for n in range((later.day - earlier.day).days + 1):
        day = earlier.day + timedelta(days=n)
        moves = moves_of(day)
        needed = min(later.at, datetime.combine(day, time()) + timedelta(days=1))
        if moves is None or moves.until < needed:
            return None
        found.append(effects_of(moves_between(moves.rows, earlier.at, later.at), usages))
    return sum_effects(found)


def _finding(files: StockFiles, earlier: Snapshot, later: Snapshot, gaps: pl.DataFrame) -> Finding:
    some = "; ".join(
        f"product {row['product_id']} at location {row['location_id']} held {row['held']:g}, and by the moves "
        f"{row['expected']:g}"
        for row in gaps.head(_SHOWN).iter_rows(named=True)
    )
    path = files.snapshots.path(files.layout, earlier.day)
    return Finding(
        kind="stock-gap",
        path=str(path.relative_to(files.layout.root)),
        dataset=files.snapshots.dataset.name,
        day=earlier.day,
        sentence=(
            f"From the snapshot of {earlier.at:%Y-%m-%d %H:%M} to that of {later.at:%Y-%m-%d %H:%M}, {gaps.height} "
            f"products do not follow from the moves ({some}). Moves are missing, or stock changed without one; "
            "the stock of the days between, which is made of both, is as wrong."
        ),
        action=(
            f"Run: nk backfill --dataset {files.moves.dataset.name} --start {earlier.day} --end {later.day} --force"
        ),
    )


def _frame(content: Content) -> pl.DataFrame:
    return pl.DataFrame(pl.from_arrow(content.rows.replace_schema_metadata(None)))
