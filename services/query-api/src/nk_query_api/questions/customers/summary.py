"""`/v1/customers/summary`: KPIs of customers over the range, beside the range it is compared with."""

from __future__ import annotations

from nk_common.api.common import Compare
from nk_common.api.customers import CustomersSummary
from nk_query_api.kpis.customers import CUSTOMER_KPIS
from nk_query_api.questions.context import (
    Context,
    compared,
    covered_days,
    inputs_of,
    is_any_loaded,
    meta,
    missing_days,
)
from nk_query_api.questions.customers.counting import Values, counted
from nk_query_api.questions.customers.history import history
from nk_query_api.questions.filters import Filters
from nk_query_api.questions.summary import kpi_value
from nk_query_api.questions.windows import Window
from nk_query_api.serving.snapshot import Snapshot


def customers_summary(
    look: Snapshot, window: Window, filters: Filters, compare: Compare, context: Context
) -> CustomersSummary:
    """The answer, from one snapshot."""
    inputs = inputs_of(CUSTOMER_KPIS, filters)
    against = compared(look, window, compare, inputs, context)
    values = customer_values(look, window, filters, context)
    previous: Values = {}
    if against and not against.days_missing:
        previous = customer_values(look, against.window, filters, context)
    comparable = not missing_days(look, window, inputs, context)
    return CustomersSummary(
        meta=meta(look, window, inputs, context),
        range=window.range,
        history=history(window, covered_days(look, inputs, context)),
        compare=compare,
        compare_range=against.window.range if against else None,
        compare_days_missing=against.days_missing if against else 0,
        to_date=bool(against and against.to_date),
        kpis=[
            kpi_value(kpi, values[kpi.slug], previous.get(kpi.slug), comparable=comparable)
            for kpi in CUSTOMER_KPIS
        ],
    )


def customer_values(look: Snapshot, window: Window, filters: Filters, context: Context) -> Values:
    """KPIs of the window; all null when none of its days is loaded."""
    if not is_any_loaded(window, covered_days(look, inputs_of(CUSTOMER_KPIS, filters), context)):
        return {kpi.slug: None for kpi in CUSTOMER_KPIS}
    found = counted(look, CUSTOMER_KPIS, window, filters, None)
    return found.get(window.begins, {kpi.slug: kpi.of_nothing for kpi in CUSTOMER_KPIS})
