"""`/v1/sales/trend`, `/v1/profit/trend`: one KPI per hour, day, week or month."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

import numpy as np

from nk_common.api.common import Compare, Grain
from nk_common.api.sales import SalesTrend
from nk_query_api.errors import BadQuestionError
from nk_query_api.kpis.base import Kpi, Sums
from nk_query_api.kpis.sales import REVENUE
from nk_query_api.questions.context import Context, compared, covered_days, inputs_of, meta
from nk_query_api.questions.counting import counted_group
from nk_query_api.questions.filters import Binder, Filters
from nk_query_api.questions.kept import Days, kept_rows
from nk_query_api.questions.plan import figures, rows_of
from nk_query_api.questions.points import Drawn, points
from nk_query_api.questions.windows import Shift, Window
from nk_query_api.serving.sale_lines import DOCUMENT
from nk_query_api.serving.snapshot import Snapshot

MAX_HOURLY_DAYS = 93
_TIMELESS = replace(REVENUE, slug="without_time", sums=Sums(("timeless_revenue",)))

_BUCKETS: dict[Grain, str] = {
    "hour": "({day} + to_hours(f.hour))",
    "day": "CAST({day} AS TIMESTAMP)",
    "week": "CAST(date_trunc('week', {day}) AS TIMESTAMP)",
    "month": "CAST(date_trunc('month', {day}) AS TIMESTAMP)",
}


_STARTS: dict[Grain, Callable[[Days], Days]] = {
    "day": lambda days: days,
    # Weeks begin on Monday, and 1 January 1970 was a Thursday.
    "week": lambda days: days - (days.astype(np.int64) + 3) % 7,
    "month": lambda days: days.astype("datetime64[M]"),
}
"""The first day of the bucket that each day lies in."""


def check_grain(window: Window, grain: Grain) -> None:
    """Raises BadQuestionError for more points than anybody can look at."""
    if grain == "hour" and window.length > MAX_HOURLY_DAYS:
        raise BadQuestionError(
            f"Hours can be shown for at most {MAX_HOURLY_DAYS} days; ask for days, or for a shorter range."
        )


def trend(
    look: Snapshot,
    kpi: Kpi,
    window: Window,
    filters: Filters,
    grain: Grain,
    compare: Compare,
    context: Context,
) -> SalesTrend:
    """The answer, from one snapshot."""
    inputs = inputs_of([kpi], filters)
    against = compared(look, window, compare, inputs, context)
    covered = covered_days(look, inputs, context)
    drawn = Drawn(grain, functools.partial(_values, look, kpi, filters, grain), kpi.of_nothing)
    return SalesTrend(
        meta=meta(look, window, inputs, context),
        range=window.range,
        compare_range=against.window.range if against else None,
        grain=grain,
        kpi=kpi.slug,
        unit=kpi.unit,
        without_time=timeless_revenue(look, window, filters) if grain == "hour" else None,
        points=points(drawn, window, against, covered, context.now),
    )


def timeless_revenue(look: Snapshot, window: Window, filters: Filters) -> float:
    """Revenue that no hour shows, because its documents have no time of day."""
    anytime = replace(filters, hours=None)
    binder = Binder()
    asked = figures([_TIMELESS], DOCUMENT)
    rows = rows_of({0: window}, anytime, ("hour",), asked, binder)
    (value,) = look.row(f"SELECT {asked.sql} FROM ({rows}) AS f WHERE f.hour IS NULL", binder.values)  # noqa: S608
    return _TIMELESS.present(value) or 0.0


def _values(
    look: Snapshot, kpi: Kpi, filters: Filters, grain: Grain, window: Window, shift: Shift | None
) -> dict[datetime, float | None]:
    """By the start of the bucket that a day lies in, or the day that is compared with it `shift` later."""
    asked = figures([kpi], counted_group(None, filters))
    kept = kept_rows(look, window, filters, asked) if grain != "hour" else None
    if kept:
        starts, sums = kept.by(_STARTS[grain](_later(kept.day, shift)))
        return dict(zip(starts.astype("datetime64[us]").tolist(), kpi.values(sums), strict=True))
    binder = Binder()
    dimensions = ("day", "hour") if grain == "hour" else ("day",)
    # A year later, a month is a month still.
    months = grain == "month" and not (shift and shift.days)
    rows = rows_of({0: window}, filters, dimensions, asked, binder, months=months)
    bucket = _BUCKETS[grain].format(day=shift.forth("f.day") if shift else "f.day")
    found = look.columns(
        f"SELECT {bucket} AS bucket, {asked.sql} FROM ({rows}) AS f GROUP BY 1",  # noqa: S608
        binder.values,
    )
    return dict(zip(found["bucket"].astype("datetime64[us]").tolist(), kpi.values(found), strict=True))


def _later(days: Days, shift: Shift | None) -> Days:
    """The days that are compared with these; of 29 February, a year later, the 28th."""
    if shift is None:
        return days
    if shift.days:
        return days + shift.days
    months = days.astype("datetime64[M]")
    last = (months + 13).astype("datetime64[D]") - 1
    later = (months + 12).astype("datetime64[D]") + (days - months.astype("datetime64[D]"))
    return np.where(later > last, last, later)
