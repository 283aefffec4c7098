"""Which derived days are due: profit, and stock of past days without a snapshot. Pure, from the ledger.

A derived day is made when the days it is made of are loaded, and again when any of them was loaded anew. The
`inputs` of a row name what it was last made of, so a lost message, a restart or another order of loading
changes nothing: what should have been made and was not is seen here.
"""

from __future__ import annotations

import hashlib
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import accumulate

from nk_common.datasets.base import PartitionKey
from nk_common.errors import NotDerivableError
from nk_common.ledger.reader import DayState
from nk_common.ledger.states import CANCELLED, UNFINISHED
from nk_common.ledger.transitions import STATE_BEFORE

PROFIT, STOCK, MOVES, PURCHASES = "profit", "stock-quants", "inventory-moves", "purchases"
SALES = ("pos", "invoice-sales")
DATASETS = (*SALES, PURCHASES, MOVES, STOCK, PROFIT)


@dataclass(frozen=True)
class Due:
    """A derived day to ask for, and the versions it will be made of.

    `first` is what must be read from Odoo again before: stock is rolled back from a snapshot through moves
    that were read after it was taken. `complete`: all it is made of is there, so that a refusal was bad luck
    (a newer snapshot came between).
    """

    key: PartitionKey
    inputs: str
    first: PartitionKey | None = None
    complete: bool = False


@dataclass(frozen=True)
class Patience:
    """When a derived day that failed, or of which nothing was heard, is asked for again."""

    failed: timedelta
    stalled: timedelta


class Days:
    """The ledger's rows by dataset and day."""

    def __init__(self, rows: Iterable[DayState]) -> None:
        self.by_dataset: dict[str, dict[date, DayState]] = {name: {} for name in DATASETS}
        for row in rows:
            self.by_dataset[row.dataset][row.day] = row

    def of(self, dataset: str) -> Mapping[date, DayState]:
        return self.by_dataset[dataset]


def due(rows: Iterable[DayState], today: date, now: datetime, patience: Patience) -> list[Due]:
    """Derived days to ask for now, oldest first."""
    days = Days(rows)
    found = [*_stock(days, today), *_profit(days)]
    wanted = (one for one in found if _is_due(days.of(one.key.dataset).get(_day(one)), one, now, patience))
    return sorted(wanted, key=lambda one: (_day(one), one.key.dataset))


def settled(rows: Iterable[DayState], today: date, now: datetime, patience: Patience) -> list[PartitionKey]:
    """Past days with a snapshot that were asked for again, or of which nothing more was heard.

    Odoo cannot be asked for them any more, and what is there is better than any reconstruction.
    """
    return [
        PartitionKey(STOCK, row.day)
        for row in rows
        if row.dataset == STOCK and row.day < today and row.version is not None and row.inputs is None
        and _wants_more(row, now, patience)
    ]  # fmt: skip


def _is_replayed(row: DayState) -> bool:
    """Whether it is made again from `raw/` or `clean/`, or waits for that: the dispatcher and the stages see to it."""
    return row.state in UNFINISHED and row.rebuild in STATE_BEFORE


def _wants_more(row: DayState, now: datetime, patience: Patience) -> bool:
    if _is_replayed(row):
        return False
    if row.state in UNFINISHED and row.state != "requested":
        return now - row.updated_at >= patience.stalled
    return row.state in ("requested", "failed")


def _day(one: Due) -> date:
    if one.key.day is None:
        raise ValueError("derived partitions are days")
    return one.key.day


def _is_due(row: DayState | None, one: Due, now: datetime, patience: Patience) -> bool:
    if row is not None and _is_replayed(row):
        return False
    if row is None or row.state == "requested":
        return True
    if row.state in UNFINISHED:
        return now - row.updated_at >= patience.stalled
    changed = row.inputs != one.inputs
    if row.state != "failed":
        return changed
    refused = row.error_class == NotDerivableError.__name__
    if refused and not one.complete:
        return changed  # nothing but another input can help
    return changed or now - row.updated_at >= (patience.stalled if refused else patience.failed)


