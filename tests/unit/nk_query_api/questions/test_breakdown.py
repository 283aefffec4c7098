"""Breakdowns: members by id, unknown members kept, rows that add up to the total."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from nk_common.api.sales import SalesBreakdown
from nk_query_api.errors import BadQuestionError
from nk_query_api.kpis.dimensions import DIMENSIONS, Dimension, dimension
from nk_query_api.kpis.profit import MARGIN, PROFIT_KPIS
from nk_query_api.kpis.sales import REFUNDS_COUNT
from nk_query_api.questions.breakdown import Listing, Split, by_dimension, check_split
from nk_query_api.questions.filters import Filters
from support.lake_factory import LakeFactory, payment, sale
from support.questions import Ask, asked, context, days

DAY = date(2025, 12, 23)
TILL = Filters(source="pos")

LINES = [
    sale(1, 100.0, "09:15", product_id=1, cashier_id=1, pos_config_id=1),
    sale(1, 20.0, "09:15", product_id=3, cashier_id=1, pos_config_id=1),
    sale(2, 50.0, "14:00", product_id=2, cashier_id=2, pos_config_id=2),
    sale(3, 7.0, "14:30", product_id=4, cashier_id=None, pos_config_id=None),
    # products, a cashier and a store that no dimension knows
    sale(4, 5.0, "21:59", product_id=999, cashier_id=999, pos_config_id=999),
    sale(5, 3.0, "21:59", product_id=-1, cashier_id=-1, pos_config_id=-1),
    sale(6, -10.0, "15:00", product_id=1, is_refund=True, quantity=-1.0),
]
PAYMENTS = [
    payment(1, 150.0, payment_method_id=1),
    payment(1, -30.0, payment_method_id=1),
    payment(2, 50.0, payment_method_id=2),
    payment(3, 7.0, payment_method_id=77),
]


def fill(lake: LakeFactory) -> None:
    lake.sales(DAY, *LINES, payments=PAYMENTS)
    lake.dimensions()


@pytest.fixture(scope="module")
def ask(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ask[Any]]:
    with asked(tmp_path_factory.mktemp("breakdowns"), fill) as ask:
        yield ask


def split(slug: str, filters: Filters = TILL, **other: Any) -> Split:
    given = {
        "kpis": (),
        "window": days("2025-12-23"),
        "compare": "none",
        "listing": Listing(limit=1000),
        **other,
    }
    return Split(dimension=dimension(slug), filters=filters, **given)


def answer(ask: Ask[Any], slug: str, filters: Filters = TILL, **other: Any) -> SalesBreakdown:
    found: SalesBreakdown = ask(lambda look: by_dimension(look, split(slug, filters, **other), context()))
    return found


@pytest.mark.parametrize("item", DIMENSIONS, ids=lambda item: item.slug)
def test_rows_add_up_to_the_total(ask: Ask[Any], item: Dimension) -> None:
    """Nothing is lost in a join, and nothing is counted twice."""
    found = answer(ask, item.slug)
    total = 177.0 if item.slug == "payment-method" else 175.0
    assert sum(row.revenue for row in found.rows) == found.total_revenue == total


EXPECTED: dict[str, dict[str, float]] = {
    "product": {"1": 90.0, "2": 50.0, "3": 20.0, "4": 7.0, "-1": 8.0},
    "category": {"10": 140.0, "20": 20.0, "21": 7.0, "-1": 8.0},
    "parent-category": {"Skin": 140.0, "Hair": 27.0, "(no category)": 8.0},
    "brand": {"100": 110.0, "101": 50.0, "-1": 15.0},
    "principal": {"Sinar": 160.0, "(no principal)": 15.0},
    "category-brand": {"10:100": 90.0, "10:101": 50.0, "20:100": 20.0, "21:-1": 7.0, "-1:-1": 8.0},
    "store": {"1": 110.0, "2": 50.0, "-1": 15.0},
    "cashier": {"1": 110.0, "2": 50.0, "-1": 15.0},
    "payment-method": {"1": 120.0, "2": 50.0, "-1": 7.0},
    "hour": {"09": 120.0, "14": 57.0, "21": 8.0, "15": -10.0},
    "weekday": {"2": 175.0},
    "customer": {"-1": 175.0},
    "source": {"pos": 175.0},
}


@pytest.mark.parametrize("item", DIMENSIONS, ids=lambda item: item.slug)
def test_revenue_by_member(ask: Ask[Any], item: Dimension) -> None:
    """A dimension without expected rows fails here."""
    assert {row.key: row.revenue for row in answer(ask, item.slug).rows} == EXPECTED[item.slug]


def test_categories_of_the_same_name_under_different_parents_stay_apart(ask: Ask[Any]) -> None:
    serums = {row.key: row.path for row in answer(ask, "category").rows if row.label == "Serum"}
    assert serums == {"10": ["Skin", "Serum"], "20": ["Hair", "Serum"]}


def test_what_a_dimension_lacks_is_labelled_like_its_unknown_member(ask: Ask[Any]) -> None:
    labels = {
        slug: {r.key: r.label for r in answer(ask, slug).rows} for slug in ("store", "brand", "product")
    }
    assert labels["store"]["-1"] == "(no store)"
    assert labels["brand"]["-1"] == "(no brand)"
    assert labels["product"]["-1"] == "(no product)"


def test_transactions_of_a_member_are_its_orders_without_refund_documents(ask: Ask[Any]) -> None:
    found = {row.key: row.transactions for row in answer(ask, "product").rows}
    assert found == {"1": 1, "2": 1, "3": 1, "4": 1, "-1": 2}


def test_an_order_in_several_members_is_one_of_each(ask: Ask[Any]) -> None:
    """Order 1 sold two categories of one brand: one transaction of each category, and one of the brand."""
    assert {r.key: r.transactions for r in answer(ask, "category").rows} == {
        "10": 2,
        "20": 1,
        "21": 1,
        "-1": 2,
    }
    assert {r.key: r.transactions for r in answer(ask, "brand").rows} == {"100": 1, "101": 1, "-1": 3}
    assert {r.key: r.transactions for r in answer(ask, "principal").rows} == {"Sinar": 2, "(no principal)": 3}


def test_documents_are_counted_one_by_one_where_they_cannot_be_added(ask: Ask[Any]) -> None:
    """Order 1 has a line of each of the two products, but brand is no more than products: it is one document."""
    both = replace(TILL, product_groups={"product": (1, 3)})
    (row,) = answer(ask, "brand", both, kpis=(REFUNDS_COUNT,)).rows
    assert (row.key, row.revenue, row.transactions) == ("100", 110.0, 1)
    assert row.values["refunds_count"] == 1.0


FILTERED = [
    (Filters(source="pos", stores=(2,)), "product", {"2": 50.0}),
    (Filters(source="pos", stores=(1, 2)), "store", {"1": 110.0, "2": 50.0}),
    (Filters(source="pos", cashiers=(-1,)), "product", {"4": 7.0, "-1": 8.0}),
    (Filters(source="pos", hours=(14, 15)), "hour", {"14": 57.0, "15": -10.0}),
    (Filters(source="pos", payment_methods=(1,)), "product", {"1": 90.0, "3": 20.0, "2": 50.0, "4": 7.0, "-1": 8.0}),
    (Filters(source="pos", payment_methods=(2,)), "product", {}),
    (Filters(source="invoice"), "product", {}),
    (Filters(product_groups={"category": (10,), "brand": (100,)}), "product", {"1": 90.0}),
    (Filters(product_groups={"parent": ("Hair",)}), "category", {"20": 20.0, "21": 7.0}),
    (Filters(product_groups={"principal": ("(no principal)",)}), "brand", {"-1": 15.0}),
    (Filters(product_groups={"product": (-1,)}), "product", {"-1": 8.0}),
    (Filters(customers=(-1,), stores=(2,)), "store", {"2": 50.0}),
    (Filters(stores=(-1,)), "store", {"-1": 15.0}),
    (Filters(stores=(1,)), "payment-method", {"1": 120.0, "2": 50.0, "-1": 7.0}),
]  # fmt: skip


@pytest.mark.parametrize(("filters", "slug", "expected"), FILTERED)
def test_filters(ask: Ask[Any], filters: Filters, slug: str, expected: dict[str, float]) -> None:
    assert {row.key: row.revenue for row in answer(ask, slug, filters).rows} == expected


def test_rows_come_by_revenue_and_ties_by_key(ask: Ask[Any]) -> None:
    assert [row.key for row in answer(ask, "product").rows] == ["1", "2", "3", "-1", "4"]


def test_rows_can_be_sorted_searched_and_paged(ask: Ask[Any]) -> None:
    by_label = answer(ask, "product", listing=Listing("label", "asc", limit=2, offset=1))
    assert [row.label for row in by_label.rows] == ["Comb", "Hair Serum"]
    assert (by_label.total_rows, by_label.total_revenue) == (5, 175.0)
    found = answer(ask, "product", listing=Listing(search="sERUM"))
    assert [row.label for row in found.rows] == ["Serum A", "Serum B", "Hair Serum"]
    assert (found.total_rows, found.total_revenue) == (3, 175.0), (
        "shares are of everything, not of what was found"
    )


def test_members_without_a_known_cost_have_no_profit_and_come_last(tmp_path: Path) -> None:
    """Serum A earned 40 of 100; Hair Serum lost 10, as far as its cost is known: of 30 of 80. Serum B and the comb
    have no cost at all, so nobody knows what they earned. One that was wholly taken back earned nothing."""

    def costed(lake: LakeFactory) -> None:
        lake.dimensions()
        lines = [
            sale(1, 100.0, product_id=1), sale(1, 30.0, product_id=3), sale(2, 50.0, product_id=3),
            sale(2, 70.0, product_id=2), sale(3, 7.0, product_id=4), sale(4, 9.0, product_id=-1),
            sale(5, -9.0, product_id=-1, is_refund=True, quantity=-1.0),
        ]  # fmt: skip
        lake.sales(DAY, *({"line_id": n, **line} for n, line in enumerate(lines)))
        costs = [
            {"source": "pos", "line_id": n, "cost_unit_tax_in": cost} for n, cost in ((0, 60.0), (1, 40.0))
        ]
        lake.day("profit", DAY, {"fact_sales_lines_profit": costs})

    with asked(tmp_path, costed) as ask:
        rows = {
            (slug, order): answer(ask, "product", kpis=PROFIT_KPIS, listing=Listing(slug, order)).rows
            for slug in ("gross_profit", "cogs", "margin")
            for order in ("asc", "desc")
        }
    profits = {row.key: row.values["gross_profit"] for row in rows["gross_profit", "desc"]}
    assert list(profits.items()) == [("1", 40.0), ("-1", 0.0), ("3", -10.0), ("2", None), ("4", None)]
    assert [row.key for row in rows["gross_profit", "asc"]] == ["3", "-1", "1", "2", "4"]
    assert [row.key for row in rows["cogs", "desc"]] == ["1", "3", "-1", "2", "4"]
    assert [row.key for row in rows["cogs", "asc"]] == ["-1", "3", "1", "2", "4"]
    assert [row.key for row in rows["margin", "asc"]] == ["3", "1", "-1", "2", "4"]
    partly = {row.key: row.values for row in rows["margin", "desc"]}["3"]
    assert (partly["margin"], partly["cost_coverage"], partly["cogs"]) == (-0.333333, 0.375, 40.0)


def test_a_page_behind_the_last_row_is_empty_and_still_knows_the_whole(ask: Ask[Any]) -> None:
    behind = answer(ask, "product", listing=Listing(offset=100))
    assert (behind.rows, behind.total_rows, behind.total_revenue) == ([], 5, 175.0)


def test_the_limit_cuts_rows_and_not_totals(ask: Ask[Any]) -> None:
    found = answer(ask, "product", listing=Listing(limit=1))
    assert (len(found.rows), found.total_rows, found.total_revenue) == (1, 5, 175.0)


def test_without_dimensions_everything_is_of_the_unknown_member(tmp_path: Path) -> None:
    with asked(tmp_path, lambda lake: lake.sales(DAY, *LINES)) as bare:
        (row,) = answer(bare, "category-brand").rows
    assert (row.key, row.path, row.revenue, row.transactions) == ("-1:-1", ["(unknown)"] * 3, 175.0, 5)


def test_what_changed_most_comes_first_also_what_is_no_longer_sold(tmp_path: Path) -> None:
    def two_days(lake: LakeFactory) -> None:
        lake.dimensions()
        lake.sales(date(2025, 12, 22), sale(1, 80.0, product_id=1), sale(1, 30.0, product_id=2))
        lake.sales(DAY, sale(2, 10.0, product_id=2), sale(2, 70.0, product_id=3))

    with asked(tmp_path, two_days) as ask:
        found = answer(ask, "product", compare="previous", listing=Listing("change", "asc"))
    rows = [(row.key, row.revenue, (row.previous or {})["revenue"]) for row in found.rows]
    assert rows == [("1", 0.0, 80.0), ("2", 10.0, 30.0), ("3", 70.0, None)]
    assert found.total_revenue == 80.0


def test_invoices_have_no_hour_and_are_left_out_openly(tmp_path: Path) -> None:
    def both(lake: LakeFactory) -> None:
        lake.sales(DAY, sale(7, 50.0, "09:00"))
        invoice = {"move_id": 7, "move_line_id": 1, "product_id": 1, "revenue": 30.0, "quantity": 1.0}
        lake.day("invoice-sales", DAY, {"fact_invoice_sales": [invoice]})
        lake.dimensions()

    with asked(tmp_path, both) as ask:
        found = answer(ask, "hour", Filters())
        assert [(row.key, row.revenue) for row in found.rows] == [("09", 50.0)]
        assert (found.total_revenue, found.without_time) == (50.0, 30.0)
        assert [(r.key, r.transactions) for r in answer(ask, "source", Filters()).rows] == [
            ("pos", 1),
            ("invoice", 1),
        ]


def test_an_unknown_dimension_is_refused_with_the_known_ones() -> None:
    with pytest.raises(BadQuestionError, match="broken down by 'colour'. Known dimensions: category-brand,"):
        dimension("colour")


REFUSED = [
    (
        {"slug": "payment-method", "kpis": (MARGIN,)},
        "margin cannot be split by payment-method; it can be by: categ",
    ),
    ({"slug": "payment-method", "filters": Filters(cashiers=(1,))}, "Payments belong to whole orders"),
    (
        {"slug": "store", "listing": Listing("change")},
        "cannot be sorted by 'change'; by: revenue, items_sold, trans",
    ),
    ({"slug": "store", "listing": Listing("margin")}, "cannot be sorted by 'margin'"),
]


@pytest.mark.parametrize(("asked_for", "words"), REFUSED)
def test_what_a_dimension_does_not_have_is_refused(asked_for: dict[str, Any], words: str) -> None:
    with pytest.raises(BadQuestionError, match=words):
        check_split(split(**asked_for))
