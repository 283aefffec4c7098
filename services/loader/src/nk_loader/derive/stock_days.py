"""Past days of `stock-quants`, from the next snapshot and the moves since (rule 12)."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import groupby
from pathlib import Path
from zoneinfo import ZoneInfo

import polars as pl

from nk_common.clock import day_end
from nk_common.datasets.stock_quants import CLEAN_STOCK_QUANTS
from nk_common.errors import NotDerivableError, TransientError, UnreadableFileError
from nk_common.lake.day_files import DayFiles, Entry, readable
from nk_common.lake.layout import Layout
from nk_common.lake.reader import Signature
from nk_common.star.dimensions import DIM_PRODUCTS
from nk_common.star.rollback import (
    MOVE_COLUMNS,
    effects_of,
    moves_between,
    roll_back,
    sum_effects,
)
from nk_common.star.stock import FACT_INVENTORY_MOVES, FACT_STOCK_ON_HAND_SNAPSHOT, stock_usages
from nk_loader.derive.base import Derived
from nk_loader.derive.frames import read_frame, stamp_of

_A_DAY = timedelta(days=1)


@dataclass(frozen=True)
class _Stock:
    """What is known of a stock file without its rows. `taken_at` is local, None where nothing was held."""

    as_of: datetime
    taken_at: datetime | None
    reconstructed: bool


@dataclass(frozen=True)
class _Moves:
    """A day's moves: when they were read, and what they did to stock."""

    as_of: datetime
    effects: pl.DataFrame


@dataclass(frozen=True)
class _Snapshot:
    """Stock as Odoo said it was at the local moment `taken_at` of `day`."""

    day: date
    taken_at: datetime
    as_of: datetime


