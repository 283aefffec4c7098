"""`/v1/customers/top`: customers by what they bought, how often, or when last."""

from __future__ import annotations

from datetime import date
from typing import Any

from nk_common.api.customers import CustomerRow, TopCustomers
from nk_query_api.kpis.customers import CUSTOMER_KPIS
from nk_query_api.questions.context import Context, covered_days, inputs_of, meta
from nk_query_api.questions.customers.history import history
from nk_query_api.questions.customers.people import Customers, Sort, first_days_of, names_of
from nk_query_api.questions.customers.purchases import by_customer, purchases
from nk_query_api.questions.filters import Binder, Filters
from nk_query_api.questions.windows import Window
from nk_query_api.serving.snapshot import Snapshot

_COLUMNS: dict[Sort, str] = {
    "revenue": "revenue",
    "transactions": "transactions",
    "last_purchase": "last_day",
    "name": "name",
}


def top_customers(
    look: Snapshot, asked: Customers, window: Window, filters: Filters, context: Context
) -> TopCustomers:
    """The answer, from one snapshot."""
    inputs = inputs_of(CUSTOMER_KPIS, filters)
    (found, revenue, *_), *listed = _rows(look, asked, window, filters)
    ids = [row[0] for row in listed]
    names, firsts = names_of(look, ids), first_days_of(look, ids)
    total = float(revenue or 0)
    return TopCustomers(
        meta=meta(look, window, inputs, context),
        range=window.range,
        history=history(window, covered_days(look, inputs, context)),
        total_rows=found,
        total_revenue=round(total, 4) + 0.0,
        rows=[_row(row, names[row[0]], firsts.get(row[0]), total) for row in listed],
    )


def _rows(look: Snapshot, asked: Customers, window: Window, filters: Filters) -> list[tuple[Any, ...]]:
    """First the customers found and the revenue of all; then the page: id, revenue, transactions, day of the last
    purchase."""
    binder = Binder()
    column = _COLUMNS[asked.sort]
    # DuckDB keeps the order of the parts of a UNION ALL, and of the rows in them.
    bought = by_customer(purchases(window, filters, binder, months=True))
    return look.rows(
        f"WITH bought AS MATERIALIZED ({bought}), found AS ({asked.found('bought', binder)}), "  # noqa: S608
        f"page AS ({asked.page(column, binder)}) "
        "SELECT count(*) AS customer_id, (SELECT sum(revenue) FROM bought) AS revenue, NULL, NULL FROM found "
        "UNION ALL SELECT customer_id, revenue, transactions, last_day FROM page",
        binder.values,
    )


def _row(row: tuple[Any, ...], name: str, first: date | None, total: float) -> CustomerRow:
    customer, revenue, transactions, last = row
    return CustomerRow(
        customer_id=customer,
        name=name,
        revenue=round(float(revenue), 4) + 0.0,
        transactions=transactions,
        first_purchase=first,
        last_purchase=last,
        share=round(float(revenue) / total, 6) + 0.0 if total else None,
    )
