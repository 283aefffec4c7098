"""Breakdowns: members by id, unknown members kept, rows that add up to the total."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

from nk_query_api.errors import BadQuestionError
from nk_query_api.kpis.breakdowns import BREAKDOWNS, Breakdown, breakdown
from nk_query_api.serving.store import ServingStore
from support.lake_factory import LakeFactory, payment, sale

DAY = date(2025, 12, 23)
RANGE = [datetime(2025, 12, 23), datetime(2025, 12, 24)]

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


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServingStore]:
    folder = tmp_path_factory.mktemp("breakdowns")
    lake = LakeFactory(folder / "lake")
    lake.sales(DAY, *LINES, payments=PAYMENTS)
    lake.dimensions()
    store = ServingStore(folder / "serving.duckdb", lake.root)
    store.open()
    store.scan()
    yield store
    store.close()


def rows_of(store: ServingStore, slug: str, limit: int = 1000) -> list[tuple[Any, ...]]:
    return store.cursor().execute(breakdown(slug).sql, [*RANGE, limit]).fetchall()


@pytest.mark.parametrize("item", BREAKDOWNS, ids=lambda item: item.slug)
def test_rows_add_up_to_the_total(store: ServingStore, item: Breakdown) -> None:
    """Nothing is lost in a join, and nothing is counted twice."""
    rows = rows_of(store, item.slug)
    total = 177.0 if item.slug == "payment-method" else 175.0
    assert sum(row[2] for row in rows) == pytest.approx(total)
    assert [row[6] for row in rows] == [pytest.approx(total)] * len(rows)


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
}


@pytest.mark.parametrize("item", BREAKDOWNS, ids=lambda item: item.slug)
def test_revenue_by_member(store: ServingStore, item: Breakdown) -> None:
    """A breakdown without expected rows fails here."""
    assert {row[0]: row[2] for row in rows_of(store, item.slug)} == pytest.approx(EXPECTED[item.slug])


def test_categories_of_the_same_name_under_different_parents_stay_apart(store: ServingStore) -> None:
    serums = {row[0]: row[1] for row in rows_of(store, "category") if row[1][-1] == "Serum"}
    assert serums == {"10": ["Skin", "Serum"], "20": ["Hair", "Serum"]}


def test_what_a_dimension_lacks_is_labelled_like_its_unknown_member(store: ServingStore) -> None:
    labels = {
        slug: {row[0]: row[1][-1] for row in rows_of(store, slug)} for slug in ("store", "brand", "product")
    }
    assert labels["store"]["-1"] == "(no store)"
    assert labels["brand"]["-1"] == "(no brand)"
    assert labels["product"]["-1"] == "(no product)"


def test_transactions_of_a_member_are_its_orders_without_refund_documents(store: ServingStore) -> None:
    assert {row[0]: row[4] for row in rows_of(store, "product")} == {"1": 1, "2": 1, "3": 1, "4": 1, "-1": 2}


def test_rows_come_by_revenue_and_ties_by_key(store: ServingStore) -> None:
    assert [row[0] for row in rows_of(store, "product")] == ["1", "2", "3", "-1", "4"]


def test_the_limit_cuts_rows_and_not_totals(store: ServingStore) -> None:
    (row,) = rows_of(store, "product", limit=1)
    assert row[5:] == (5, pytest.approx(175.0))


def test_without_dimensions_everything_is_of_the_unknown_member(tmp_path: Path) -> None:
    lake = LakeFactory(tmp_path / "lake")
    lake.sales(DAY, *LINES)
    store = ServingStore(tmp_path / "serving.duckdb", lake.root)
    store.open()
    store.scan()
    ((key, path, revenue, *_),) = rows_of(store, "category-brand")
    assert (key, path, revenue) == ("-1:-1", ["(unknown)"] * 3, pytest.approx(175.0))
    store.close()


def test_an_unknown_dimension_is_refused_with_the_known_ones() -> None:
    with pytest.raises(BadQuestionError, match="broken down by 'colour'. Known dimensions: category-brand,"):
        breakdown("colour")
