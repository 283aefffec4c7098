"""Rule 3: refunds are negative, each in its own way."""

from __future__ import annotations

from unit.nk_cleaner.raw_rows import bill_line, cleaned, invoice_line, kept
from unit.rules.pos_day import pos_lines


def test_rule_3_pos_refunds_are_negative_already() -> None:
    lines = pos_lines({"qty": -2.0, "price_subtotal": -180.0, "price_subtotal_incl": -200.0})
    assert lines.select("quantity", "revenue", "is_refund").rows() == [(-2.0, -200.0, True)]


def test_rule_3_credit_notes_get_their_sign_turned() -> None:
    """Odoo holds positive figures on both; only the type tells them apart."""
    note = invoice_line(2, {"move_id.move_type": "out_refund"}, quantity=2.0, balance=100.0)
    outcome = cleaned("invoice-sales", invoice_line(1), note)
    columns = ("quantity", "revenue", "revenue_untaxed", "price_unit", "is_refund")
    assert kept(outcome, *columns) == [(1.0, 111.0, 100.0, 111.0, False), (-2.0, -111.0, -100.0, 111.0, True)]
    assert outcome.totals.amount == 0.0
    assert outcome.input_totals.amount == 222.0, "the extractor counts what Odoo has"


def test_rule_3_vendor_refunds_get_their_sign_turned_and_set_no_cost() -> None:
    refund = bill_line(1, 50.0, {"move_id.move_type": "in_refund"}, quantity=2.0, balance=-50.0)
    outcome = cleaned("purchases", refund)
    columns = ("quantity", "cost_untaxed", "cost_taxed", "actual_price", "is_refund", "sets_cost")
    assert kept(outcome, *columns) == [(-2.0, -50.0, -55.0, 25.0, True, False)]


def test_rule_3_a_credit_note_in_another_currency_is_negative_too() -> None:
    note = invoice_line(
        1, {"move_id.move_type": "out_refund"}, currency_id=2, price_subtotal=10.0, price_total=11.0,
        balance=160.0,
    )  # fmt: skip
    assert kept(cleaned("invoice-sales", note), "revenue", "revenue_untaxed") == [(-176.0, -160.0)]


def test_rule_3_nothing_given_back_is_plain_nothing() -> None:
    """Not -0.0, which a page would show with a minus."""
    free = {"move_id.move_type": "out_refund", "price_total": 0.0, "price_subtotal": 0.0}
    ((revenue,),) = kept(cleaned("invoice-sales", invoice_line(1, free)), "revenue")
    assert str(revenue) == "0.0"
