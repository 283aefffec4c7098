"""`/v1/customers/top`: customers by what they bought, how often, or when last."""

from __future__ import annotations

from datetime import date
from typing import Any

from nk_common.api.customers import CustomerRow, TopCustomers
from nk_query_api.kpis.customers import CUSTOMER_KPIS
from nk_query_api.questions.context import Context, covered_days, inputs_of, meta
from nk_query_api.questions.customers.history import history
from nk_query_api.questions.customers.people import Customers, first_days_of, names_of
from nk_query_api.questions.customers.totals import in_money, on_day, totals_of
from nk_query_api.questions.filters import Filters
from nk_query_api.questions.windows import Window
from nk_query_api.serving.snapshot import Snapshot


def top_customers(
    look: Snapshot, asked: Customers, window: Window, filters: Filters, context: Context
) -> TopCustomers:
    """The answer, from one snapshot."""
    inputs = inputs_of(CUSTOMER_KPIS, filters)
    totals = totals_of(look, window, filters)
    found = asked.found(look, totals)
    page = asked.page(look, found)
    firsts = first_days_of(look, page.customers.tolist())
    revenue = float(totals.revenue.sum())
    columns = (page.customers, page.transactions, page.revenue, page.last)
    rows = zip(*(column.tolist() for column in columns), names_of(look).of(page.customers), strict=True)
    return TopCustomers(
        meta=meta(look, window, inputs, context),
        range=window.range,
        history=history(window, covered_days(look, inputs, context)),
        total_rows=len(found.customers),
        total_revenue=in_money(revenue),
        rows=[_row(row, firsts.get(row[0]), revenue) for row in rows],
    )


def _row(row: tuple[Any, ...], first: date | None, total: float) -> CustomerRow:
    customer, transactions, revenue, last, name = row
    return CustomerRow(
        customer_id=customer,
        name=name,
        revenue=in_money(revenue),
        transactions=transactions,
        first_purchase=first,
        last_purchase=on_day(last),
        share=round(revenue / total, 6) + 0.0 if total else None,
    )
