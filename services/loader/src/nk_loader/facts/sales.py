"""`fact_sales` and `fact_payments` of one day."""

from __future__ import annotations

import polars as pl

from nk_common.star.facts import FACT_PAYMENTS, FACT_SALES
from nk_loader.build import Tables


def fact_sales(clean: Tables) -> pl.DataFrame:
    """One row per POS order line, by line id."""
    return clean["pos_order_lines"].select(FACT_SALES.schema.names).sort("line_id")


def fact_payments(clean: Tables) -> pl.DataFrame:
    """One row per POS payment, by payment id."""
    return clean["pos_payments"].select(FACT_PAYMENTS.schema.names).sort("payment_id")
