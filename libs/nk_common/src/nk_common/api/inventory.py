"""Answers of `/v1/inventory/*`. Quantities are in the product's own unit."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal

from pydantic import Field

from nk_common.api.common import ApiModel, DateRange, Days, Meta, Text, Unit
from nk_common.api.sales import KpiValue

StockStatus = Literal["negative", "low", "dead", "overstock", "ok"]
AbcClass = Literal["A", "B", "C"]
Values = dict[str, float | None]
"""Figures by their slug; null where not known or undefined."""


class StockMoment(ApiModel):
    """Where stock at a moment comes from. `day` is null when no snapshot is held."""

    day: date | None = Field(description="Day of the snapshot.")
    taken_at: datetime | None = Field(description="Local moment that the snapshot is of, without an offset.")
    reconstructed: bool = Field(
        description="Rolled back by the loader from a later snapshot and the moves since."
    )
    rolled_back: bool = Field(
        default=False, description="Made of the snapshot that ends the range, less all moves of the range."
    )


class SoldDays(ApiModel):
    """The days that the average daily sales are of. They end the day before when the asked day is still running."""

    range: DateRange
    days: Days = Field(description="The average divides by the number of days that are loaded.")


class StockOfDay(ApiModel):
    """What every answer about the stock of one day says first."""

    meta: Meta = Field(description="A day without a snapshot is missing: no other day's is shown for it.")
    as_of: date = Field(description="The asked day; the newest held one when none was asked for.")
    stock: StockMoment
    nearest: date | None = Field(description="Where `as_of` is not held: the held day that is nearest to it.")
    sold: SoldDays
    low_cover: float = Field(description="Days of cover below which stock is low.")
    over_cover: float = Field(description="Days of cover above which there is too much.")


class InventorySummary(StockOfDay):
    """`GET /v1/inventory/summary`"""

    compare_as_of: date | None = None
    kpis: list[KpiValue]


class StockRow(ApiModel):
    """A product, or a product in one location. Sales know no location: with locations, what is made of the rate of
    sale is null. `path` is parent category, category, product."""

    product_id: int
    code: str | None
    barcode: str | None
    label: str
    path: list[str]
    brand: str
    location_id: int | None
    location: str | None
    unit_cost: float | None = Field(description="Newest cost by the day, with tax; null before the first.")
    list_price: float | None
    sold: float | None = Field(description="Net units of the days that the average is of, in all stores.")
    values: Values = Field(description="KPIs of stock by their slug.")
    status: StockStatus | None = Field(
        description="The first that holds: negative, low, dead, overstock; null where not known. In a location, what "
        "sells nowhere is dead, and of all else it is not known."
    )


class StockLevels(StockOfDay):
    """`GET /v1/inventory/stock`. Products without stock that sold in the days before are rows with nothing on hand."""

    by: Literal["product", "location"]
    total_rows: int
    total: Values = Field(description="Of all rows, also those beyond the page.")
    rows: list[StockRow]


class FlowRow(ApiModel):
    """A member of a group of products."""

    key: str
    label: str
    path: list[str]
    values: Values


class SellThrough(ApiModel):
    """`GET /v1/inventory/sell-through`"""

    meta: Meta
    range: DateRange
    begin: StockMoment
    end: StockMoment
    group: str
    include_production: bool
    include_adjustments: bool
    missing_moves: list[date] = Field(
        description="Days whose moves are needed and not loaded, or were read too early; the first 31."
    )
    kpis: list[str]
    total_rows: int
    total: Values = Field(description="Of all products that the filters leave, whatever is searched for.")
    rows: list[FlowRow]


class AbcClassTotal(ApiModel):
    abc: AbcClass
    skus: int
    share_of_skus: float | None
    revenue: float
    share_of_revenue: float | None = Field(description="Null when there is no revenue to share.")


class AbcCategory(ApiModel):
    """Of one category: products and revenue by class."""

    key: str
    label: str
    path: list[str]
    skus: dict[AbcClass, int]
    revenue: dict[AbcClass, float]


class AbcPoint(ApiModel):
    """So many of the best products make so much of the revenue."""

    share_of_skus: float
    share_of_revenue: float | None


class AbcItem(ApiModel):
    rank: int
    product_id: int
    code: str | None
    barcode: str | None
    label: str
    path: list[str]
    revenue: float
    quantity: float
    share_of_revenue: float | None
    cumulative_share: float | None
    abc: AbcClass


class AbcAnalysis(ApiModel):
    """`GET /v1/inventory/abc`

    SKUs are the products that were sold in the range, and those on hand at its end. They are ranked by net revenue,
    ties by product id. Of n SKUs the first a x n, rounded up, are A, up to (a + b) x n B, all others C; whatever
    brought in no net revenue is C.
    """

    meta: Meta
    range: DateRange
    a: float
    b: float
    stock: StockMoment = Field(
        description="Whose unsold products count; where it is not held, only what was sold is ranked."
    )
    skus: int
    revenue: float | None
    without_product: float | None = Field(description="Revenue of lines that name no product, in no class.")
    classes: list[AbcClassTotal]
    curve: list[AbcPoint]
    categories: list[AbcCategory]
    total_rows: int
    rows: list[AbcItem]


class MovedRow(ApiModel):
    """What moved. Seen from one place, `lines` are those that touched it and `quantity` is what it gained."""

    key: str
    label: str
    path: list[str]
    lines: int
    quantity: float = Field(
        description="Signed from the point of view of stock; transfers within it positive."
    )
    arrived: float = Field(description="Units that came to a stock location.")
    departed: float = Field(description="Units that left one.")
    effect: float = Field(description="What stock gained.")
    by_type: dict[str, float] = Field(description="`quantity` by movement type.")


class MovementType(MovedRow):
    name: Text


class ReconciledRow(ApiModel):
    """begin_on_hand + effects - end_on_hand = unexplained; 0 where moves explain stock."""

    product_id: int
    label: str
    path: list[str]
    effects: Values = Field(description="What moves of each type did to stock.")
    values: Values = Field(description="`begin_on_hand`, `end_on_hand`, `sold`, `unexplained`, `variance`.")


class StockReconciliation(ApiModel):
    """`GET /v1/inventory/reconciliation`: whether moves explain how stock changed. Products that are not kept in stock
    are left out."""

    meta: Meta
    range: DateRange
    begin: StockMoment
    end: StockMoment
    missing_moves: list[date] = Field(description="The first 31; while there are any, differences are null.")
    missing_moves_count: int
    missing_sales_count: int = Field(description="While there are any, `variance` is null.")
    effects: Values
    values: Values
    products: int
    differing: int | None = Field(description="Products that moves do not explain; null when not known.")
    rows: list[ReconciledRow] = Field(description="The largest differences first.")


class Movements(ApiModel):
    """`GET /v1/inventory/movements`"""

    meta: Meta
    range: DateRange
    by: str
    unit: Unit = "quantity"
    types: list[MovementType]
    total_rows: int
    rows: list[MovedRow]
