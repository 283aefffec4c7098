"""Totals: by hand for a few orders, and equal to what a client sums up over RPC."""

from datetime import date
from decimal import Decimal
from math import fsum
from typing import Any

import pytest

from nk_demo.totals import DayTotals, day_totals, totals
from nk_demo.world.baskets import amounts
from nk_demo.world.records import Line, Order, Payment, Product
from nk_demo.world.world import World

from .conftest import Ask

TIME = "2026-01-15 03:00:00"


def order(
    number: int, employee: int, lines: list[tuple[int, int, int, int]], paid: list[tuple[int, int]]
) -> Order:
    """Lines as (quantity, with tax, without tax, extra), payments as (method, amount), all in cents."""
    goods = Product(4, "Cream", "Cream", 0, 0, 3)
    rows = tuple(
        Line(n, number, goods, qty, 0, 0, incl, untaxed, extra, None, TIME, TIME)
        for n, (qty, incl, untaxed, extra) in enumerate(lines)
    )
    payments = tuple(
        Payment(n, number, method, amount, False, TIME, TIME, TIME) for n, (method, amount) in enumerate(paid)
    )
    return Order(number, 1, 0, number, "a", "a", "done", TIME, TIME, TIME, employee, None, rows, payments)


def test_by_hand() -> None:
    """A sale with an extra discount, a refund, an exchange."""
    day = DayTotals(date(2026, 1, 15))
    day.add(order(1, 2, [(2, 20_000, 18_018, 1_050), (1, 5_001, 5_001, 0)], [(1, 30_000), (1, -4_999)]), 1)
    day.add(order(2, 3, [(-1, -10_000, -9_009, 0)], [(1, -10_000)]), 1)
    day.add(order(3, 2, [(-1, -3_000, -3_000, 0), (3, 9_000, 8_108, 0)], [(5, 6_000)]), 2)
    everything = day.all
    assert (everything.orders, everything.refund_orders, everything.exchange_orders) == (3, 1, 1)
    assert (everything.lines, everything.quantity) == (5, 4)
    assert everything.revenue == Decimal("199.51")
    assert everything.revenue_untaxed == Decimal("191.18")
    assert everything.extra_discount == Decimal("10.50")
    assert {key: one.revenue for key, one in day.stores.items()} == {
        1: Decimal("139.51"),
        2: Decimal("60.00"),
    }
    assert {key: one.orders for key, one in day.cashiers.items()} == {2: 2, 3: 1}
    assert {key: (one.rows, one.amount) for key, one in day.payments.items()} == {
        1: (3, Decimal("150.01")),
        5: (1, Decimal("60.00")),
    }


@pytest.mark.parametrize(
    ("tax", "qty", "price", "discount", "incl", "untaxed"),
    [
        (3, 1, 31_750_000, 0, 31_750_000, 28_603_604),
        (3, 1, 37_650_000, 15, 32_002_500, 28_831_081),
        (3, -2, 13_100_000, 0, -26_200_000, -23_603_604),
        (4, 1, 10_000, 0, 11_100, 10_000),
        (4, 3, 105, 10, 315, 284),
        (5, 2, 2_800_000, 100, 0, 0),
    ],
)
def test_line_amounts(tax: int, qty: int, price: int, discount: int, incl: int, untaxed: int) -> None:
    """The first two are lines of the recorded server."""
    assert amounts(Product(1, "", "", price, 0, tax), qty, price, discount) == (incl, untaxed)


def utc_bounds(day: date, field: str) -> list[list[Any]]:
    before = date.fromordinal(day.toordinal() - 1)
    return [[field, ">=", f"{before} 17:00:00"], [field, "<", f"{day} 17:00:00"]]


@pytest.mark.parametrize("day", [date(2025, 12, 31), date(2026, 1, 1), date(2026, 1, 13), date(2026, 1, 20)])
def test_a_client_finds_the_same(day: date, still_world: World, ask: Ask) -> None:
    """Orders, lines and payments of the day, read and summed in another way."""
    found = day_totals(still_world, day)
    counted = ["state", "in", ["paid", "done", "invoiced"]]
    orders = ask("pos.order", "search_read", [counted, *utc_bounds(day, "date_order")], ["config_id"])
    ids = [row["id"] for row in orders]
    lines = ask("pos.order.line", "search_read", [["order_id", "in", ids]],
                ["qty", "price_subtotal_incl", "price_subtotal", "x_studio_discount_amount"])  # fmt: skip
    payments = ask(
        "pos.payment", "search_read", [["pos_order_id", "in", ids]], ["amount", "payment_method_id"]
    )
    assert (found.all.orders, found.all.lines) == (len(orders), len(lines))
    assert found.all.quantity == sum(row["qty"] for row in lines)
    revenue = fsum(row["price_subtotal_incl"] - row["x_studio_discount_amount"] for row in lines)
    assert float(found.all.revenue) == pytest.approx(revenue, abs=0.001)
    assert float(found.all.revenue_untaxed) == pytest.approx(
        fsum(row["price_subtotal"] for row in lines), abs=0.001
    )
    for method, one in found.payments.items():
        mine = [row["amount"] for row in payments if row["payment_method_id"][0] == method]
        assert one.rows == len(mine)
        assert float(one.amount) == pytest.approx(fsum(mine), abs=0.001)
    for config, measures in found.stores.items():
        assert measures.orders == sum(1 for row in orders if row["config_id"][0] == config)


def test_parts_add_up_and_other_zones_cut_elsewhere(still_world: World) -> None:
    """Stores and cashiers make up the day; UTC days hold the same orders in other portions."""
    start, end = date(2026, 1, 1), date(2026, 1, 19)
    local, utc = totals(still_world, start, end), totals(still_world, start, end, "UTC")
    for day in local:
        for parts in (day.stores, day.cashiers):
            assert sum(one.revenue_cents for one in parts.values()) == day.all.revenue_cents
            assert sum(one.orders for one in parts.values()) == day.all.orders
    assert [day.all.orders for day in local] != [day.all.orders for day in utc]
    wide = totals(still_world, date(2025, 12, 1), date(2026, 1, 25), "UTC")
    everything = totals(still_world, date(2025, 12, 1), date(2026, 1, 25))
    assert sum(day.all.revenue_cents for day in wide) == sum(day.all.revenue_cents for day in everything)


def test_a_closed_day_is_there_with_zeros(still_world: World) -> None:
    """Empty, not missing."""
    day = day_totals(still_world, date(2026, 1, 12))
    assert day.as_json()["orders"] == 0
    assert day.as_json()["revenue"] == "0.00"