class StockDays:
    """Implements `Derivation`."""

    def __init__(self, layout: Layout, zone: ZoneInfo, *, transit_is_stock: bool) -> None:
        self._layout = layout
        self._zone = zone
        self._usages = stock_usages(transit_is_stock=transit_is_stock)
        self._stock = DayFiles(layout, FACT_STOCK_ON_HAND_SNAPSHOT.name, _read_stock)
        self._moves = DayFiles(layout, FACT_INVENTORY_MOVES.name, self._read_moves)
        self._months: dict[date, tuple[tuple[Signature, ...], pl.DataFrame]] = {}

    def was_read(self, day: date) -> bool:
        try:
            return self._snapshot(day) is not None
        except UnreadableFileError:
            return False  # it is in clean/, and is loaded again from there

    def derive(self, day: date) -> Derived:
        """Stock at the end of the local `day`."""
        snapshot = self._next_snapshot(day)
        moves = self._moves_since(day, snapshot)
        since = [*self._summed(moves), self._until_taken(snapshot)]
        rows = self._rows(snapshot)
        stock = roll_back(rows, sum_effects(since), day, _midnight(day + _A_DAY), self._not_stored())
        tables = {FACT_STOCK_ON_HAND_SNAPSHOT.name: stock}
        return Derived(tables, snapshot.as_of, day_end(day, self._zone))

    def _next_snapshot(self, day: date) -> _Snapshot:
        """The first that can be read. Raises UnreadableFileError where there are only damaged ones."""
        damaged: UnreadableFileError | None = None
        for one in (one for one in self._stock.days() if one > day):
            try:
                snapshot = self._snapshot(one)
            except UnreadableFileError as error:
                damaged = damaged or error
                continue
            if snapshot is not None:
                return snapshot
        raise damaged or NotDerivableError(
            f"Stock of {day} cannot be reconstructed yet: no later snapshot of stock is loaded. Load stock-quants "
            "of today, and it is made by itself."
        )

    def _snapshot(self, day: date) -> _Snapshot | None:
        """The snapshot that was taken from Odoo on `day`, if the lake holds one.

        Raises UnreadableFileError for one that is damaged; a damaged reconstruction is none, and is made anew.
        """
        # Where the rows cannot tell: only what was read from Odoo was ever cleaned.
        was_cleaned = self._layout.clean(CLEAN_STOCK_QUANTS.name, day).exists
        try:
            entry = self._stock.entry(day)
        except UnreadableFileError:
            if was_cleaned():
                raise
            return None
        if entry is None or entry.content.reconstructed:
            return None
        held = entry.content
        if held.taken_at is None and not was_cleaned():
            return None
        taken_at = held.taken_at or held.as_of.astimezone(self._zone).replace(tzinfo=None)
        return _Snapshot(day, taken_at, held.as_of)

    def _rows(self, snapshot: _Snapshot) -> pl.DataFrame:
        """Raises TransientError when another snapshot has taken this one's place."""
        path = self._layout.star(FACT_STOCK_ON_HAND_SNAPSHOT.name, snapshot.day)
        with readable(path):
            rows = read_frame(path)
        if self._snapshot(snapshot.day) != snapshot:
            raise TransientError(f"{path.name} was replaced while it was read; it is read again.")
        return rows

    def _moves_since(self, day: date, snapshot: _Snapshot) -> dict[date, Entry[_Moves]]:
        """Of the days after `day` and before the snapshot's. Raises NotDerivableError when any is missing,
        was read before it was over, or the snapshot's own before it was taken."""
        needed = [day + n * _A_DAY for n in range(1, (snapshot.day - day).days + 1)]
        ends = {one: day_end(one, self._zone) for one in needed}
        ends[snapshot.day] = snapshot.taken_at.replace(tzinfo=self._zone)
        found = {one: entry for one in needed if (entry := self._moves.entry(one))}
        missing = [one for one in needed if one not in found or found[one].content.as_of < ends[one]]
        if missing:
            raise NotDerivableError(
                f"Stock of {day} cannot be reconstructed yet: on the way back from the snapshot of "
                f"{snapshot.taken_at:%Y-%m-%d %H:%M}, the stock moves of {len(missing)} days are not loaded, or "
                f"were read too early (the first is {missing[0]}). Load inventory-moves of these days, and it is "
                "made by itself."
            )
        found.pop(snapshot.day)
        return found

    def _summed(self, moves: Mapping[date, Entry[_Moves]]) -> Iterator[pl.DataFrame]:
        """Effects of the days; those of a whole month as one."""
        for first, group in groupby(moves, key=lambda day: day.replace(day=1)):
            days = list(group)
            if len(days) == monthrange(first.year, first.month)[1]:
                yield self._month(first, [moves[day] for day in days])
            else:
                yield from (moves[day].content.effects for day in days)

    def _month(self, first: date, entries: list[Entry[_Moves]]) -> pl.DataFrame:
        """Summed once: the days of three years are asked for one after the other."""
        seen = tuple(entry.signature for entry in entries)
        known = self._months.get(first)
        if known is None or known[0] != seen:
            known = (seen, sum_effects([entry.content.effects for entry in entries]))
            self._months[first] = known
        return known[1]

    def _until_taken(self, snapshot: _Snapshot) -> pl.DataFrame:
        """Effects of the snapshot's own day, up to the moment at which it was taken."""
        path = self._layout.star(FACT_INVENTORY_MOVES.name, snapshot.day)
        with readable(path):
            moves = read_frame(path, MOVE_COLUMNS)
        before = moves_between(moves, _midnight(snapshot.day), snapshot.taken_at)
        return effects_of(before, self._usages)

    def _not_stored(self) -> list[int]:
        """Products that Odoo keeps no stock of."""
        path = self._layout.star(DIM_PRODUCTS.name, None)
        if not path.exists():
            raise TransientError("The products are not loaded yet; stock is reconstructed when they are.")
        with readable(path):
            products = read_frame(path, ("product_id", "is_storable"))
        if "is_storable" not in products.columns:
            return []
        return products.filter(~pl.col("is_storable"))["product_id"].to_list()

    def _read_moves(self, path: Path) -> _Moves:
        as_of = stamp_of(path).read_at
        return _Moves(as_of, effects_of(read_frame(path, MOVE_COLUMNS), self._usages))


def _read_stock(path: Path) -> _Stock:
    as_of = stamp_of(path).read_at
    # All columns, so that damage to any of them is seen here, before the file counts as a snapshot.
    rows = read_frame(path)
    taken_at = rows["taken_at"].to_list()
    return _Stock(as_of, max(taken_at, default=None), bool(rows["reconstructed"].any()))


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time())
