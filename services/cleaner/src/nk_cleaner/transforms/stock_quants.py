"""`stock-quants`: what lay where at one moment of one day.

Rule 12 (docs: data.md): a snapshot is of the day on which it was taken and is never filed under another.
Quants of vendors, customers and losses are the far side of every move: summed with stock they leave nothing.
"""

from __future__ import annotations

from datetime import date

import polars as pl

from nk_cleaner.transforms.base import (
    Cleaned,
    Rules,
    Tables,
    cleaned_lines,
    first_reason,
    line_totals,
    local_time,
    part,
)
from nk_common.datasets.stock_quants import RAW_STOCK_QUANTS, STOCK_QUANTS


def transform(tables: Tables, day: date | None, rules: Rules) -> Cleaned:
    """One snapshot. Rows that cannot be used are rejected, with the reason."""
    raw = tables[RAW_STOCK_QUANTS.name]
    local = raw.with_columns(local_time("taken_at", rules.zone))
    kept, bad = part(local.with_columns(_reasons(day, rules)))
    quants = kept.with_columns(
        pl.col("id").alias("quant_id"),
        pl.col("reserved_quantity").fill_null(0.0),
    )
    return cleaned_lines(STOCK_QUANTS, quants, bad, line_totals(raw, "id", "quantity"))


def _reasons(day: date | None, rules: Rules) -> pl.Expr:
    of_another_day = pl.col("taken_at").dt.date().ne_missing(pl.lit(day))
    usage = pl.col("location_id.usage").fill_null("")
    return first_reason(
        # One row that is wrong means that the whole snapshot is of another moment than it says.
        (of_another_day.any(), "the snapshot was taken on another day"),
        (pl.col("id").is_duplicated(), "the quant id occurs twice"),
        (pl.col("product_id").is_null(), "the quant has no product"),
        (pl.col("location_id").is_null(), "the quant has no location"),
        (~usage.is_in(rules.stock_usages), "its location holds no stock"),
        (pl.col("quantity").is_null(), "the quant has no quantity"),
    )
