"""Where the rows of a question about sales come from: the smallest aggregates that know the answer. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from nk_query_api.kpis.base import Kpi
from nk_query_api.questions.counting import counts
from nk_query_api.questions.filters import Binder, Filters
from nk_query_api.questions.windows import Window
from nk_query_api.serving.rollups import CUBES
from nk_query_api.serving.sale_lines import MEASURES, SALE_LINES

_A_DAY = timedelta(days=1)
_WORTH_MONTHS = 62
"""Days from which on whole months are taken from the monthly aggregates."""
_WORD = re.compile(r"\w+")
_OF_LINES = ("document", "is_refund")


@dataclass(frozen=True)
class Segment:
    """Rows of one table for the days from `start` to before `end`; of lines, those before `until`."""

    table: str
    start: date
    end: date
    until: datetime | None = None


@dataclass(frozen=True)
class Figures:
    """KPIs over sale lines: their SQL, and the columns that it reads."""

    columns: tuple[str, ...]
    reads: tuple[str, ...]
    one_by_one: bool

    @property
    def sql(self) -> str:
        return ", ".join(self.columns)


def figures(kpis: Sequence[Kpi], group: str | None) -> Figures:
    """KPIs whose documents are counted as those of `group`, or one by one."""
    columns = tuple(kpi.sql.format(**counts(group)) for kpi in kpis)
    counted = any("{sold}" in kpi.sql or "{returned}" in kpi.sql for kpi in kpis)
    words = {word for column in columns for word in _WORD.findall(column)}
    one_by_one = group is None and counted
    reads = tuple(name for name in MEASURES if name in words) + (_OF_LINES if one_by_one else ())
    return Figures(columns, reads or ("lines",), one_by_one)


def rows_of(
    window: Window,
    filters: Filters,
    dimensions: Collection[str],
    needed: Figures,
    binder: Binder,
    *,
    months: bool = False,
) -> str:
    """SQL of the window's rows: the dimensions and all that the figures read, not yet summed up.

    `day` may be one of the dimensions; with `months` it is enough to know the month of a row.
    """
    wanted = (set(dimensions) - {"day"}) | filters.columns
    by_day = "day" in dimensions and not months
    parts = segments(window, wanted, by_day=by_day, lines=needed.one_by_one)
    columns = ", ".join([*sorted(dimensions), *needed.reads])
    return " UNION ALL ".join(f"SELECT {columns} FROM {_rows(part, filters, binder)}" for part in parts)  # noqa: S608


def _rows(part: Segment, filters: Filters, binder: Binder) -> str:
    conditions = [f"day >= {binder.bind(part.start)}", f"day < {binder.bind(part.end)}"]
    if part.until:
        # What has no time of day belongs to its day as a whole.
        conditions.append(f"(moment < {binder.bind(part.until)} OR hour IS NULL)")
    return f"{part.table} WHERE {' AND '.join([*conditions, *filters.conditions(binder)])}"


def summed(rows: str, dimensions: Collection[str], needed: Figures) -> str:
    """The rows, one for each combination of the dimensions; single lines stay what they are."""
    if needed.one_by_one:
        return rows
    names = ", ".join(sorted(dimensions))
    sums = ", ".join(f"sum({name}) AS {name}" for name in needed.reads)
    return f"SELECT {names}, {sums} FROM ({rows}) AS f GROUP BY {names}"  # noqa: S608


def segments(window: Window, columns: Collection[str], *, by_day: bool, lines: bool) -> list[Segment]:
    """Tables that together hold each of the window's lines once."""
    cube = next((cube for cube in CUBES if set(columns) <= set(cube.dimensions)), None)
    end = window.end + _A_DAY
    whole = window.until.date()
    if lines or cube is None:
        return [Segment(SALE_LINES, window.start, end, None if whole >= end else window.until)]
    last = min(whole, end)
    found = [] if by_day else list(_months(cube.monthly, window.start, last))
    covered = [(part.start, part.end) for part in found]
    found += [Segment(cube.name, start, stop) for start, stop in _gaps(window.start, last, covered)]
    if last < end:
        # A day that is cut at a time of day is the only one that has to be read line by line.
        found.append(Segment(SALE_LINES, last, last + _A_DAY, window.until))
    return found


def _months(table: str, start: date, end: date) -> Iterable[Segment]:
    first = start if start.day == 1 else (start.replace(day=1) + timedelta(days=31)).replace(day=1)
    last = end.replace(day=1)
    if (end - start).days >= _WORTH_MONTHS and first < last:
        yield Segment(table, first, last)


def _gaps(start: date, end: date, covered: Sequence[tuple[date, date]]) -> Iterable[tuple[date, date]]:
    for begin, stop in covered:
        if start < begin:
            yield start, begin
        start = stop
    if start < end:
        yield start, end
