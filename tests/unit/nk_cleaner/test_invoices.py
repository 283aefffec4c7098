"""Lines of invoices and bills: currencies, units, taxes, and rows that cannot be used."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from unit.nk_cleaner.raw_rows import Row, bill_line, cleaned, invoice_line, kept, reasons

USD: Row = {"currency_id": 2}


def test_a_line_says_who_bought_what_when_and_on_which_document() -> None:
    outcome = cleaned("invoice-sales", invoice_line(1))
    columns = ("date", "move_id", "move_name", "customer_id", "customer_name", "product_id", "company_id")
    assert kept(outcome, *columns) == [(date(2026, 1, 6), 1, "INV/1", 57, "Toko Wijaya", 7, 1)]


def test_free_text_lines_are_revenue_of_the_unknown_product() -> None:
    free = invoice_line(1, product_id=None, product_uom_id=None, display_type=None)
    free |= {"product_uom_id.factor": None, "product_id.uom_id.factor": None}
    assert kept(cleaned("invoice-sales", free), "product_id", "quantity", "revenue") == [(-1, 1.0, 111.0)]


@pytest.mark.parametrize(
    ("line_factor", "product_factor", "pieces", "price"),
    [
        (1 / 12, 1.0, 24.0, 10.0),  # two dozen of a product kept in units, 120 a dozen
        (1.0, 1 / 12, 1 / 6, 1440.0),  # two pieces of a product kept in dozens
        (None, 1.0, 2.0, 120.0),
        (1 / 12, None, 2.0, 120.0),
        (0.0, 1.0, 2.0, 120.0),
    ],
)
def test_trap_dozens_are_not_pieces(
    line_factor: float | None, product_factor: float | None, pieces: float, price: float
) -> None:
    factors = {"product_uom_id.factor": line_factor, "product_id.uom_id.factor": product_factor}
    outcome = cleaned("invoice-sales", invoice_line(1, factors, quantity=2.0, price_unit=120.0))
    ((quantity, price_unit, revenue),) = kept(outcome, "quantity", "price_unit", "revenue")
    assert (quantity, price_unit) == (pytest.approx(pieces), pytest.approx(price))
    assert revenue == 111.0, "the amount does not depend on the unit"


@pytest.mark.parametrize(
    ("ids", "lowest", "text"),
    [([4, 1], 1, "[1, 4]"), ([3], 3, "[3]"), ([], None, "[]"), (None, None, "[]")],
)
def test_trap_every_tax_is_kept(ids: list[int] | None, lowest: int | None, text: str) -> None:
    assert kept(cleaned("invoice-sales", invoice_line(1, tax_ids=ids)), "tax_id", "tax_ids_json") == [
        (lowest, text)
    ]
    bill = cleaned("purchases", bill_line(1, 50.0, {"tax_ids.name": "PPN, PPh"}, tax_ids=ids))
    assert kept(bill, "tax_id", "tax_ids_json", "tax_name") == [(lowest, text, "PPN, PPh")]


def test_given_away_is_a_line_without_amount_but_with_goods() -> None:
    outcome = cleaned(
        "invoice-sales",
        invoice_line(1, price_subtotal=0.0, price_total=0.0, balance=0.0),
        invoice_line(2, price_subtotal=0.0, price_total=0.0, balance=0.0, quantity=0.0),
        invoice_line(3),
    )
    assert kept(outcome, "is_free_item") == [(True,), (False,), (False,)]


def test_another_currency_is_converted_by_what_odoo_booked() -> None:
    """100 USD that Odoo booked as 1,600,000: the rate is 16,000, so 111 with tax are 1,776,000."""
    line = invoice_line(1, **USD, quantity=2.0, price_unit=55.5, balance=-1_600_000.0)
    columns = ("revenue", "revenue_untaxed", "price_unit")
    assert kept(cleaned("invoice-sales", line), *columns) == [(1_776_000.0, 1_600_000.0, 888_000.0)]


def test_a_negative_line_in_another_currency_stays_negative() -> None:
    line = invoice_line(1, **USD, price_subtotal=-100.0, price_total=-111.0, balance=1_600_000.0)
    assert kept(cleaned("invoice-sales", line), "revenue", "revenue_untaxed") == [
        (-1_776_000.0, -1_600_000.0)
    ]


def test_a_free_line_takes_the_mean_rate_of_its_own_document() -> None:
    """Booked 300 for 10 + 20: a rate of 10. The other document's rate is 99; nobody asks it."""
    free: Row = {"price_subtotal": 0.0, "price_total": 0.0, "balance": 0.0, "price_unit": 5.0}
    outcome = cleaned(
        "invoice-sales",
        invoice_line(1, **USD, price_subtotal=10.0, price_total=10.0, balance=-90.0),
        invoice_line(2, **USD, price_subtotal=20.0, price_total=20.0, balance=-210.0),
        invoice_line(3, **USD, **free),
        invoice_line(4, **USD, move_id=2, price_subtotal=10.0, price_total=10.0, balance=-990.0),
    )
    assert kept(outcome, "price_unit", "revenue")[2] == (50.0, 0.0)


