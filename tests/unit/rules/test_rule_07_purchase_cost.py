"""Rule 7: discounts of a bill are spread over its goods; what is given away sets no cost."""

from __future__ import annotations

import pytest

from unit.nk_cleaner.raw_rows import Row, bill_line, cleaned, kept, loaded

COSTS = ("move_line_id", "cost_untaxed", "cost_taxed", "actual_price", "sets_cost")


def test_rule_7_a_discount_is_spread_in_proportion_to_the_amounts() -> None:
    """100 and 300, less 40: the shares are 10 and 30. With tax (10 %) 110 and 330, less 44: 11 and 33."""
    outcome = cleaned(
        "purchases",
        bill_line(1, 100.0, quantity=4.0, price_unit=25.0),
        bill_line(2, 300.0, quantity=3.0, price_unit=100.0),
        bill_line(3, -40.0, product_id=None),
    )
    assert kept(outcome, *COSTS) == [
        (1, 90.0, 99.0, 22.5, True),
        (2, 270.0, 297.0, 90.0, True),
        (3, 0.0, 0.0, 0.0, False),
    ]
    assert outcome.totals.amount == outcome.input_totals.amount == 396.0, "the bill keeps its total"


def test_rule_7_a_discount_stays_on_its_own_bill() -> None:
    outcome = cleaned(
        "purchases",
        bill_line(1, 100.0),
        bill_line(2, 100.0, move_id=2),
        bill_line(3, -10.0, move_id=2),
    )
    assert kept(outcome, "cost_untaxed") == [(100.0,), (90.0,), (0.0,)]


def test_rule_7_an_untaxed_discount_is_spread_apart_from_tax() -> None:
    """A discount of 20 without any tax: untaxed 100 - 20, taxed 110 - 20."""
    outcome = cleaned("purchases", bill_line(1, 100.0), bill_line(2, -20.0, price_total=-20.0))
    assert kept(outcome, "cost_untaxed", "cost_taxed") == [(80.0, 90.0), (0.0, 0.0)]


def test_rule_7_a_bill_of_discounts_only_keeps_its_amounts() -> None:
    outcome = cleaned("purchases", bill_line(1, -30.0))
    assert kept(outcome, *COSTS) == [(1, -30.0, -33.0, -30.0, False)]


def test_rule_7_goods_sent_back_on_a_bill_are_no_discount() -> None:
    """Quantity -1 at 60: the other line costs 100 as it says."""
    back = bill_line(2, -60.0, quantity=-1.0, price_unit=60.0)
    outcome = cleaned("purchases", bill_line(1, 100.0), back)
    assert kept(outcome, "cost_untaxed", "sets_cost") == [(100.0, True), (-60.0, False)]


def test_rule_7_a_vendor_refund_spreads_its_own_deduction() -> None:
    """A refund of 100 less 10: 90 come back."""
    refund = {"move_id.move_type": "in_refund"}
    outcome = cleaned("purchases", bill_line(1, 100.0, refund), bill_line(2, -10.0, refund))
    assert kept(outcome, *COSTS) == [(1, -90.0, -99.0, 90.0, False), (2, 0.0, 0.0, 0.0, False)]


def test_rule_7_a_discount_in_another_currency_is_spread_as_booked() -> None:
    """At a rate of 10: 1,000 less 100."""
    outcome = cleaned(
        "purchases",
        bill_line(1, 100.0, currency_id=2, balance=1000.0),
        bill_line(2, -10.0, currency_id=2, balance=-100.0),
    )
    assert kept(outcome, "cost_untaxed") == [(900.0,), (0.0,)]
    assert outcome.totals.amount == pytest.approx(990.0)


NO_COST: list[tuple[str, list[Row]]] = [
    ("a bonus line is free", [bill_line(1, 0.0)]),
    ("a bonus line has a discount of 100 %", [bill_line(1, 0.0, price_unit=50.0, discount=100.0)]),
    ("a bonus line with a levy on it", [bill_line(1, 0.0, price_total=5.0)]),
    ("no quantity", [bill_line(1, 0.0, quantity=0.0, price_unit=50.0)]),
    ("a negative quantity", [bill_line(1, -50.0, quantity=-1.0, price_unit=50.0)]),
    ("no product", [bill_line(1, 50.0, product_id=None)]),
    ("a vendor refund", [bill_line(1, 50.0, {"move_id.move_type": "in_refund"})]),
    ("the discount takes all of it", [bill_line(1, 50.0), bill_line(2, -50.0)]),
    ("the discount takes more", [bill_line(1, 50.0), bill_line(2, -60.0)]),
]


@pytest.mark.parametrize(("why", "lines"), NO_COST, ids=[why for why, _ in NO_COST])
def test_rule_7_lines_that_set_no_cost(why: str, lines: list[Row]) -> None:
    assert loaded("fact_product_cost_events", *lines).is_empty()
    assert loaded("fact_purchases", *lines).height == len(lines), "they are purchases all the same"


def test_rule_7_cost_is_with_the_tax_that_odoo_says_per_product_unit() -> None:
    """Two dozen for 240 untaxed, and tax of whatever kind makes it 250: 250 / 24 a piece."""
    dozens = bill_line(
        1, 240.0, {"product_uom_id.factor": 1 / 12}, quantity=2.0, price_unit=120.0, price_total=250.0,
        tax_ids=[9, 4],
    )  # fmt: skip
    event = loaded("fact_product_cost_events", dozens, bill_line(2, 0.0)).row(0, named=True)
    assert event["cost_unit_tax_in"] == pytest.approx(250 / 24)
    assert (event["product_id"], event["source_move_id"], event["source_move_line_id"]) == (7, 1, 1)
    assert event["source_tax_id"] == 4


def test_rule_7_cost_is_after_the_discount() -> None:
    """Four for 100 less 20, 10 % tax: 88 / 4."""
    goods = bill_line(1, 100.0, quantity=4.0, price_unit=25.0)
    events = loaded("fact_product_cost_events", goods, bill_line(2, -20.0))
    assert events["cost_unit_tax_in"].to_list() == [pytest.approx(22.0)]
