"""`fact_invoice_sales`, `fact_purchases` and `fact_product_cost_events` of one accounting date."""

from __future__ import annotations

import polars as pl

from nk_common.datasets.invoice_sales import CLEAN_INVOICE_SALES
from nk_common.datasets.purchases import CLEAN_PURCHASES
from nk_common.star.invoices import FACT_INVOICE_SALES, FACT_PRODUCT_COST_EVENTS, FACT_PURCHASES
from nk_loader.build import Tables


def fact_invoice_sales(clean: Tables) -> pl.DataFrame:
    """One row per invoice line, by line id."""
    return clean[CLEAN_INVOICE_SALES.name].select(FACT_INVOICE_SALES.schema.names).sort("move_line_id")


def fact_purchases(clean: Tables) -> pl.DataFrame:
    """One row per bill line, by line id; discounts and bonus lines too."""
    return clean[CLEAN_PURCHASES.name].select(FACT_PURCHASES.schema.names).sort("move_line_id")


def fact_product_cost_events(clean: Tables) -> pl.DataFrame:
    """One row per bill line that sets a cost (rule 7), by line id: its cost with tax per product unit."""
    setting = clean[CLEAN_PURCHASES.name].filter(pl.col("sets_cost"))
    events = setting.select(
        "date",
        "product_id",
        (pl.col("cost_taxed") / pl.col("quantity")).alias("cost_unit_tax_in"),
        pl.col("move_id").alias("source_move_id"),
        pl.col("move_line_id").alias("source_move_line_id"),
        pl.col("tax_id").alias("source_tax_id"),
    )
    return events.select(FACT_PRODUCT_COST_EVENTS.schema.names).sort("source_move_line_id")
