"""How orders were paid. Payments belong to whole orders, so nothing of a line is known here."""

from __future__ import annotations

from nk_query_api.questions.filters import Binder, Filters, one_of
from nk_query_api.questions.windows import Window
from nk_query_api.serving.payments import PAYMENTS


def payment_sums(window: Window, filters: Filters, binder: Binder) -> str:
    """SQL by payment method: payment_method_id, the amount paid as revenue, quantity (0: no goods are paid singly),
    and the orders as sold."""
    conditions = [f"day >= {binder.bind(window.start)}", f"day <= {binder.bind(window.end)}"]
    for column, ids in (("store_id", filters.stores), ("payment_method_id", filters.payment_methods)):
        if ids:
            conditions.append(one_of(column, ids, binder))
    if filters.source == "invoice":
        conditions.append("false")
    where = " AND ".join(conditions)
    rows = (
        "SELECT payment_method_id, sum(amount) AS revenue, 0 AS quantity, sum(orders) AS sold "  # noqa: S608
        f"FROM {PAYMENTS} WHERE {where} GROUP BY 1"
    )
    return _until(window, where, binder) if window.until.date() <= window.end else rows


def _until(window: Window, where: str, binder: Binder) -> str:
    """Payments of a window that ends at a time of day, from the payments themselves."""
    return (
        "SELECT payment_method_id, sum(CAST(amount AS DECIMAL(18, 4))) AS revenue, 0 AS quantity, "  # noqa: S608
        'count(DISTINCT order_id) AS sold FROM (SELECT *, CAST("date" AS DATE) AS day, '
        f'coalesce(pos_config_id, -1) AS store_id FROM fact_payments WHERE "date" < {binder.bind(window.until)}) '
        f"WHERE {where} GROUP BY 1"
    )
