"""`GET /v1/sales/by/{dimension}`: revenue by the members of a dimension."""

from __future__ import annotations

from typing import Any

from nk_common.api.sales import BreakdownRow, SalesBreakdown
from nk_query_api.kpis.breakdowns import Breakdown
from nk_query_api.sales.context import Context, meta
from nk_query_api.sales.windows import Window
from nk_query_api.serving.snapshot import Snapshot


def by_dimension(
    look: Snapshot, window: Window, breakdown: Breakdown, limit: int, context: Context
) -> SalesBreakdown:
    """The answer, from one snapshot. Totals are over all members, also those beyond the limit."""
    rows = look.rows(breakdown.sql, [window.begins, window.until, limit])
    total_rows, total = (rows[0][5], rows[0][6]) if rows else (0, 0.0)
    return SalesBreakdown(
        meta=meta(look, window, context),
        range=window.range,
        dimension=breakdown.slug,
        total_rows=total_rows,
        total_revenue=_clean(total),
        rows=[_row(row, total) for row in rows],
    )


def _row(row: tuple[Any, ...], total: float) -> BreakdownRow:
    key, path, revenue, quantity, transactions = row[:5]
    return BreakdownRow(
        key=key,
        label=path[-1],
        path=path,
        revenue=_clean(revenue),
        quantity=_clean(quantity),
        transactions=transactions,
        share=round(revenue / total, 6) + 0.0 if total else None,
    )


def _clean(amount: float) -> float:
    """Without the dust of binary fractions, and never minus zero."""
    return round(float(amount), 4) + 0.0