def test_a_free_line_alone_in_another_currency_has_no_price() -> None:
    free = invoice_line(1, **USD, price_subtotal=0.0, price_total=0.0, balance=0.0)
    outcome = cleaned("invoice-sales", free)
    assert kept(outcome, "price_unit", "revenue", "revenue_untaxed") == [(None, 0.0, 0.0)]


def test_an_amount_without_any_rate_is_rejected_and_not_made_nothing() -> None:
    """A fixed levy on a free line, in dollars: 5 with tax, 0 without."""
    levy = invoice_line(1, **USD, price_subtotal=0.0, price_total=5.0, balance=0.0)
    assert reasons(cleaned("invoice-sales", levy)) == ["the line's currency has no rate"]


REJECTED: list[tuple[Row, str]] = [
    ({"move_id.date": date(2026, 1, 7)}, "its document is of another day"),
    ({"move_id.date": None}, "its document is of another day"),
    ({"move_id.state": "draft"}, "its document is not posted"),
    ({"move_id.state": "cancel"}, "its document is not posted"),
    ({"move_id.state": None}, "its document is not posted"),
    ({"move_id.move_type": "entry"}, "its document is of another type"),
    ({"move_id.move_type": None}, "its document is of another type"),
    ({"display_type": "line_section"}, "it is no product line"),
    ({"display_type": "tax"}, "it is no product line"),
    ({"move_id": None}, "the line has no document"),
    ({"quantity": None}, "the line has no quantity"),
    ({"price_total": None}, "the line has no amount"),
    ({"price_subtotal": None}, "the line has no amount"),
    ({"currency_id": 2, "balance": None}, "the line has no amount in company currency"),
]


@pytest.mark.parametrize(("change", "reason"), REJECTED)
def test_a_bad_row_is_kept_aside_as_odoo_has_it(change: Row, reason: str) -> None:
    for dataset, line in (("invoice-sales", invoice_line(1)), ("purchases", bill_line(1, 50.0))):
        outcome = cleaned(dataset, {**line, **change}, {**line, "id": 2})
        assert reasons(outcome) == [reason]
        assert kept(outcome, "move_line_id") == [(2,)]
        (rejected,) = outcome.rejected.values()
        assert rejected["id"].to_list() == ["1"]


@pytest.mark.parametrize(
    ("dataset", "other_side"), [("invoice-sales", "in_invoice"), ("purchases", "out_refund")]
)
def test_documents_of_the_other_side_are_rejected(dataset: str, other_side: str) -> None:
    outcome = cleaned(dataset, invoice_line(1, {"move_id.move_type": other_side}))
    assert reasons(outcome) == ["its document is of another type"]


def test_a_line_id_that_occurs_twice_is_rejected_twice() -> None:
    outcome = cleaned("purchases", bill_line(1, 50.0), bill_line(1, 60.0), bill_line(2, 70.0))
    assert reasons(outcome) == ["the line id occurs twice"] * 2
    assert kept(outcome, "move_line_id") == [(2,)]


def test_rejected_lines_lend_no_rate_and_take_no_discount() -> None:
    """The draft's rate of 99 and its discount of 80 leave the other lines alone."""
    draft = {"move_id.state": "draft"}
    outcome = cleaned(
        "purchases",
        bill_line(1, 10.0, **USD, balance=100.0),
        bill_line(2, -10.0, draft, **USD, balance=-990.0),
        bill_line(3, 0.0, **USD, price_unit=4.0),
    )
    assert kept(outcome, "move_line_id", "cost_untaxed", "price_unit") == [(1, 100.0, 100.0), (3, 0.0, 40.0)]


@pytest.mark.parametrize("dataset", ["invoice-sales", "purchases", "inventory-moves", "stock-quants"])
def test_a_day_of_nothing_is_clean_and_counts_nothing(dataset: str) -> None:
    outcome: Any = cleaned(dataset)
    assert outcome.totals == outcome.input_totals == (0, 0, 0.0, 0.0, 0.0)
    assert not reasons(outcome)
