"""Where sums over a range come from: whole months from the monthly tables, other days from the daily ones. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta

from nk_query_api.questions.filters import Binder

Tables = tuple[str, str]
"""By day, and by month."""
_A_MONTH = timedelta(days=31)


def stretches(start: date, end: date) -> Iterator[tuple[date, date, bool]]:
    """The days from `start` to before `end`: (first, before, whether these are whole months)."""
    first = start if start.day == 1 else (start.replace(day=1) + _A_MONTH).replace(day=1)
    last = end.replace(day=1)
    if first >= last:
        yield start, end, False
        return
    for begin, stop, whole in ((start, first, False), (first, last, True), (last, end, False)):
        if begin < stop:
            yield begin, stop, whole


def selects(
    start: date,
    end: date,
    tables: Tables,
    columns: str,
    conditions: Sequence[str],
    binder: Binder,
    *,
    by_day: bool = False,
) -> list[str]:
    """SQL of the rows of the days from `start` to before `end`, in parts; with `by_day` all from the daily table."""
    parts = [(start, end, False)] if by_day else stretches(start, end)
    return [
        f"SELECT {columns} FROM {tables[whole]} WHERE "  # noqa: S608
        + " AND ".join([f"day >= {binder.bind(begin)}", f"day < {binder.bind(stop)}", *conditions])
        for begin, stop, whole in parts
    ]
