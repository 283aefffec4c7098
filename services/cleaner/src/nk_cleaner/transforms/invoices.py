"""What the lines of customer invoices and vendor bills have in common.

Rules (docs: data.md): 1 amounts are Odoo's own columns, and `balance` where the document is in another
currency than the company's; 3 refunds get their sign turned; 6 only posted documents are kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import polars as pl

from nk_cleaner.transforms.base import first_reason, negated, part, unit_ratio
from nk_common.datasets.invoices import REFUND_TYPES
from nk_common.star.base import UNKNOWN_ID

_TOTAL, _SUBTOTAL, _BALANCE = pl.col("price_total"), pl.col("price_subtotal"), pl.col("balance")


def sort_out(raw: pl.DataFrame, types: Sequence[str], day: date | None) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Rows to keep, by id, with `rate` (company currency per unit of the document's) and the columns of
    their taxes; and rejected rows, as Odoo has them."""
    # In one order, because sums of floats depend on it.
    lines = raw.sort("id").with_columns(*_taxes()).drop("tax_ids")
    checked = lines.with_columns(_is_foreign().alias("is_foreign")).with_columns(_reasons(types, day))
    rated = checked.with_columns(_rate().alias("rate"))
    no_rate = first_reason((pl.col("rate").is_null() & (_TOTAL != 0), "the line's currency has no rate"))
    return part(rated.with_columns(pl.coalesce("reason", no_rate).alias("reason")))


def priced(kept: pl.DataFrame) -> pl.DataFrame:
    """Adds what both sides need, in company currency and the product's own unit.

    `quantity`, `taxed` and `untaxed` still have the document's own sign: turn it with `signed`.
    """
    rate = pl.col("rate").fill_null(0.0)
    by_balance = pl.col("is_foreign") & (_SUBTOTAL != 0)
    ratio = unit_ratio("product_uom_id.factor", "product_id.uom_id.factor")
    return kept.with_columns(
        pl.col("id").alias("move_line_id"),
        pl.col("move_id.date").alias("date"),
        pl.col("move_id.name").alias("move_name"),
        pl.col("move_id.company_id").alias("company_id"),
        # Lines of free text are revenue, or cost, too.
        pl.col("product_id").fill_null(UNKNOWN_ID),
        pl.col("quantity") * ratio,
        (pl.col("price_unit") * pl.col("rate") / ratio).alias("price_unit"),
        (_TOTAL * rate).alias("taxed"),
        pl.when(by_balance).then(_BALANCE.abs() * _SUBTOTAL.sign()).otherwise(_SUBTOTAL * rate)
        .alias("untaxed"),
        pl.col("move_id.move_type").is_in(REFUND_TYPES).alias("is_refund"),
        ((_TOTAL == 0) & (pl.col("quantity") != 0)).alias("is_free_item"),
    )  # fmt: skip


def signed(column: str) -> pl.Expr:
    """The column with the sign of refunds turned (rule 3): only their type tells, Odoo's figures do not."""
    return pl.when("is_refund").then(negated(pl.col(column))).otherwise(pl.col(column)).alias(column)


def _taxes() -> tuple[pl.Expr, ...]:
    ids = pl.col("tax_ids").list.sort()
    text = pl.concat_str(pl.lit("["), ids.cast(pl.List(pl.String)).list.join(", "), pl.lit("]"))
    return (
        ids.list.first().alias("tax_id"),
        text.fill_null("[]").alias("tax_ids_json"),
        pl.col("tax_ids.name").alias("tax_name"),
    )


def _is_foreign() -> pl.Expr:
    currency = pl.col("currency_id")
    return currency.is_not_null() & currency.ne_missing(pl.col("company_currency_id"))


def _rate() -> pl.Expr:
    """The line's own rate; of a line without amount the mean of its document's others; null without any."""
    counted = pl.col("reason").is_null() & (_SUBTOTAL != 0)
    balances = pl.when(counted).then(_BALANCE.abs()).sum().over("move_id")
    subtotals = pl.when(counted).then(_SUBTOTAL.abs()).sum().over("move_id")
    return (
        pl.when(~pl.col("is_foreign"))
        .then(1.0)
        .when(_SUBTOTAL != 0)
        .then(_BALANCE.abs() / _SUBTOTAL.abs())
        .when(subtotals > 0)
        .then(balances / subtotals)
    )


def _reasons(types: Sequence[str], day: date | None) -> pl.Expr:
    kind = pl.col("display_type").fill_null("")
    return first_reason(
        (pl.col("id").is_duplicated(), "the line id occurs twice"),
        (pl.col("move_id").is_null(), "the line has no document"),
        (pl.col("move_id.date").ne_missing(pl.lit(day)), "its document is of another day"),
        (pl.col("move_id.state").ne_missing(pl.lit("posted")), "its document is not posted"),
        (~pl.col("move_id.move_type").fill_null("").is_in(types), "its document is of another type"),
        (~kind.is_in(("", "product")), "it is no product line"),
        (pl.col("quantity").is_null(), "the line has no quantity"),
        (_TOTAL.is_null() | _SUBTOTAL.is_null(), "the line has no amount"),
        (pl.col("is_foreign") & _BALANCE.is_null(), "the line has no amount in company currency"),
    )
