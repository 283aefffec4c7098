"""Answers of `/v1/profit/*` that are about single lines and bills. Amounts are in company currency, with tax."""

from __future__ import annotations

from datetime import date
from typing import Literal

from pydantic import Field

from nk_common.api.common import ApiModel, DateRange, Meta


class BelowCostLine(ApiModel):
    """A sold line that brought in less than its goods cost; refunds are none."""

    day: date
    source: Literal["pos", "invoice"]
    line_id: int = Field(description="Odoo's order line or invoice line; only with `source` is it one.")
    document_id: int = Field(description="Odoo's order or invoice.")
    document: str | None = Field(description="Its number, as the receipt or the invoice shows it.")
    product_id: int
    product: str
    quantity: float
    revenue: float
    unit_cost: float
    cogs: float
    loss: float = Field(description="cogs - revenue, more than 0.")


class BelowCostTotals(ApiModel):
    """Over all lines, also those that the search leaves out, and those beyond the page."""

    lines: int
    quantity: float
    revenue: float
    cogs: float
    loss: float


class BelowCost(ApiModel):
    """`GET /v1/profit/below-cost`: the greatest loss first, unless asked otherwise; ties by loss, then the newest
    day, then by line."""

    meta: Meta
    range: DateRange
    totals: BelowCostTotals | None = Field(description="Null when none of the days is loaded.")
    total_rows: int = Field(description="Lines that were found, before the limit.")
    lines: list[BelowCostLine]


class CostEvent(ApiModel):
    """A bill line that set the cost of the product from its day on."""

    day: date
    unit_cost: float = Field(description="Of one unit, as the bill says it.")
    bill_id: int
    bill: str | None = Field(description="Number of the bill.")
    bill_line_id: int
    vendor_id: int | None
    vendor: str | None = Field(description="Name of the vendor when the day was read.")
    quantity: float | None = Field(description="How many were bought, in the product's own unit.")
    change: float | None = Field(
        description="Less the cost that the event before it had set; null for the first of all."
    )
    change_share: float | None = Field(
        description="`change` / the cost before; null against nothing or zero."
    )


class CostHistory(ApiModel):
    """`GET /v1/profit/cost-history`: oldest first; of one day, the event that counts comes last (rule 8)."""

    meta: Meta
    range: DateRange
    product_id: int
    product: str
    at_start: CostEvent | None = Field(
        description="The newest event before the range, which counts until the first one in it; null where no cost "
        "is known by then."
    )
    total: int | None = Field(
        description="Events in the range, before the page; null when none of its days is loaded."
    )
    events: list[CostEvent]
