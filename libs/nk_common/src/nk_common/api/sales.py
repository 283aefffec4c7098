"""Answers of `/v1/sales/*`."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field

from nk_common.api.common import ApiModel, Compare, DateRange, Grain, Meta, Text, Unit


class KpiValue(ApiModel):
    """One KPI over the range, and over the comparison range where one was asked for.

    `value` and `previous` are null where nothing is loaded or the KPI is undefined (no transactions:
    no average). `previous` is null, too, where days of the comparison are missing. `delta` is
    (value - previous) / |previous|, null when there is nothing to compare with or days are missing.
    """

    slug: str
    name: Text
    description: Text
    unit: Unit
    value: float | None
    previous: float | None = None
    delta: float | None = None
    higher_is_better: bool | None = True


class SalesSummary(ApiModel):
    """`GET /v1/sales/summary`"""

    meta: Meta
    range: DateRange
    compare: Compare
    compare_range: DateRange | None = None
    compare_days_missing: int = 0
    to_date: bool = Field(
        default=False,
        description="The range includes today, so the comparison stops at the same clock time.",
    )
    kpis: list[KpiValue]


class TrendPoint(ApiModel):
    """One bucket. `value` is null when none of its days is loaded; `partial` when some are not, when the
    bucket is cut by the range, or when it is still running."""

    bucket: datetime = Field(description="Local start of the bucket, without an offset.")
    value: float | None
    partial: bool = False
    compare_bucket: datetime | None = None
    compare_value: float | None = None


class SalesTrend(ApiModel):
    """`GET /v1/sales/trend`"""

    meta: Meta
    range: DateRange
    compare_range: DateRange | None = None
    grain: Grain
    kpi: str
    unit: Unit
    points: list[TrendPoint]


class BreakdownRow(ApiModel):
    """One member of a dimension. `path` holds the members above it, top first, ending with itself."""

    key: str
    label: str
    path: list[str]
    revenue: float
    quantity: float
    transactions: int
    share: float | None = Field(description="Of the revenue of all rows, also those cut by the limit.")


class SalesBreakdown(ApiModel):
    """`GET /v1/sales/by/{dimension}`: rows by revenue, highest first; ties by key."""

    meta: Meta
    range: DateRange
    dimension: str
    total_rows: int
    total_revenue: float
    rows: list[BreakdownRow]
