"""Where the rows of a question about sales come from: the smallest aggregates that know the answer. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from nk_query_api.kpis.base import RETURNED, SOLD, Kpi
from nk_query_api.questions.counting import counts
from nk_query_api.questions.filters import Binder, Filters
from nk_query_api.questions.windows import Window
from nk_query_api.serving.rollups import CUBES
from nk_query_api.serving.sale_lines import MEASURES, SALE_LINES

_A_DAY = timedelta(days=1)
_WORTH_MONTHS = 62
"""Days from which on whole months are taken from the monthly aggregates."""
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
    """What figures of sales are made of: `sums`, SQL by name, and the columns of single rows that these read."""

    sums: Mapping[str, str]
    reads: tuple[str, ...]
    one_by_one: bool

    @property
    def sql(self) -> str:
        """The sums as columns."""
        return ", ".join(f"{sql} AS {name}" for name, sql in self.sums.items())


def figures(kpis: Sequence[Kpi], group: str | None) -> Figures:
    """Those of KPIs whose documents are counted as those of `group`, or one by one."""
    wanted = dict.fromkeys(name for kpi in kpis for name in kpi.sums.names)
    one_by_one = group is None and not {SOLD, RETURNED}.isdisjoint(wanted)
    sums = {name: counts(group).get(name) or f"sum({name})" for name in wanted}
    reads = [f"{name}_{group}" if name in (SOLD, RETURNED) else name for name in wanted]
    if one_by_one:
        reads = [*(name for name in reads if name in MEASURES), *_OF_LINES]
    return Figures(sums, tuple(reads), one_by_one)


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
    parts = _segments(window, filters, dimensions, needed, months=months)
    columns = _columns(dimensions, needed)
    scans = (f"SELECT {columns} FROM {_rows([part], filters, binder)}" for part in parts)  # noqa: S608
    return " UNION ALL ".join(scans)


def rows_by_part(
    windows: Mapping[int, Window],
    filters: Filters,
    dimensions: Collection[str],
    needed: Figures,
    binder: Binder,
) -> str:
    """The same of several windows, whose numbers are the column `part`. Windows that do not overlap share a scan:
    preparing one takes longer than reading it."""
    scans: dict[tuple[object, ...], dict[int, Segment]] = {}
    for number, window in windows.items():
        for part in _segments(window, filters, dimensions, needed):
            alone = part.until or _overlaps(part, scans.get((part.table,), {}).values())
            scans.setdefault((part.table, number, part) if alone else (part.table,), {})[number] = part
    columns = _columns(dimensions, needed)
    return " UNION ALL ".join(
        f"SELECT {_number(scan, binder)} AS part, {columns} FROM {_rows([*scan.values()], filters, binder)}"  # noqa: S608
        for scan in scans.values()
    )


def _segments(
    window: Window, filters: Filters, dimensions: Collection[str], needed: Figures, *, months: bool = False
) -> list[Segment]:
    wanted = (set(dimensions) - {"day"}) | filters.columns
    by_day = "day" in dimensions and not months
    return segments(window, wanted, by_day=by_day, lines=needed.one_by_one)


def _columns(dimensions: Collection[str], needed: Figures) -> str:
    return ", ".join([*sorted(dimensions), *needed.reads])


def _overlaps(part: Segment, others: Iterable[Segment]) -> bool:
    return any(part.start < other.end and other.start < part.end for other in others)


def _number(scan: Mapping[int, Segment], binder: Binder) -> str:
    """SQL: the number of the window that a row of the scan belongs to."""
    if len(scan) == 1:
        return str(next(iter(scan)))
    cases = (f"WHEN {_days(part, binder)} THEN {number}" for number, part in scan.items())
    return f"CASE {' '.join(cases)} END"


def _days(part: Segment, binder: Binder) -> str:
    return f"day >= {binder.bind(part.start)} AND day < {binder.bind(part.end)}"


def _rows(parts: Sequence[Segment], filters: Filters, binder: Binder) -> str:
    """SQL: the table that the parts are of, and what rows of it they are."""
    conditions = ["(" + " OR ".join(f"({_days(part, binder)})" for part in parts) + ")"]
    if parts[0].until:
        # What has no time of day belongs to its day as a whole.
        conditions.append(f"(moment < {binder.bind(parts[0].until)} OR hour IS NULL)")
    return f"{parts[0].table} WHERE {' AND '.join([*conditions, *filters.conditions(binder)])}"


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
