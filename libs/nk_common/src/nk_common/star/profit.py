"""Profit of sale lines, and what it sums up to per day. Derived from facts in the lake."""

from __future__ import annotations

from nk_common.datasets.types import DAY, ID, NUMBER, TEXT, schema
from nk_common.star.base import StarTable

FACT_SALES_LINES_PROFIT = StarTable(
    name="fact_sales_lines_profit",
    kind="fact",
    dataset="profit",
    grain="sale line",
    key=("source", "line_id"),
    schema=schema(
        {"date": DAY, "source": TEXT, "txn_id": ID, "line_id": ID, "product_id": ID,
         "quantity": NUMBER, "revenue_tax_in": NUMBER},
        cost_unit_tax_in=NUMBER,
        cogs_tax_in=NUMBER,
        gross_profit=NUMBER,
        source_cost_move_id=ID,
    ),
)  # fmt: skip
"""Cost, cost of goods and profit are null where no cost was known on the sale's day (rule 8)."""

_SUMS = {
    "revenue_tax_in": NUMBER,
    "cogs_tax_in": NUMBER,
    "gross_profit": NUMBER,
    "quantity": NUMBER,
    "transactions": ID,
    "lines": ID,
    "revenue_without_cost": NUMBER,
}
AGG_PROFIT_DAILY = StarTable(
    name="agg_profit_daily",
    kind="fact",
    dataset="profit",
    grain="day; no row on a day without sales",
    key=("date",),
    schema=schema({"date": DAY, **_SUMS}),
)
AGG_PROFIT_DAILY_BY_PRODUCT = StarTable(
    name="agg_profit_daily_by_product",
    kind="fact",
    dataset="profit",
    grain="day and product",
    key=("product_id",),
    schema=schema({"date": DAY, "product_id": ID, **_SUMS}),
)
"""`cogs_tax_in` and `gross_profit` sum the lines whose cost is known; `revenue_without_cost` is the others'
revenue, so that cost coverage is 1 - revenue_without_cost / revenue_tax_in."""
