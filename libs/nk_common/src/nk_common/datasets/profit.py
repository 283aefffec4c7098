"""`profit`: derived from sales and cost events that are in the lake already, by sale day."""

from __future__ import annotations

from nk_common.datasets.base import Dataset, Measures

PROFIT = Dataset(
    name="profit",
    lake_name="profit",
    title_id="Laba",
    title_en="Profit",
    kind="daily",
    raw=(),
    clean=(),
    star=("fact_sales_lines_profit", "agg_profit_daily", "agg_profit_daily_by_product"),
    measures=Measures(("source", "txn_id"), "quantity", "revenue_tax_in"),
    rebuilt="always",
    freshness="derived",
    made_of=("pos", "invoice-sales", "purchases"),
)
