"""`purchases`: lines of vendor bills and their refunds, with what each costs once discounts are spread.

Rule 7 (docs: data.md): a line of negative price is a discount on the whole bill, so the bill's positive lines
take it, each in proportion to its amount, with tax and without tax apart. The discount keeps its row, with
cost 0, and the bill its total. Lines given away, or that a discount brings to nothing, set no cost.
"""

from __future__ import annotations

from datetime import date

import polars as pl

from nk_cleaner.transforms.base import Cleaned, Rules, Tables, cleaned_lines, line_totals
from nk_cleaner.transforms.invoices import priced, signed, sort_out
from nk_common.datasets.invoices import BILL_TYPES
from nk_common.datasets.purchases import PURCHASES, RAW_PURCHASES
from nk_common.star.base import UNKNOWN_ID


def transform(tables: Tables, day: date | None, _rules: Rules) -> Cleaned:
    """One accounting date. Rows that cannot be used are rejected, with the reason."""
    raw = tables[RAW_PURCHASES.name]
    kept, bad = sort_out(raw, BILL_TYPES, day)
    lines = priced(kept)
    lines = lines.with_columns(_spread("untaxed").alias("cost_untaxed"), _spread("taxed").alias("cost_taxed"))
    lines = lines.with_columns(
        signed("quantity"),
        signed("cost_untaxed"),
        signed("cost_taxed"),
        _sets_cost().alias("sets_cost"),
        pl.when(pl.col("quantity") != 0)
        .then(pl.col("cost_untaxed") / pl.col("quantity"))
        .alias("actual_price"),
        pl.col("move_id.partner_id").alias("vendor_id"),
        pl.col("move_id.partner_id.name").alias("vendor_name"),
        pl.col("purchase_order_id.name").alias("purchase_order_name"),
    )
    return cleaned_lines(PURCHASES, lines, bad, line_totals(raw, "move_id", "quantity", "price_total"))


def _spread(column: str) -> pl.Expr:
    """The amount after the bill's discounts; as it is where the bill has nothing to take them."""
    amount, of_goods = pl.col(column), pl.col("quantity") > 0
    is_discount = of_goods & (pl.col("untaxed") < 0)
    takes_discount = of_goods & (pl.col("untaxed") > 0)
    discounts = pl.when(is_discount).then(amount).otherwise(0.0).sum().over("move_id")
    takers = pl.when(takes_discount).then(amount).otherwise(0.0).sum().over("move_id")
    return (
        pl.when((takers <= 0) | (discounts == 0))
        .then(amount)
        .when(is_discount)
        .then(0.0)
        .when(takes_discount)
        .then(amount + discounts * amount / takers)
        .otherwise(amount)
    )


def _sets_cost() -> pl.Expr:
    """Whether the line says what its product costs (rule 7); figures are those before signs are turned."""
    known = pl.col("product_id") != UNKNOWN_ID
    paid = (pl.col("quantity") > 0) & (pl.col("price_unit") > 0) & (pl.col("cost_taxed") > 0)
    return (~pl.col("is_refund") & known & paid).fill_null(value=False)
