"""Where rows come from: the smallest aggregates that know the answer, each line once."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nk_query_api.kpis.sales import REFUNDS_COUNT, REVENUE, TRANSACTIONS
from nk_query_api.questions.counting import counted_group
from nk_query_api.questions.filters import Binder, Filters
from nk_query_api.questions.plan import Segment, figures, rows_of, segments
from nk_query_api.questions.windows import Window, whole_days
from nk_query_api.serving.sale_lines import DOCUMENT
from support.questions import days


def d(text: str) -> date:
    return date.fromisoformat(text)


def plan(window: Window, *columns: str, by_day: bool = False) -> list[tuple[str, str, str]]:
    found = segments(window, columns, by_day=by_day)
    return [(part.table, str(part.start), str(part.end)) for part in found]


def test_a_month_is_read_by_day_and_a_year_by_month_with_its_ends_by_day() -> None:
    assert plan(days("2025-12-01..2025-12-30")) == [("sales_by_store", "2025-12-01", "2025-12-31")]
    assert plan(days("2025-01-15..2025-12-10")) == [
        ("sales_by_store_monthly", "2025-02-01", "2025-12-01"),
        ("sales_by_store", "2025-01-15", "2025-02-01"),
        ("sales_by_store", "2025-12-01", "2025-12-11"),
    ]
    assert plan(days("2025-01-01..2025-12-31"), by_day=True) == [
        ("sales_by_store", "2025-01-01", "2026-01-01")
    ]


@pytest.mark.parametrize(
    ("columns", "table"),
    [
        ((), "sales_by_store"),
        (("store_id", "source"), "sales_by_store"),
        (("hour",), "sales_by_hour"),
        (("cashier_id", "store_id"), "sales_by_hour"),
        (("payments",), "sales_by_payment"),
        (("product_id",), "sales_by_product"),
        (("product_id", "store_id"), "sales_by_store_product"),
        (("customer_id",), "sales_by_customer"),
        (("customer_id", "store_id"), "sales_by_customer"),
        (("customer_id", "hour"), "sale_lines"),
        (("product_id", "hour"), "sale_lines"),
    ],
)
def test_the_smallest_aggregate_with_the_dimensions(columns: tuple[str, ...], table: str) -> None:
    assert [part[0] for part in plan(days("2025-12-01..2025-12-30"), *columns)] == [table]


def test_only_the_day_that_is_cut_is_read_line_by_line() -> None:
    cut = Window(d("2025-12-01"), d("2025-12-10"), datetime(2025, 12, 10, 9, 30))
    assert segments(cut, (), by_day=False) == [
        Segment("sales_by_store", d("2025-12-01"), d("2025-12-10")),
        Segment("sale_lines", d("2025-12-10"), d("2025-12-11"), datetime(2025, 12, 10, 9, 30)),
    ]


@given(st.dates(d("2020-01-01"), d("2026-12-31")), st.integers(0, 1500), st.booleans())
def test_segments_hold_every_day_once(start: date, length: int, by_day: bool) -> None:
    window = whole_days(start, start + timedelta(days=length))
    covered = [
        part.start + timedelta(days=n)
        for part in segments(window, ("product_id",), by_day=by_day)
        for n in range((part.end - part.start).days)
    ]
    assert sorted(covered) == window.days


@pytest.mark.parametrize(
    ("split", "groups", "expected"),
    [
        (None, {}, "document"),
        (None, {"category": (1,)}, "category"),
        (None, {"category": (1,), "parent": ("A", "B")}, "category"),
        (None, {"category": (1, 2)}, None),
        (None, {"category": (1,), "brand": (2,)}, "category_brand"),
        (None, {"brand": (1,), "principal": ("P",)}, None),
        (None, {"product": (1,), "principal": ("P", "Q")}, "product"),
        ("brand", {}, "brand"),
        ("brand", {"brand": (1, 2)}, "brand"),
        ("brand", {"category": (1,)}, None),
        ("category", {"parent": ("A",)}, "category"),
        ("category_brand", {"category": (1, 2), "brand": (3,), "parent": ("A",)}, "category_brand"),
        ("category_brand", {"principal": ("P",)}, None),
        ("product", {"principal": ("P",), "category": (1, 2)}, "product"),
    ],
)
def test_documents_are_added_up_only_where_a_member_is_wholly_inside_the_filter(
    split: str | None, groups: dict[str, tuple[int, ...]], expected: str | None
) -> None:
    assert counted_group(split, Filters(product_groups=dict(groups))) == expected


def test_lines_are_read_only_for_figures_that_count_documents() -> None:
    """A question about revenue is never made slow by documents that it does not count."""
    several = Filters(product_groups={"category": (1, 2)})
    for kpi, counted in ((REVENUE, False), (TRANSACTIONS, True), (REFUNDS_COUNT, True)):
        sql = rows_of(
            {0: days("2025-12-23")}, several, (), figures([kpi], counted_group(None, several)), Binder()
        )
        assert "FROM sales_by_product WHERE" in sql
        assert ("FROM sale_lines WHERE" in sql) == counted


def test_windows_that_do_not_overlap_share_a_scan() -> None:
    asked = figures([REVENUE], DOCUMENT)
    before, now = days("2025-12-01..2025-12-10"), days("2025-12-11..2025-12-20")
    assert rows_of({0: now, 1: before}, Filters(), (), asked, Binder()).count("FROM") == 1
    assert rows_of({0: now, 1: now}, Filters(), (), asked, Binder()).count("FROM") == 2
