"""Profit of one day: its sale lines with what their products cost by then (rules 5 and 8). Pure.

A document counts as a transaction if at least one of its lines is no refund: an exchange is one, an order or
invoice of refunds only is not. Of a product, a transaction is a document that sold it, not one that only took
it back.

A line with a price below zero is no goods: a discount on the whole order, a reward. Its cost is nothing, so that it
lowers profit by what it takes off; but unknown where that of the goods is, for it then lowers what nobody knows.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import polars as pl

from nk_common.star.profit import AGG_PROFIT_DAILY, AGG_PROFIT_DAILY_BY_PRODUCT, FACT_SALES_LINES_PROFIT

_DECIMALS = 6
_AMOUNTS = ("revenue_tax_in", "cogs_tax_in", "gross_profit", "quantity")


def pos_sales(fact_sales: pl.DataFrame) -> pl.DataFrame:
    """POS order lines as sale lines."""
    return _sale_lines(fact_sales, "pos", "order_id", "line_id")


def invoice_sales(fact_invoice_sales: pl.DataFrame) -> pl.DataFrame:
    """Invoice lines as sale lines."""
    return _sale_lines(fact_invoice_sales, "invoice", "move_id", "move_line_id")


def profit_tables(day: date, sales: pl.DataFrame, costs: pl.DataFrame) -> dict[str, pl.DataFrame]:
    """The three tables of `profit`, by name; without rows where `sales` has none.

    `sales`: rows of `pos_sales` and `invoice_sales`. `costs`: product_id (unique), cost_unit_tax_in,
    source_move_id, as they were on `day`. A line of a product that is not among them has no cost.
    """
    cost_of_line = costs.rename({"source_move_id": "source_cost_move_id"})
    lines = (
        sales.join(cost_of_line, on="product_id", how="left")
        .with_columns(_of_what_takes_off())
        .with_columns(
            pl.lit(day).alias("date"), (pl.col("quantity") * pl.col("cost_unit_tax_in")).alias("cogs_tax_in")
        )
        .with_columns((pl.col("revenue_tax_in") - pl.col("cogs_tax_in")).alias("gross_profit"))
        .sort("source", "line_id")
    )
    return {
        FACT_SALES_LINES_PROFIT.name: lines.select(FACT_SALES_LINES_PROFIT.schema.names),
        AGG_PROFIT_DAILY.name: _sums(lines, ["date"]).select(AGG_PROFIT_DAILY.schema.names),
        AGG_PROFIT_DAILY_BY_PRODUCT.name: _sums(lines, ["date", "product_id"]).select(
            AGG_PROFIT_DAILY_BY_PRODUCT.schema.names
        ),
    }


def _of_what_takes_off() -> tuple[pl.Expr, pl.Expr]:
    """Cost, and where it comes from, of lines with a price below zero; of others, what they have."""
    takes_off, cost = pl.col("price_unit") < 0, pl.col("cost_unit_tax_in")
    are_known = (takes_off | cost.is_not_null()).all().over("source", "txn_id")
    nothing = pl.when(are_known).then(0.0)
    return (
        pl.when(takes_off).then(nothing).otherwise(cost).alias("cost_unit_tax_in"),
        pl.when(~takes_off).then("source_cost_move_id").alias("source_cost_move_id"),
    )


def _sale_lines(facts: pl.DataFrame, source: str, document: str, line: str) -> pl.DataFrame:
    return facts.select(
        pl.lit(source).alias("source"),
        pl.col(document).alias("txn_id"),
        pl.col(line).alias("line_id"),
        "product_id",
        "quantity",
        "price_unit",
        pl.col("revenue").alias("revenue_tax_in"),
        "is_refund",
    )


def _sums(lines: pl.DataFrame, keys: Sequence[str]) -> pl.DataFrame:
    """What the lines amount to. Rounded, or the order of addition would show in the last digit."""
    document = pl.struct("source", "txn_id")
    without_cost = pl.col("revenue_tax_in").filter(pl.col("cost_unit_tax_in").is_null())
    return (
        lines.group_by(keys)
        .agg(
            pl.col(_AMOUNTS).sum().round(_DECIMALS),
            document.filter(~pl.col("is_refund")).n_unique().cast(pl.Int64).alias("transactions"),
            pl.len().cast(pl.Int64).alias("lines"),
            without_cost.sum().round(_DECIMALS).alias("revenue_without_cost"),
        )
        .sort(keys)
    )
