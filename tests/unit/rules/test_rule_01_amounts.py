"""Rule 1: amounts come from Odoo's own columns, in company currency."""

from __future__ import annotations

import pytest

from unit.nk_cleaner.raw_rows import bill_line, cleaned, invoice_line, kept
from unit.rules.pos_day import pos_lines


def test_rule_1_pos_amounts_are_odoo_s_own_columns() -> None:
    """No arithmetic on price and quantity: 3 x 33.33 is 100.00 when Odoo says so."""
    lines = pos_lines(
        {"qty": 3.0, "price_unit": 33.33, "price_subtotal_incl": 100.0, "price_subtotal": 90.09}
    )
    assert lines.select("revenue", "revenue_untaxed").rows() == [(100.0, 90.09)]


def test_rule_1_invoice_amounts_are_odoo_s_own_columns() -> None:
    line = invoice_line(1, quantity=3.0, price_unit=33.33, price_total=100.0, price_subtotal=90.09)
    assert kept(cleaned("invoice-sales", line), "revenue", "revenue_untaxed") == [(100.0, 90.09)]


def test_rule_1_trap_invoice_revenue_is_with_tax_as_at_the_till() -> None:
    """100 and 11 % tax: both ways of selling it make 111 of revenue."""
    invoice = kept(cleaned("invoice-sales", invoice_line(1)), "revenue", "revenue_untaxed")
    till = pos_lines({"price_subtotal": 100.0, "price_subtotal_incl": 111.0})
    assert invoice == till.select("revenue", "revenue_untaxed").rows() == [(111.0, 100.0)]


def test_rule_1_trap_the_line_s_discount_is_in_odoo_s_amounts() -> None:
    """Nine at 200,000 less 15 %, tax of 11 % included: line 1 of the recorded Odoo 16."""
    line = invoice_line(
        1, quantity=9.0, price_unit=200_000.0, discount=15.0, price_subtotal=1_378_378.38,
        price_total=1_530_000.0, balance=-1_378_378.38,
    )  # fmt: skip
    assert kept(cleaned("invoice-sales", line), "revenue", "revenue_untaxed") == [(1_530_000.0, 1_378_378.38)]


@pytest.mark.parametrize("balance", [-160.0, 160.0])
def test_rule_1_another_currency_is_what_odoo_booked_in_the_company_s(balance: float) -> None:
    """10 foreign were booked as 160; 11 with tax are then 176. The side of the ledger does not matter."""
    amounts = {"price_subtotal": 10.0, "price_total": 11.0, "balance": balance}
    sale = cleaned("invoice-sales", {**invoice_line(1), **amounts, "currency_id": 2})
    assert kept(sale, "revenue", "revenue_untaxed") == [(176.0, 160.0)]
    bill = cleaned("purchases", {**bill_line(1, 10.0), **amounts, "currency_id": 2})
    assert kept(bill, "cost_taxed", "cost_untaxed") == [(176.0, 160.0)]


def test_rule_1_in_the_company_s_own_currency_the_balance_is_not_asked() -> None:
    """Odoo may put an odd cent of a document on one line's balance; the line's own amounts stand."""
    assert kept(cleaned("invoice-sales", invoice_line(1, balance=-100.01)), "revenue_untaxed") == [(100.0,)]
