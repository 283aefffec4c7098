"""`/v1/sales/heatmap`: one KPI by hour of the day, for every weekday or for every day."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime, time, timedelta
from typing import Literal

from nk_common.api.sales import HeatmapCell, SalesHeatmap
from nk_query_api.errors import BadQuestionError
from nk_query_api.kpis.base import Kpi
from nk_query_api.questions.context import Context, covered_days, inputs_of, meta
from nk_query_api.questions.counting import counted_group
from nk_query_api.questions.filters import Binder, Filters
from nk_query_api.questions.plan import figures, rows_of
from nk_query_api.questions.trend import MAX_HOURLY_DAYS, timeless_revenue
from nk_query_api.questions.windows import Window
from nk_query_api.serving.holdings import Coverage
from nk_query_api.serving.snapshot import Snapshot

_AN_HOUR = timedelta(hours=1)
Rows = Literal["weekday", "date"]
_ROW = {"weekday": "CAST(isodow(f.day) AS VARCHAR)", "date": "CAST(f.day AS VARCHAR)"}


def check_heatmap(window: Window, rows: Rows) -> None:
    """Raises BadQuestionError for more cells than anybody can look at."""
    if rows == "date" and window.length > MAX_HOURLY_DAYS:
        raise BadQuestionError(
            f"Hours of every day can be shown for at most {MAX_HOURLY_DAYS} days; ask for weekdays, or for less."
        )


def heatmap(
    look: Snapshot, kpi: Kpi, window: Window, filters: Filters, rows: Rows, context: Context
) -> SalesHeatmap:
    """The answer, from one snapshot: a cell for every hour in which something was sold."""
    inputs = inputs_of([kpi], filters)
    covered = covered_days(look, inputs, context)
    binder = Binder()
    asked = figures([kpi], counted_group(None, filters))
    lines = rows_of({0: window}, filters, ("day", "hour"), asked, binder)
    found = look.columns(
        f"SELECT {_ROW[rows]} AS line, f.hour AS hour, {asked.sql} FROM ({lines}) AS f WHERE f.hour IS NOT NULL "  # noqa: S608
        "GROUP BY ALL ORDER BY ALL",
        binder.values,
    )
    hours = _hours_loaded(window, rows, covered)
    return SalesHeatmap(
        meta=meta(look, window, inputs, context),
        range=window.range,
        kpi=kpi.slug,
        unit=kpi.unit,
        rows=rows,
        days_loaded={row: max(counts) for row, counts in hours.items()},
        hours_loaded=hours,
        without_time=timeless_revenue(look, window, filters),
        cells=[
            HeatmapCell(row=row, hour=hour, value=value)
            for row, hour, value in zip(
                found["line"].tolist(), found["hour"].tolist(), kpi.values(found), strict=True
            )
        ],
    )


def _hours_loaded(window: Window, rows: Rows, covered: Coverage) -> dict[str, list[int]]:
    """Of how many days each hour was read, by row; every weekday has one. Of a running day, the hours so far."""
    days = covered.between(window.start, window.end)
    whole = Counter(_row(day, rows) for day in days if covered.is_complete(day))
    names = map(str, range(1, 8)) if rows == "weekday" else (_row(day, rows) for day in days)
    found = {name: [whole[name]] * 24 for name in names}
    for day in covered.running.intersection(days):
        read = covered.read_until[day] - datetime.combine(day, time())
        for hour in range(-(-read // _AN_HOUR)):
            found[_row(day, rows)][hour] += 1
    return found


def _row(day: date, rows: Rows) -> str:
    return str(day.isoweekday()) if rows == "weekday" else day.isoformat()
