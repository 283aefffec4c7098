"""Reading one local day of POS orders."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nk_common.errors import DayChangedError, IncompleteReadError, OdooRefusedError
from nk_extractor.extract.base import utc_bounds
from nk_extractor.extract.pos import extract
from nk_extractor.odoo.client import OdooClient
from nk_extractor.settings import OdooSettings
from support.fake_odoo import FakeOdoo, line, order, payment, shop

DAY = date(2026, 1, 6)
SETTINGS = OdooSettings(_env_file=None, timezone="Asia/Jakarta")


def read(odoo: FakeOdoo, day: date = DAY, page_size: int = 1000) -> Any:
    return extract(OdooClient(odoo, page_size), SETTINGS, day)


def test_a_day_is_a_local_day_including_sales_after_midnight() -> None:
    """00:30 on the 7th in Jakarta is 17:30 UTC on the 6th, and belongs to the 7th."""
    odoo = shop(
        order(1, "2026-01-05 16:59:59"),  # 23:59:59 on the 5th
        order(2, "2026-01-05 17:00:00"),  # 00:00:00 on the 6th
        order(3, "2026-01-06 16:59:59"),  # 23:59:59 on the 6th
        order(4, "2026-01-06 17:30:00"),  # 00:30 on the 7th
    )
    assert read(odoo).tables["pos_orders"]["id"].to_pylist() == [2, 3]
    assert read(odoo, date(2026, 1, 7)).tables["pos_orders"]["id"].to_pylist() == [4]


def test_drafts_and_cancelled_orders_are_not_counted() -> None:
    odoo = shop(
        order(1, "2026-01-06 03:00:00"),
        order(2, "2026-01-06 03:00:00", state="draft"),
        order(3, "2026-01-06 03:00:00", state="cancel"),
        order(4, "2026-01-06 03:00:00", state="invoiced"),
        order(5, "2026-01-06 03:00:00", state="done"),
    )
    assert read(odoo).tables["pos_orders"]["id"].to_pylist() == [1, 4, 5]


def test_an_empty_day_is_read_as_empty_tables() -> None:
    extraction = read(shop())
    assert [t.num_rows for t in extraction.tables.values()] == [0, 0, 0]
    assert extraction.totals == (0, 0, 0.0, 0.0, 0.0)


def test_false_is_null_and_never_zero_or_one() -> None:
    odoo = shop(order(1, "2026-01-06 03:00:00", partner_id=False, employee_id=False))
    row = read(odoo).tables["pos_orders"].to_pylist()[0]
    assert row["partner_id"] is None
    assert row["employee_id"] is None


def test_totals_count_documents_lines_and_net_amount() -> None:
    odoo = shop(order(1, "2026-01-06 03:00:00", lines=[10, 11]), order(2, "2026-01-06 04:00:00"))
    odoo.records["pos.order.line"] = [
        line(10, 1, qty=2.0, price_subtotal_incl=300.0, x_studio_discount_amount=25.0),
        line(11, 1, qty=-1.0, price_subtotal_incl=-50.0),
        line(20, 2, qty=3.0, price_subtotal_incl=90.5),
    ]
    # documents 2, lines 3, quantity 2-1+3, amount (300-25)-50+90.5, payments 100+100
    assert read(odoo).totals == (2, 3, 4.0, 315.5, 200.0)


def test_amounts_of_another_currency_are_totalled_in_the_company_s() -> None:
    odoo = shop(order(1, "2026-01-06 03:00:00", currency_rate=0.5), order(2, "2026-01-06 03:00:00"))
    totals = read(odoo).totals
    assert (totals.amount, totals.payments) == (300.0, 300.0)


def test_rows_that_odoo_drops_fail_the_day() -> None:
    """`read` leaves out deleted ids without a word; less than was named is never loaded."""
    odoo = shop(order(1, "2026-01-06 03:00:00"), order(2, "2026-01-06 03:00:00"))
    odoo.records["pos.order.line"].pop()
    with pytest.raises(IncompleteReadError, match=r"named 2 records of pos\.order\.line and returned 1"):
        read(odoo)


def test_a_day_that_changes_while_it_is_read_is_read_again() -> None:
    odoo = shop(order(1, "2026-01-06 03:00:00"))
    changes = iter([True])

    def sell_meanwhile(model: str, method: str, answer: Any) -> Any:
        if model == "pos.payment" and method == "read" and next(changes, False):
            odoo.records["pos.order"].append(order(2, "2026-01-06 05:00:00"))
            odoo.records["pos.order.line"].append(line(20, 2))
            odoo.records["pos.payment"].append(payment(200, 2))
        return answer

    odoo.hook = sell_meanwhile
    assert read(odoo).tables["pos_orders"]["id"].to_pylist() == [1, 2]


def test_a_day_that_never_rests_is_tried_again_later() -> None:
    odoo = shop(order(1, "2026-01-06 03:00:00"))
    odoo.hook = lambda _model, method, answer: (
        [{"__count": 99, "write_date": False}] if method == "read_group" else answer
    )
    with pytest.raises(DayChangedError, match="kept changing"):
        read(odoo)


@pytest.mark.parametrize(("has_employees", "cashiers"), [(True, [3, None]), (False, [6, 7])])
def test_cashiers_are_employees_and_users_only_where_the_database_has_none(
    has_employees: bool, cashiers: list[int | None]
) -> None:
    """Decided by the database and not by the day, as `cashiers` does."""
    at = "2026-01-06 03:00:00"
    orders = [order(1, at, user_id=6, employee_id=3), order(2, at, user_id=7, employee_id=False)]
    names = [name for name in orders[0] if has_employees or name != "employee_id"]
    fields = {"pos.order": {name: {"type": "char"} for name in names}}
    odoo = FakeOdoo(shop(*orders).records, fields)
    assert read(odoo).tables["pos_orders"]["employee_id"].to_pylist() == cashiers


def test_optional_fields_that_the_database_lacks_are_null() -> None:
    odoo = shop(order(1, "2026-01-06 03:00:00"))
    for record in odoo.records["pos.order.line"]:
        del record["x_studio_discount_amount"]
    extraction = read(odoo)
    assert extraction.tables["pos_order_lines"]["extra_discount"].null_count == 1
    assert extraction.totals.amount == 100.0


def test_pages_hold_every_row_once() -> None:
    orders = [order(n, "2026-01-06 03:00:00") for n in range(1, 24)]
    odoo = shop(*orders)
    assert read(odoo, page_size=5).tables["pos_order_lines"]["id"].to_pylist() == [
        n * 10 for n in range(1, 24)
    ]


def test_calls_are_at_the_floor() -> None:
    """ceil(o/p) + ceil(n/p) + ceil(y/p) + 2, once the fields are known."""
    odoo = shop(*(order(n, "2026-01-06 03:00:00") for n in range(1, 13)))
    client = OdooClient(odoo, 5)
    extract(client, SETTINGS, DAY)
    odoo.calls.clear()
    extract(client, SETTINGS, DAY)
    assert len(odoo.calls) == 3 + 3 + 3 + 2


def test_a_refusal_is_not_hidden() -> None:
    odoo = shop(order(1, "2026-01-06 03:00:00"))

    def refuse(model: str, _method: str, answer: Any) -> Any:
        if model == "pos.payment":
            raise OdooRefusedError("You are not allowed to access 'Point of Sale Payments'")
        return answer

    odoo.hook = refuse
    with pytest.raises(OdooRefusedError):
        read(odoo)


ZONES = st.sampled_from(["Asia/Jakarta", "UTC", "Asia/Jayapura", "Europe/Berlin"])


@given(zone=ZONES, day=st.dates(date(2020, 1, 1), date(2030, 12, 31)))
def test_days_touch_and_never_overlap(zone: str, day: date) -> None:
    """The end of a day is the start of the next, also where clocks change."""
    settings = OdooSettings(_env_file=None, timezone=zone)
    following = date.fromordinal(day.toordinal() + 1)
    assert utc_bounds(day, settings.zone)[1] == utc_bounds(following, settings.zone)[0]
