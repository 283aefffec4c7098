"""`invoice-sales`: lines of customer invoices and credit notes, with tax and without, in company currency."""

from __future__ import annotations

from datetime import date

import polars as pl

from nk_cleaner.transforms.base import Cleaned, Rules, Tables, cleaned_lines, line_totals
from nk_cleaner.transforms.invoices import priced, signed, sort_out
from nk_common.datasets.invoice_sales import INVOICE_SALES, RAW_INVOICE_SALES
from nk_common.datasets.invoices import INVOICE_TYPES


def transform(tables: Tables, day: date | None, _rules: Rules) -> Cleaned:
    """One accounting date. Rows that cannot be used are rejected, with the reason."""
    raw = tables[RAW_INVOICE_SALES.name]
    kept, bad = sort_out(raw, INVOICE_TYPES, day)
    lines = priced(kept).with_columns(
        signed("quantity"),
        signed("taxed").alias("revenue"),
        signed("untaxed").alias("revenue_untaxed"),
        pl.col("move_id.partner_id").alias("customer_id"),
        pl.col("move_id.partner_id.name").alias("customer_name"),
    )
    return cleaned_lines(INVOICE_SALES, lines, bad, line_totals(raw, "move_id", "quantity", "price_total"))
