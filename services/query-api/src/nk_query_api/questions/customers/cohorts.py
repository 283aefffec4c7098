"""`/v1/customers/cohorts`: of those who came first in a month, who still buys in the months after."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from nk_common.api.customers import Cohort, CohortCell, CustomerCohorts
from nk_query_api.kpis.customers import CUSTOMER_KPIS
from nk_query_api.questions.buckets import buckets, is_known, is_partial
from nk_query_api.questions.context import Context, covered_days, inputs_of, meta
from nk_query_api.questions.customers.history import history
from nk_query_api.questions.customers.purchases import bought
from nk_query_api.questions.filters import Binder, Filters
from nk_query_api.questions.windows import Window, whole_days
from nk_query_api.serving.customers import CUSTOMER_COHORTS
from nk_query_api.serving.snapshot import Snapshot

Months = Mapping[tuple[date, date], tuple[int, float]]
"""Customers and revenue by the month of the first purchase, and the month."""

_A_MONTH = timedelta(days=31)
_NOBODY = (0, 0.0)


@dataclass(frozen=True)
class _Month:
    """`known`: something of it is loaded. `partial`: it is not over, or not all of it is loaded."""

    start: date
    known: bool
    partial: bool


def whole_months(window: Window) -> Window:
    """From the first day of the window's first month to the last day of its last."""
    after = (window.end.replace(day=1) + _A_MONTH).replace(day=1)
    return whole_days(window.start.replace(day=1), after - timedelta(days=1))


def customer_cohorts(look: Snapshot, window: Window, filters: Filters, context: Context) -> CustomerCohorts:
    """The answer, from one snapshot, for all of the months that the window touches."""
    window = whole_months(window)
    inputs = inputs_of(CUSTOMER_KPIS, filters)
    covered = covered_days(look, inputs, context)
    found = _months(look, window, filters)
    months = [
        _Month(b.start.date(), is_known(b, window, covered), is_partial(b, window, covered, context.now))
        for b in buckets(window, "month")
    ]
    return CustomerCohorts(
        meta=meta(look, window, inputs, context),
        range=window.range,
        history=history(window, covered),
        cohorts=[_cohort(months[n:], found) for n in range(len(months))],
    )


def _months(look: Snapshot, window: Window, filters: Filters) -> Months:
    binder = Binder()
    rows = (
        _one_by_one(window, filters, binder)
        if filters.columns
        else f"SELECT * FROM {CUSTOMER_COHORTS} "  # noqa: S608
        f"WHERE day BETWEEN {binder.bind(window.start)} AND {binder.bind(window.end)}"
    )
    found = look.rows(
        f"SELECT first_month, day, customers, revenue FROM ({rows}) WHERE first_month >= {binder.bind(window.start)}",  # noqa: S608
        binder.values,
    )
    return {(first, month): (customers, float(revenue)) for first, month, customers, revenue in found}


def _one_by_one(window: Window, filters: Filters, binder: Binder) -> str:
    found = bought(window, filters, binder, months=False)
    return f"""
        {found.tables}
        SELECT m.day, CAST(date_trunc('month', f.first_day) AS DATE) AS first_month,
               count(*) FILTER (transactions > 0) AS customers, sum(revenue) AS revenue
        FROM (
          SELECT CAST(date_trunc('month', day) AS DATE) AS day, customer_id, sum(transactions) AS transactions,
                 sum(revenue) AS revenue
          FROM ({found.rows}) GROUP BY ALL
        ) AS m JOIN ({found.firsts}) AS f USING (customer_id)
        WHERE date_trunc('month', f.first_day) <= m.day GROUP BY ALL
    """  # noqa: S608


def _cohort(months: Sequence[_Month], found: Months) -> Cohort:
    """The cohort of the first of `months`, in each of them."""
    first = months[0]
    size = found.get((first.start, first.start), _NOBODY)[0] if first.known else None
    return Cohort(
        month=first.start,
        size=size,
        partial=first.partial,
        cells=[
            _cell(n, month, size, found.get((first.start, month.start), _NOBODY))
            for n, month in enumerate(months)
        ],
    )


def _cell(since: int, month: _Month, size: int | None, bought: tuple[int, float]) -> CohortCell:
    customers, revenue = bought
    known = month.known and size is not None
    return CohortCell(
        months_since=since,
        month=month.start,
        customers=customers if known else None,
        share=round(customers / size, 6) if known and size else None,
        revenue=round(revenue, 4) + 0.0 if known else None,
        partial=month.partial,
    )
