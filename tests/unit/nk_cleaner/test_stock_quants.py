"""Stock snapshots: only stock, once, with the moment at which they were taken. Their day: see rule 12."""

from __future__ import annotations

from datetime import datetime

import pytest

from nk_cleaner.transforms.base import Rules
from unit.nk_cleaner.raw_rows import RULES, Row, cleaned, kept, quant, reasons


def test_a_quant_says_what_lies_where() -> None:
    outcome = cleaned("stock-quants", quant(1, lot_id=3, owner_id=4))
    columns = ("quant_id", "product_id", "location_id", "lot_id", "owner_id", "company_id", "quantity")
    assert kept(outcome, *columns) == [(1, 7, 8, 3, 4, 1, 5.0)]
    assert kept(outcome, "reserved_quantity", "taken_at") == [(1.0, datetime(2026, 1, 6, 12))]


def test_negative_stock_is_stock() -> None:
    assert kept(cleaned("stock-quants", quant(1, quantity=-3.0)), "quantity") == [(-3.0,)]


def test_nothing_reserved_is_nothing() -> None:
    assert kept(cleaned("stock-quants", quant(1, reserved_quantity=None)), "reserved_quantity") == [(0.0,)]


@pytest.mark.parametrize("usage", ["supplier", "customer", "inventory", "production", "view", "transit"])
def test_trap_other_places_are_no_stock(usage: str) -> None:
    """The far side of a sale holds +5 where stock holds -5: together they are nothing."""
    outcome = cleaned("stock-quants", quant(1, quantity=5.0), quant(2, usage, quantity=-5.0))
    assert kept(outcome, "quant_id", "quantity") == [(1, 5.0)]
    assert reasons(outcome) == ["its location holds no stock"]
    assert outcome.totals.quantity == 5.0


def test_transit_is_stock_where_that_is_configured() -> None:
    with_transit = Rules(RULES.zone, transit_is_stock=True)
    outcome = cleaned("stock-quants", quant(1), quant(2, "transit"), quant(3, "customer"), rules=with_transit)
    assert kept(outcome, "quant_id") == [(1,), (2,)]


REJECTED: list[tuple[Row, str]] = [
    ({"product_id": None}, "the quant has no product"),
    ({"location_id": None}, "the quant has no location"),
    ({"location_id.usage": None}, "its location holds no stock"),
    ({"quantity": None}, "the quant has no quantity"),
]


@pytest.mark.parametrize(("change", "reason"), REJECTED)
def test_a_bad_row_is_kept_aside_with_its_reason(change: Row, reason: str) -> None:
    outcome = cleaned("stock-quants", {**quant(1), **change}, quant(2))
    assert reasons(outcome) == [reason]
    assert kept(outcome, "quant_id") == [(2,)]


def test_a_quant_that_occurs_twice_is_rejected_twice() -> None:
    outcome = cleaned("stock-quants", quant(1), quant(1, quantity=6.0))
    assert reasons(outcome) == ["the quant id occurs twice"] * 2