def _profit(days: Days) -> Iterator[Due]:
    """Days with sales, or asked for, once no sale of the day and no bill up to it is on its way."""
    costs = _Ranges(days.of(PURCHASES))
    asked = {day for day, row in days.of(PROFIT).items() if row.state in ("requested", "failed")}
    sold = {day for name in SALES for day, row in days.of(name).items() if row.version is not None}
    for day in sorted(sold | asked):
        sales = [days.of(name).get(day) for name in SALES]
        if any(row is not None and row.state in UNFINISHED for row in sales) or costs.is_unfinished(day):
            continue
        versions = [str(row.version) if row else "-" for row in sales]
        yield Due(PartitionKey(PROFIT, day), _short("|".join([*versions, costs.digest(day)])))


def _stock(days: Days, today: date) -> Iterator[Due]:
    """Past days without a snapshot of their own, once the moves up to the next snapshot are all there."""
    held = days.of(STOCK)
    real = sorted(day for day, row in held.items() if row.version is not None and row.inputs is None)
    on_its_way = {day for day, row in held.items() if row.inputs is None and row.state in UNFINISHED}
    moves = _Ranges(days.of(MOVES))
    for day, row in sorted(held.items()):
        if day >= today or (row.version is not None and row.inputs is None) or row.state == CANCELLED:
            continue
        following = bisect_right(real, day)
        snapshot = real[following] if following < len(real) else None
        if snapshot is None and (today in on_its_way or today not in held):
            continue  # the first snapshot is being taken
        last = snapshot or today
        if moves.is_unfinished(last, after=day):
            continue
        # Not of the snapshot's own day: as today goes on, both change together and the past stays the same.
        between = moves.digest(last - timedelta(days=1), after=day)
        inputs = _short(f"{snapshot}|{between}")
        complete = snapshot is not None and moves.is_complete(snapshot, after=day)
        yield Due(PartitionKey(STOCK, day), inputs, _moves_to_read(days, snapshot), complete)


def _moves_to_read(days: Days, snapshot: date | None) -> PartitionKey | None:
    """The moves of the snapshot's day, if they were read before it was taken."""
    if snapshot is None:
        return None
    moves, loaded = days.of(MOVES).get(snapshot), days.of(STOCK)[snapshot].loaded_at
    if moves is None or moves.state == "failed" or moves.version is None or loaded is None:
        return None  # the loader says what is missing
    # A version is the microsecond at which its reading began; a snapshot is loaded after it was taken.
    read_before = moves.version < int(loaded.timestamp() * 1_000_000)
    return PartitionKey(MOVES, snapshot) if read_before else None


class _Ranges:
    """Over the days of one dataset: digests of the versions in a range, and whether one is unfinished."""

    def __init__(self, rows: Mapping[date, DayState]) -> None:
        self._days = sorted(rows)
        self._unfinished = [day for day in self._days if rows[day].state in UNFINISHED]
        self._loaded = [day for day in self._days if rows[day].version is not None]
        # Sums of one number per day: that of a range is the difference of two.
        self._sums = [0, *accumulate(_number(day, rows[day].version) for day in self._days)]

    def digest(self, last: date, after: date = date.min) -> str:
        """Of the versions in (after, last]; changes when any of them does."""
        end, start = bisect_right(self._days, last), bisect_right(self._days, after)
        return f"{end - start}:{self._sums[end] - self._sums[start]}"

    def is_complete(self, last: date, after: date) -> bool:
        """Whether every day in (after, last] is loaded."""
        found = bisect_right(self._loaded, last) - bisect_right(self._loaded, after)
        return found == (last - after).days

    def is_unfinished(self, last: date, after: date = date.min) -> bool:
        """Whether any day in (after, last] is on its way."""
        return bisect_right(self._unfinished, last) > bisect_right(self._unfinished, after)


def _number(day: date, version: int | None) -> int:
    digest = hashlib.blake2b(f"{day}:{version}".encode(), digest_size=8).digest()
    return int.from_bytes(digest)


def _short(text: str) -> str:
    return hashlib.blake2b(text.encode(), digest_size=12).hexdigest()
