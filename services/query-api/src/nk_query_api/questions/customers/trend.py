"""`/v1/customers/trend`: one KPI of customers per day, week or month."""

from __future__ import annotations

import functools
from datetime import datetime

from nk_common.api.common import Compare
from nk_common.api.customers import CustomersTrend
from nk_query_api.kpis.base import Kpi
from nk_query_api.questions.context import Context, compared, covered_days, inputs_of, meta
from nk_query_api.questions.customers.counting import Grain, counted
from nk_query_api.questions.customers.history import history
from nk_query_api.questions.filters import Filters
from nk_query_api.questions.points import Drawn, points
from nk_query_api.questions.windows import Shift, Window
from nk_query_api.serving.snapshot import Snapshot


def customers_trend(
    look: Snapshot,
    kpi: Kpi,
    window: Window,
    filters: Filters,
    grain: Grain,
    compare: Compare,
    context: Context,
) -> CustomersTrend:
    """The answer, from one snapshot. A customer counts in every bucket of a purchase: buckets do not add up."""
    inputs = inputs_of([kpi], filters)
    against = compared(look, window, compare, inputs, context)
    covered = covered_days(look, inputs, context)
    drawn = Drawn(grain, functools.partial(_values, look, kpi, filters, grain), kpi.of_nothing)
    return CustomersTrend(
        meta=meta(look, window, inputs, context),
        range=window.range,
        history=history(window, covered),
        compare_range=against.window.range if against else None,
        grain=grain,
        kpi=kpi.slug,
        unit=kpi.unit,
        points=points(drawn, window, against, covered, context.now),
    )


def _values(
    look: Snapshot, kpi: Kpi, filters: Filters, grain: Grain, window: Window, shift: Shift | None
) -> dict[datetime, float | None]:
    found = counted(look, [kpi], window, filters, grain, shift)
    return {start: figures[kpi.slug] for start, figures in found.items()}
