"""Answers of `/v1/sales/*`."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

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
    formula: Text | None = None
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
    """One bucket. `value` is null when none of its days is loaded, or the KPI is undefined; `partial` when some are
    not, when the bucket is cut by the range, or when it is still running."""

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
    without_time: float | None = Field(
        default=None,
        description="By hour: revenue of invoices, which have no time of day and are in no point.",
    )
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
    values: dict[str, float | None] = Field(default={}, description="Every figure of the row, by its slug.")
    previous: dict[str, float | None] | None = Field(
        default=None, description="The same figures in the comparison range, null where there was nothing."
    )


class SalesBreakdown(ApiModel):
    """`GET /v1/sales/by/{dimension}`: rows by revenue, highest first, unless asked otherwise; ties by key."""

    meta: Meta
    range: DateRange
    compare_range: DateRange | None = None
    compare_days_missing: int = 0
    dimension: str
    kpis: list[str] = Field(default=[], description="Slugs of the figures in `values`.")
    total_rows: int = Field(description="Rows that there are, before the limit.")
    total_revenue: float
    without_time: float | None = Field(
        default=None, description="By hour: revenue of invoices, which have no time of day and are in no row."
    )
    rows: list[BreakdownRow]


class HeatmapCell(ApiModel):
    """The KPI in one hour (0 to 23) of a row. An hour without sales, on loaded days, has no cell."""

    row: str = Field(description="1 (Monday) to 7, or an ISO day.")
    hour: int
    value: float | None


class SalesHeatmap(ApiModel):
    """`GET /v1/sales/heatmap`: sums over all days of a row; `days_loaded` to make averages of them."""

    meta: Meta
    range: DateRange
    kpi: str
    unit: Unit
    rows: Literal["weekday", "date"]
    days_loaded: dict[str, int] = Field(
        description="Loaded days by row; a row that is not there was not loaded."
    )
    without_time: float = Field(
        description="Revenue of invoices, which have no time of day and are in no cell."
    )
    cells: list[HeatmapCell]
