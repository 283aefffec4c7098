"""`fact_sales` and `fact_payments` of one day, and the totals they must keep."""

from __future__ import annotations

import polars as pl

from nk_common.datasets.base import ControlTotals
from nk_common.star.facts import FACT_PAYMENTS, FACT_SALES
from nk_loader.build import Tables


def fact_sales(clean: Tables) -> pl.DataFrame:
    """One row per POS order line, by line id."""
    return clean["pos_order_lines"].select(FACT_SALES.schema.names).sort("line_id")


def fact_payments(clean: Tables) -> pl.DataFrame:
    """One row per POS payment, by payment id."""
    return clean["pos_payments"].select(FACT_PAYMENTS.schema.names).sort("payment_id")


def totals(star: Tables) -> ControlTotals:
    """Counted from the facts as they are written."""
    sales = star["fact_sales"]
    return ControlTotals(
        documents=sales["order_id"].n_unique(),
        lines=sales.height,
        quantity=float(sales["quantity"].sum()),
        amount=float(sales["revenue"].sum()),
        payments=float(star["fact_payments"]["amount"].sum()),
    )
