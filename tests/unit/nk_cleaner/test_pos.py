"""Cleaning POS days: small tables, results worked out by hand."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl
import pytest

from nk_cleaner.transforms.base import Cleaned, Rules
from nk_cleaner.transforms.pos import transform
from nk_common.datasets.pos import RAW_LINES, RAW_ORDERS, RAW_PAYMENTS
from nk_common.errors import ControlTotalsError
from nk_extractor.extract.pos import totals
from nk_extractor.odoo.columns import to_table
from support.fake_odoo import line, order, payment

DAY = date(2026, 1, 6)
JAKARTA = ZoneInfo("Asia/Jakarta")
NOON = "2026-01-06 05:00:00"


def clean(
    orders: list[dict[str, Any]], lines: list[dict[str, Any]], payments: list[dict[str, Any]] | None = None
) -> Cleaned:
    extra = {"extra_discount": "x_studio_discount_amount"}
    tables = {
        "pos_orders": to_table(orders, RAW_ORDERS.schema),
        "pos_order_lines": to_table(lines, RAW_LINES.schema, extra),
        "pos_payments": to_table(payments or [], RAW_PAYMENTS.schema),
    }
    cleaned = transform({n: pl.DataFrame(pl.from_arrow(t)) for n, t in tables.items()}, DAY, Rules(JAKARTA))
    assert not cleaned.input_totals.differs_from(totals(**tables)), "extractor and cleaner count alike"
    return cleaned


def rows(cleaned: Cleaned, *columns: str) -> list[tuple[Any, ...]]:
    return cleaned.tables["pos_order_lines"].select(columns).rows()


def test_time_is_local_and_without_offset() -> None:
    """17:30 UTC on the 5th is 00:30 on the 6th in Jakarta."""
    cleaned = clean([order(1, "2026-01-05 17:30:00")], [line(10, 1)])
    assert rows(cleaned, "date") == [(datetime(2026, 1, 6, 0, 30),)]


def test_rule_1_amounts_are_odoo_s_own_columns() -> None:
    """No arithmetic on price and quantity: 3 x 33.33 is 100.00 when Odoo says so."""
    odd = line(10, 1, qty=3.0, price_unit=33.33, price_subtotal=90.09, price_subtotal_incl=100.0)
    assert rows(clean([order(1, NOON)], [odd]), "revenue", "revenue_untaxed") == [(100.0, 90.09)]


def test_rule_2_revenue_is_less_the_extra_discount() -> None:
    cleaned = clean([order(1, NOON)], [line(10, 1, x_studio_discount_amount=12.5)])
    assert rows(cleaned, "revenue", "discount_amount") == [(87.5, 12.5)]


def test_rule_3_refunds_are_negative_already() -> None:
    refund = line(10, 1, qty=-2.0, price_subtotal=-180.0, price_subtotal_incl=-200.0)
    assert rows(clean([order(1, NOON)], [refund]), "quantity", "revenue", "is_refund") == [
        (-2.0, -200.0, True)
    ]


def test_rule_6_a_draft_that_slips_in_is_rejected() -> None:
    cleaned = clean([order(1, NOON, state="draft"), order(2, NOON)], [line(10, 1), line(20, 2)])
    assert rows(cleaned, "line_id") == [(20,)]
    assert cleaned.rejected["pos_order_lines"]["reason"].to_list() == ["its order is a draft or cancelled"]


@pytest.mark.parametrize(
    ("price", "quantity", "percent", "left", "discount"),
    [
        (100.0, 1.0, 0.0, 100.0, 0.0),
        (100.0, 2.0, 25.0, 150.0, 50.0),
        (100.0, 1.0, 100.0, 0.0, 100.0),
        (100.0, -1.0, 25.0, -75.0, -25.0),
    ],
)
def test_line_discount_is_what_was_taken_off(
    price: float, quantity: float, percent: float, left: float, discount: float
) -> None:
    given = line(10, 1, price_unit=price, qty=quantity, discount=percent, price_subtotal_incl=left)
    assert rows(clean([order(1, NOON)], [given]), "discount_amount") == [(discount,)]


def test_amounts_are_in_company_currency() -> None:
    """`currency_rate` is the order's currency per unit of the company's: 50 at 0.5 are 100."""
    cleaned = clean(
        [order(1, NOON, currency_rate=0.5)],
        [line(10, 1, price_subtotal_incl=50.0, price_subtotal=45.0)],
        [payment(100, 1, amount=50.0)],
    )
    assert rows(cleaned, "revenue", "revenue_untaxed") == [(100.0, 90.0)]
    assert cleaned.tables["pos_payments"]["amount"].to_list() == [100.0]


def test_payment_methods_of_an_order_leave_out_change() -> None:
    """Split payment: cash 5 and card 2, with change given back in cash of another drawer."""
    cleaned = clean(
        [order(1, NOON), order(2, NOON)],
        [line(10, 1), line(20, 2)],
        [
            payment(100, 1, payment_method_id=5),
            payment(101, 1, payment_method_id=2),
            payment(102, 1, payment_method_id=9, amount=-20.0, is_change=True),
        ],
    )
    assert rows(cleaned, "payment_method_ids") == [("[2, 5]",), (None,)]
    assert cleaned.tables["pos_payments"]["amount"].to_list() == [100.0, 100.0, -20.0]


def test_cashier_is_the_employee_and_never_the_user() -> None:
    """Also on a day on which no order names one: dim_cashiers holds employees, and users have other numbers."""
    some = clean(
        [order(1, NOON, employee_id=3), order(2, NOON, employee_id=False)], [line(10, 1), line(20, 2)]
    )
    assert rows(some, "cashier_id") == [(3,), (None,)]
    none = clean([order(1, NOON, employee_id=False, user_id=6)], [line(10, 1)])
    assert rows(none, "cashier_id") == [(None,)]


def test_an_order_that_comes_twice_doubles_nothing() -> None:
    """Its lines and payments would each come twice; which of the two orders is right is not ours to guess."""
    twice = [order(1, NOON), order(1, NOON, partner_id=5)]
    with pytest.raises(ControlTotalsError, match="Of 1 rows of pos_order_lines.* rejected 2"):
        clean(twice, [line(10, 1)])
    with pytest.raises(ControlTotalsError, match="Of 1 rows of pos_payments.* rejected 2"):
        clean(twice, [], [payment(100, 1)])


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"product_id": False}, "the line has no product"),
        ({"order_id": 99}, "its order is not among the day's orders"),
    ],
)
def test_a_bad_row_is_kept_aside_with_its_reason(change: dict[str, Any], reason: str) -> None:
    cleaned = clean([order(1, NOON)], [{**line(10, 1), **change}, line(11, 1)])
    rejected = cleaned.rejected["pos_order_lines"]
    assert rejected.select("line_id", "reason").rows() == [("10", reason)]
    assert rows(cleaned, "line_id") == [(11,)]
    assert cleaned.totals.lines == 1


def test_orders_of_another_day_are_rejected() -> None:
    """18:00 UTC on the 6th is the 7th in Jakarta; it must not be filed under the 6th."""
    cleaned = clean([order(1, "2026-01-06 18:00:00")], [line(10, 1)])
    assert cleaned.rejected["pos_order_lines"]["reason"].to_list() == ["its order is of another day"]


def test_a_line_id_that_occurs_twice_is_rejected_twice() -> None:
    """Which of the two is right is not ours to guess."""
    cleaned = clean([order(1, NOON)], [line(10, 1), line(10, 1, qty=5.0)])
    assert cleaned.rejected_rows == 2
    assert cleaned.tables["pos_order_lines"].height == 0


def test_an_empty_day_cleans_to_empty_tables_of_the_right_types() -> None:
    cleaned = clean([], [], [])
    assert cleaned.kept_rows == cleaned.rejected_rows == 0
    assert cleaned.tables["pos_order_lines"].schema["date"] == pl.Datetime("us")


def test_rows_come_out_by_id_whatever_order_they_came_in() -> None:
    cleaned = clean([order(2, NOON), order(1, NOON)], [line(20, 2), line(10, 1)])
    assert rows(cleaned, "line_id") == [(10,), (20,)]
