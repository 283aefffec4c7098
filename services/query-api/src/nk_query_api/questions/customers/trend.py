"""`/v1/customers/trend`: one KPI of customers per day, week or month."""

from __future__ import annotations

from nk_common.api.common import Compare
from nk_common.api.customers import CustomersTrend
from nk_query_api.kpis.base import Kpi
from nk_query_api.questions.buckets import LONG, buckets, is_known
from nk_query_api.questions.context import Context, compared, covered_days, inputs_of, meta
from nk_query_api.questions.customers.counting import Grain, counted
from nk_query_api.questions.customers.history import history
from nk_query_api.questions.filters import Filters
from nk_query_api.questions.points import Series, compared_series, points
from nk_query_api.questions.windows import Comparison, Window
from nk_query_api.serving.holdings import Coverage
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
    now = _series(look, kpi, window, filters, grain, covered)
    before = _before(look, kpi, window, against, filters, grain, covered) if against else []
    return CustomersTrend(
        meta=meta(look, window, inputs, context),
        range=window.range,
        history=history(window, covered),
        compare_range=against.window.range if against else None,
        grain=grain,
        kpi=kpi.slug,
        unit=kpi.unit,
        points=points(now, before, window, covered, context.now),
    )


def _before(
    look: Snapshot,
    kpi: Kpi,
    window: Window,
    against: Comparison,
    filters: Filters,
    grain: Grain,
    covered: Coverage,
) -> Series:
    """What every bucket of the window is compared with."""
    shift = against.shift if grain in LONG else None
    found = counted(look, [kpi], against.window, filters, grain, shift)
    values = {start: figures[kpi.slug] for start, figures in found.items()}
    return compared_series(window, against, grain, covered, values, kpi.of_nothing)


def _series(
    look: Snapshot, kpi: Kpi, window: Window, filters: Filters, grain: Grain, covered: Coverage
) -> Series:
    """The KPI of every bucket; null where nothing was read, and what it is of nobody where nobody came."""
    found = counted(look, [kpi], window, filters, grain)
    nobody = {kpi.slug: kpi.of_nothing}
    return [
        (b, found.get(b.start, nobody)[kpi.slug] if is_known(b, window, covered) else None)
        for b in buckets(window, grain)
    ]
