"""Documents by hand: taxes, balances, what becomes of them."""

from datetime import UTC, date, datetime
from random import Random

import pytest

from nk_demo.orm.account_rows import line_getters, move_getters, move_label
from nk_demo.world import calendar
from nk_demo.world.accounting_records import DOZEN, USD, Document
from nk_demo.world.accounts import LineRow
from nk_demo.world.documents import Lines, posted, rate_of, returned, with_fate
from nk_demo.world.records import Product
from nk_demo.world.taxes import split

CREAM = Product(10, "[NK0007] Cream", "Cream", 15_000_000, 7_000_000, 3)
DAY = calendar.ordinal_of(date(2026, 1, 15))
AT = datetime(2026, 1, 15, 4, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("base", "taxes", "untaxed", "amounts"),
    [
        (11_100, (3,), 10_000, {3: 1_100}),
        (31_750_000, (3,), 28_603_604, {3: 3_146_396}),
        (10_000, (4,), 10_000, {4: 1_100}),
        (10_000, (4, 8), 10_000, {4: 1_100, 8: 200}),
        (10_050, (7, 9), 10_050, {7: 1_106, 9: 151}),
        (10_000, (5,), 10_000, {5: 0}),
        (10_000, (), 10_000, {}),
        (-11_100, (6,), -10_000, {6: -1_100}),
    ],
)
def test_taxes_of_a_line(base: int, taxes: tuple[int, ...], untaxed: int, amounts: dict[int, int]) -> None:
    """Inside the price, on top, two on top, none, and negative; the second is a line of the recorded server."""
    assert split(base, taxes) == (untaxed, amounts)


def invoice(move_type: str = "out_invoice", currency: int = 13) -> Document:
    """9 creams at 2,000.00 less 15 % with tax inside, a dozen at 100.00 with 11 % and 2 % on top, a note, one free."""
    lines = Lines(move_type, 500)
    lines.goods(CREAM, "Cream", 9, 200_000, discount=15, taxes=(3,))
    lines.goods(CREAM, "Cream", 1, 10_000, uom=DOZEN, taxes=(4, 8))
    lines.text("line_note", "A note")
    lines.goods(CREAM, "Bonus", 2, 0, taxes=(3,))
    return posted(move_type, 77, DAY, 40, lines, AT, currency=currency)


def test_lines_of_an_invoice_balance() -> None:
    """1,530,000 with tax is 1,378,378 without; the customer owes the rest of 10,000 + 1,100 + 200 as well."""
    found = [(line.id, line.kind, line.amount, line.untaxed, line.total) for line in invoice().lines]
    assert found == [
        (500, "product", -1_378_378, 1_378_378, 1_530_000),
        (501, "product", -10_000, 10_000, 11_300),
        (502, "line_note", 0, 0, 0),
        (503, "product", 0, 0, 0),
        (504, "tax", -151_622, 0, 0),
        (505, "tax", -1_100, 0, 0),
        (506, "tax", -200, 0, 0),
        (507, "payment_term", 1_541_300, 0, 0),
    ]
    assert [line.units for line in invoice().lines[:2]] == [9, 12]


@pytest.mark.parametrize(
    ("move_type", "balance", "signed"),
    [
        ("out_invoice", -13_783.78, 13_883.78),
        ("out_refund", 13_783.78, -13_883.78),
        ("in_invoice", 13_783.78, -13_883.78),
        ("in_refund", -13_783.78, 13_883.78),
    ],
)
def test_signs_are_those_of_odoo(move_type: str, balance: float, signed: float) -> None:
    """Customers' invoices credit the income; amounts and quantities are positive in all four."""
    document = invoice(move_type)
    row = LineRow(500, document.lines[0], document)
    line, move = line_getters(range(0)), move_getters(range(0))
    assert line["balance"](row) == balance
    assert (line["credit"](row), line["debit"](row)) == (max(0, -balance), max(0, balance))
    assert (line["price_subtotal"](row), line["quantity"](row)) == (13_783.78, 9.0)
    assert move["amount_untaxed_signed"](document) == signed
    assert move["amount_total"](document) == 15_413.0


def test_another_currency_is_converted_for_the_books_only() -> None:
    """January 2026 has one rate, in whole rupiah."""
    rate = rate_of(date(2026, 1, 15), USD)
    assert 14_000 < rate < 18_000
    document = invoice(currency=USD)
    row = LineRow(500, document.lines[0], document)
    line = line_getters(range(0))
    assert line["amount_currency"](row) == -13_783.78
    assert line["balance"](row) == -1_378_378 * rate / 100
    assert rate_of(date(2026, 2, 1), USD) != rate


def test_a_credit_note_gives_back_some_with_positive_quantities() -> None:
    """Never a line that cost nothing, never more than was sold."""
    note = returned(Random(1), invoice(), "out_refund", (90, 900), DAY + 1, AT)
    assert note.reversed_id == 77
    goods = note.product_lines
    assert goods
    assert all(0 < line.quantity <= 9 and line.amount > 0 for line in goods)
    assert sum(line.amount for line in note.lines) == 0


def test_fates() -> None:
    """Every fate comes up, and nothing is written later than three days after the entry."""
    rng = Random(3)
    fates = [with_fate(rng, invoice()) for _ in range(400)]
    seen = {(one.state, one.at("9999").state) for one in fates}
    assert seen == {
        ("posted", "posted"),
        ("draft", "draft"),
        ("draft", "cancel"),
        ("draft", "posted"),
        ("posted", "cancel"),
    }
    assert max(one.at("9999").written for one in fates) < "2026-01-18 04:00:01"
    taken_back = next(one for one in fates if (one.state, one.at("9999").state) == ("posted", "cancel"))
    assert taken_back.at("2026-01-18 03:59:59").state == "posted"
    after = taken_back.at("2026-01-18 04:00:00.5")
    assert (after.state, after.name, after.written[:13]) == ("cancel", taken_back.number, "2026-01-18 04")


def test_labels() -> None:
    """A draft is named by its kind and id, as in Odoo 16."""
    document = invoice()
    assert move_label(document) == "INV/2026/77"
    drafts = (one for one in (with_fate(Random(n), document) for n in range(100)) if one.state == "draft")
    assert move_label(next(drafts)) == "Draft Invoice (* 77)"
