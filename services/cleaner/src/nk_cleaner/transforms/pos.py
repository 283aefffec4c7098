"""`pos`: lines and payments with what they need of their order, in local time and company currency.

Rules (docs: data.md): 1 amounts are Odoo's own columns; 2 revenue is `price_subtotal_incl` less the extra
discount field; 3 refunds are negative already; 6 only counted states are kept.
"""

from __future__ import annotations

from datetime import date
from zoneinfo import ZoneInfo

import polars as pl

from nk_cleaner.transforms.base import Cleaned, Rules, Tables, check_rows, first_reason, local_time, part
from nk_common.datasets.base import ControlTotals
from nk_common.datasets.pos import CLEAN_LINES, CLEAN_PAYMENTS, POS, RAW_LINES, RAW_ORDERS, RAW_PAYMENTS

_COUNTED = ("paid", "done", "invoiced")


def transform(tables: Tables, day: date | None, rules: Rules) -> Cleaned:
    """One local day. Rows that cannot be used are rejected, with the reason.

    Raises ControlTotalsError when a row was lost or doubled.
    """
    orders = _orders(tables, rules.zone)
    every_line = _lines(tables[RAW_LINES.name], orders, day)
    every_payment = _payments(tables[RAW_PAYMENTS.name], orders, day)
    lines, bad_lines = part(every_line)
    payments, bad_payments = part(every_payment)
    check_rows(RAW_LINES.name, tables[RAW_LINES.name].height, lines, bad_lines)
    check_rows(RAW_PAYMENTS.name, tables[RAW_PAYMENTS.name].height, payments, bad_payments)
    clean = {
        CLEAN_LINES.name: lines.select(CLEAN_LINES.schema.names).sort("line_id"),
        CLEAN_PAYMENTS.name: payments.select(CLEAN_PAYMENTS.schema.names).sort("payment_id"),
    }
    return Cleaned(
        tables=clean,
        totals=POS.totals({name: frame.to_arrow() for name, frame in clean.items()}, "clean"),
        input_totals=_input_totals(every_line, every_payment),
        rejected={CLEAN_LINES.name: bad_lines, CLEAN_PAYMENTS.name: bad_payments},
    )


def _orders(tables: Tables, timezone: ZoneInfo) -> pl.DataFrame:
    orders = tables[RAW_ORDERS.name]
    rate = pl.col("currency_rate").fill_null(1.0)
    methods = _methods(tables[RAW_PAYMENTS.name])
    return orders.select(
        pl.col("id").alias("order_id"),
        local_time("date_order", timezone).alias("date"),
        pl.col("state"),
        pl.coalesce("name", "pos_reference").alias("order_ref"),
        pl.col("config_id").alias("pos_config_id"),
        "session_id",
        # Of the kind that `cashiers` holds: the extractor puts users here where there are no employees.
        pl.col("employee_id").alias("cashier_id"),
        pl.col("partner_id").alias("customer_id"),
        "company_id",
        pl.when(rate == 0).then(1.0).otherwise(rate).alias("rate"),
    ).join(methods, on="order_id", how="left")


def _methods(payments: pl.DataFrame) -> pl.DataFrame:
    """Per order its payment methods as JSON text, ascending, each once; change given back does not count."""
    paid = payments.filter(
        ~pl.col("is_change").fill_null(value=False) & pl.col("payment_method_id").is_not_null()
    )
    ids = paid.group_by(pl.col("pos_order_id").alias("order_id")).agg(
        pl.col("payment_method_id").unique().sort().cast(pl.String).alias("ids")
    )
    text = pl.concat_str(pl.lit("["), pl.col("ids").list.join(", "), pl.lit("]"))
    return ids.select("order_id", text.alias("payment_method_ids"))


def _lines(lines: pl.DataFrame, orders: pl.DataFrame, day: date | None) -> pl.DataFrame:
    incl = pl.col("price_subtotal_incl")
    extra = pl.col("extra_discount").fill_null(0.0)
    joined = lines.rename({"id": "line_id", "qty": "quantity"}).join(orders, on="order_id", how="left")
    rate = pl.col("rate").fill_null(1.0)
    return joined.with_columns(
        ((incl - extra) / rate).alias("revenue"),
        (pl.col("price_subtotal") / rate).alias("revenue_untaxed"),
        ((_line_discount() + extra) / rate).alias("discount_amount"),
        (pl.col("quantity") < 0).alias("is_refund"),
        (pl.col("price_unit") / rate).alias("price_unit"),
        first_reason(
            *_order_checks(day),
            (pl.col("line_id").is_duplicated(), "the line id occurs twice"),
            (pl.col("product_id").is_null(), "the line has no product"),
            (pl.col("quantity").is_null(), "the line has no quantity"),
            (incl.is_null() | pl.col("price_subtotal").is_null(), "the line has no amount"),
        ),
    )


def _line_discount() -> pl.Expr:
    """What the line's own discount took off the amount with tax.

    From the amount that is left, which has tax in it whether the price has or not; a line given away
    whole (100 %) leaves nothing to reckon from, so there its price is taken.
    """
    incl, percent = pl.col("price_subtotal_incl"), pl.col("discount").fill_null(0.0)
    given_away = pl.col("price_unit").fill_null(0.0) * pl.col("quantity")
    return pl.when(percent >= 100).then(given_away).otherwise(incl * percent / (100 - percent)).fill_null(0.0)


def _payments(payments: pl.DataFrame, orders: pl.DataFrame, day: date | None) -> pl.DataFrame:
    joined = payments.rename({"id": "payment_id", "pos_order_id": "order_id"}).join(
        orders, on="order_id", how="left"
    )
    return joined.with_columns(
        # A payment belongs to its order's day, also when it was typed in after midnight.
        (pl.col("amount") / pl.col("rate").fill_null(1.0)).alias("amount"),
        first_reason(
            *_order_checks(day),
            (pl.col("payment_id").is_duplicated(), "the payment id occurs twice"),
            (pl.col("amount").is_null(), "the payment has no amount"),
            (pl.col("payment_method_id").is_null(), "the payment has no method"),
        ),
    )


def _order_checks(day: date | None) -> tuple[tuple[pl.Expr, str], ...]:
    return (
        (pl.col("date").is_null(), "its order is not among the day's orders"),
        (pl.col("date").dt.date() != day, "its order is of another day"),
        (~pl.col("state").fill_null("").is_in(_COUNTED), "its order is a draft or cancelled"),
    )


def _input_totals(lines: pl.DataFrame, payments: pl.DataFrame) -> ControlTotals:
    """Of all rows, in company currency, for so the extractor counts them."""
    return ControlTotals(
        documents=lines["order_id"].drop_nulls().n_unique(),
        lines=lines.height,
        quantity=float(lines["quantity"].sum()),
        amount=float(lines["revenue"].sum()),
        payments=float(payments["amount"].sum()),
    )
