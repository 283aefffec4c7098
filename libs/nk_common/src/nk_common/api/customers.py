"""Answers of `/v1/customers/*`. Of personal data they hold names only."""

from __future__ import annotations

from datetime import date
from typing import Literal

from pydantic import Field

from nk_common.api.common import ApiModel, Compare, DateRange, Meta, Text, Unit
from nk_common.api.sales import KpiValue, TrendPoint


class History(ApiModel):
    """How far back purchases are known: whoever bought earlier than that looks new."""

    since: date | None = Field(description="The first loaded day; null when none is.")
    days_missing: int = Field(description="Days between that one and the range that are not loaded.")
    new_is_uncertain: bool = Field(
        description="Nothing, or not everything, is loaded of the time before the range: some new customers, and "
        "cohorts, may be older than they seem."
    )


class CustomersSummary(ApiModel):
    """`GET /v1/customers/summary`"""

    meta: Meta
    range: DateRange
    history: History
    compare: Compare
    compare_range: DateRange | None = None
    compare_days_missing: int = 0
    to_date: bool = Field(
        default=False, description="The range includes today, so the comparison stops at the same clock time."
    )
    kpis: list[KpiValue]


class CustomersTrend(ApiModel):
    """`GET /v1/customers/trend`. A customer counts in every bucket of a purchase, so buckets do not add up."""

    meta: Meta
    range: DateRange
    history: History
    compare_range: DateRange | None = None
    grain: Literal["day", "week", "month"]
    kpi: str
    unit: Unit
    points: list[TrendPoint]


class CustomerRow(ApiModel):
    """One customer in the range."""

    customer_id: int
    name: str
    revenue: float = Field(description="Less refunds.")
    transactions: int
    first_purchase: date | None = Field(
        description="Ever, as far as the loaded days go back, and whatever the filters; null for refunds only."
    )
    last_purchase: date | None = Field(description="In the range; null for refunds only.")
    share: float | None = Field(description="Of the revenue of all of them.")


class TopCustomers(ApiModel):
    """`GET /v1/customers/top`: whoever bought, or brought something back, in the range; ties by id."""

    meta: Meta
    range: DateRange
    history: History
    total_rows: int = Field(description="Customers that were found, before the limit.")
    total_revenue: float = Field(description="Of all customers, also of those that the search leaves out.")
    rows: list[CustomerRow]


class Segment(ApiModel):
    """Customers alike in recency, frequency and monetary value. Averages are null for nobody."""

    slug: str
    name: Text
    description: Text
    customers: int
    customers_share: float | None
    revenue: float
    revenue_share: float | None
    average_recency: float | None = Field(description="Days since the last purchase.")
    average_transactions: float | None
    average_revenue: float | None


class Cuts(ApiModel):
    """The four values that part customers into fifths, lowest first; empty when there are none."""

    recency: list[int] = Field(description="Days: score 5 up to the first, 1 beyond the last.")
    frequency: list[int] = Field(description="Transactions: score 1 up to the first, 5 beyond the last.")
    monetary: list[float] = Field(description="Revenue: score 1 up to the first, 5 beyond the last.")


class SegmentRow(ApiModel):
    """One customer of a segment, with scores from 1 (lowest) to 5."""

    customer_id: int
    name: str
    segment: str
    recency: int = Field(description="Days between the last purchase and `as_of`.")
    transactions: int
    revenue: float
    last_purchase: date
    recency_score: int
    frequency_score: int
    monetary_score: int


class CustomerSegments(ApiModel):
    """`GET /v1/customers/segments`: customers with a purchase in the range, by fifths of three figures.

    Customers with the same figure have the same score. `rows` are those of `segment`, if one was asked for."""

    meta: Meta
    range: DateRange
    as_of: date = Field(description="Recency is counted up to this day: the end of the range, or today.")
    cuts: Cuts
    total_customers: int
    total_revenue: float
    segments: list[Segment]
    segment: str | None = None
    total_rows: int = Field(
        default=0, description="Customers of `segment` that were found, before the limit."
    )
    rows: list[SegmentRow] = Field(default=[])


class CohortCell(ApiModel):
    """A cohort in one month. Null where nothing of the month is loaded."""

    months_since: int = Field(description="0 is the month of the first purchase.")
    month: date
    customers: int | None = Field(description="Of the cohort, who bought in the month.")
    share: float | None = Field(description="Of the cohort.")
    revenue: float | None = Field(description="What the cohort bought in the month, less refunds.")
    partial: bool = Field(description="The month is not over, or not loaded in full.")


class Cohort(ApiModel):
    """Customers by the month of their first purchase."""

    month: date
    size: int | None = Field(description="Null where nothing of the month is loaded.")
    partial: bool
    cells: list[CohortCell]


class CustomerCohorts(ApiModel):
    """`GET /v1/customers/cohorts`: the months that the range touches, each until the last of them."""

    meta: Meta
    range: DateRange
    history: History
    cohorts: list[Cohort]
