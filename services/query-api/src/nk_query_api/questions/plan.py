"""Where the rows of a question about sales come from: the smallest aggregates that know the answer. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from nk_query_api.kpis.base import RETURNED, SOLD, Kpi
from nk_query_api.questions.filters import Binder, Filters
from nk_query_api.questions.windows import Window
from nk_query_api.serving.rollups import CUBES
from nk_query_api.serving.sale_lines import SALE_LINES

_A_DAY = timedelta(days=1)
_WORTH_MONTHS = 62
"""Days from which on whole months are taken from the monthly aggregates."""
_DOCUMENTS = frozenset({SOLD, RETURNED})


@dataclass(frozen=True)
class Segment:
    """Rows of one table for the days from `start` to before `end`; of lines, those before `until`."""

    table: str
    start: date
    end: date
    until: datetime | None = None


@dataclass(frozen=True)
class Figures:
    """What figures of sales are made of: sums by these `names`, each of a column of the rows. `group` says whose
    documents may be added up; with `one_by_one`, documents have to be counted as such."""

    names: tuple[str, ...]
    group: str | None

    @property
    def sql(self) -> str:
        """The sums as columns."""
        return ", ".join(f"sum({name}) AS {name}" for name in self.names)

    @property
    def one_by_one(self) -> bool:
        return self.group is None and not _DOCUMENTS.isdisjoint(self.names)

    @property
    def columns(self) -> str:
        """The columns of an aggregate's rows; documents that it cannot tell are none."""
        return ", ".join(map(self._column, self.names))

    def column(self, name: str) -> str:
        """The column of an aggregate that is summed up for a name."""
        return f"{name}_{self.group}" if name in _DOCUMENTS else name

    def _column(self, name: str) -> str:
        if name in _DOCUMENTS:
            return f"{self.column(name)} AS {name}" if self.group else f"0 AS {name}"
        return name

    @property
    def counted(self) -> str:
        """The columns of a document `is_refund` of which says whether it only took back."""
        counts = {SOLD: "CAST(NOT is_refund AS INT)", RETURNED: "CAST(is_refund AS INT)"}
        return ", ".join(f"{counts.get(name, '0')} AS {name}" for name in self.names)


def figures(kpis: Sequence[Kpi], group: str | None) -> Figures:
    """Those of KPIs whose documents are counted as those of `group`, or one by one."""
    return Figures(tuple(dict.fromkeys(name for kpi in kpis for name in kpi.sums.names)), group)


def rows_of(
    windows: Mapping[int, Window],
    filters: Filters,
    dimensions: Collection[str],
    needed: Figures,
    binder: Binder,
    *,
    months: bool = False,
) -> str:
    """SQL of the rows of some windows, whose numbers are the column `part`: the dimensions, and all that the figures
    are sums of.

    `day` may be one of the dimensions; with `months` it is enough to know the month of a row. Where documents are
    counted one by one, no dimension may be of products: a document of two products would be counted twice.
    """
    by_day = "day" in dimensions and not months
    rows = aggregate_rows(windows, filters, dimensions, needed, binder, by_day=by_day)
    if not needed.one_by_one:
        return rows
    columns = ", ".join(["part", *sorted(dimensions)])
    found = documents(document_rows(windows, filters, dimensions, binder), columns)
    return f"{rows} UNION ALL SELECT {columns}, {needed.counted} FROM ({found})"  # noqa: S608


def aggregate_rows(
    windows: Mapping[int, Window],
    filters: Filters,
    dimensions: Collection[str],
    needed: Figures,
    binder: Binder,
    *,
    by_day: bool = False,
) -> str:
    """SQL of the rows of several windows, whose numbers are the column `part`, from aggregates where there are any."""
    columns = ", ".join([*sorted(dimensions), needed.columns])
    wanted = (set(dimensions) - {"day"}) | filters.columns
    parts = {n: segments(window, wanted, by_day=by_day) for n, window in windows.items()}
    return _scans(parts, columns, filters, binder)


def document_rows(
    windows: Mapping[int, Window], filters: Filters, dimensions: Collection[str], binder: Binder
) -> str:
    """SQL of the lines of the windows: part, the dimensions, document, is_refund."""
    columns = ", ".join([*sorted(dimensions), "document", "is_refund"])
    parts = {n: [_lines(window)] for n, window in windows.items()}
    return _scans(parts, columns, filters, binder)


def documents(lines: str, columns: str) -> str:
    """SQL of the documents of some lines. Grouping them is several times faster than counting distinct ones."""
    return f"SELECT {columns}, document, bool_and(is_refund) AS is_refund FROM ({lines}) AS f GROUP BY ALL"  # noqa: S608


def _scans(parts: Mapping[int, Sequence[Segment]], columns: str, filters: Filters, binder: Binder) -> str:
    """SQL of the rows of all parts. Windows that do not overlap share a scan: preparing one takes longer than reading
    it."""
    scans: dict[tuple[object, ...], dict[int, Segment]] = {}
    for number, segments_ in parts.items():
        for one in segments_:
            shared = scans.get((one.table,), {})
            alone = one.until or number in shared or _overlaps(one, shared.values())
            scans.setdefault((one.table, number, one) if alone else (one.table,), {})[number] = one
    return " UNION ALL ".join(
        f"SELECT {_number(scan, binder)} AS part, {columns} FROM {_rows([*scan.values()], filters, binder)}"  # noqa: S608
        for scan in scans.values()
    )


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


def segments(window: Window, columns: Collection[str], *, by_day: bool) -> list[Segment]:
    """Tables that together hold each of the window's lines once."""
    cube = next((cube for cube in CUBES if set(columns) <= set(cube.dimensions)), None)
    if cube is None:
        return [_lines(window)]
    end = window.end + _A_DAY
    last = min(window.until.date(), end)
    found = list(_months(cube.monthly, window.start, last)) if cube.by_month and not by_day else []
    covered = [(part.start, part.end) for part in found]
    found += [Segment(cube.name, start, stop) for start, stop in _gaps(window.start, last, covered)]
    if last < end:
        # A day that is cut at a time of day is the only one that has to be read line by line.
        found.append(Segment(SALE_LINES, last, last + _A_DAY, window.until))
    return found


def _lines(window: Window) -> Segment:
    end = window.end + _A_DAY
    return Segment(SALE_LINES, window.start, end, None if window.until.date() >= end else window.until)


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
