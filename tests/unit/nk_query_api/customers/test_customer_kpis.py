"""Every KPI of customers over a few documents, with results worked out by hand, and against counting one by one."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nk_common.api.common import Compare
from nk_query_api.kpis.base import Kpi
from nk_query_api.kpis.customers import CUSTOMER_KPIS
from nk_query_api.questions.customers import purchases as purchases_of
from nk_query_api.questions.customers.cohorts import customer_cohorts, whole_months
from nk_query_api.questions.customers.counting import counted
from nk_query_api.questions.customers.summary import customer_values
from nk_query_api.questions.customers.trend import customers_trend
from nk_query_api.questions.filters import Filters
from nk_query_api.questions.windows import Window
from nk_query_api.serving.snapshot import Snapshot
from support.customers import write_partners
from support.lake_factory import LakeFactory, sale
from support.questions import Ask, asked, context, days

RANGE = "2025-12-21..2025-12-23"


def invoice(move: int, revenue: float, customer: int | None, **other: Any) -> dict[str, Any]:
    return {
        "move_id": move, "move_line_id": move * 10, "product_id": 1, "quantity": 1.0, "revenue": revenue,
        "customer_id": customer, **other,
    }  # fmt: skip


def fill(lake: LakeFactory) -> None:
    """
    customer | 20 Dec | 21 Dec             | 22 Dec         | 23 Dec
    7        | 100    | 50                 | invoice 30     |
    8        |        | 40, of two lines   |                |
    9        |        | 10, 20 in 2 orders |                | -5, a refund
    10       | 70     |                    |                | -70, a refund
    11       |        |                    |                | 15, with a line brought back (-5)
    nobody   |        | 1000               | invoice 500    |
    """
    lake.sales(date(2025, 12, 20), sale(1, 100.0, customer_id=7), sale(2, 70.0, customer_id=10))
    lake.sales(
        date(2025, 12, 21),
        sale(3, 50.0, customer_id=7),
        sale(4, 25.0, customer_id=8),
        sale(4, 15.0, customer_id=8, product_id=3),
        sale(5, 10.0, customer_id=9),
        sale(6, 20.0, customer_id=9),
        sale(7, 400.0),
        sale(8, 600.0, customer_id=-1),
    )
    lake.sales(date(2025, 12, 22))
    lake.sales(
        date(2025, 12, 23),
        sale(9, -5.0, customer_id=9, is_refund=True, quantity=-1.0),
        sale(10, -70.0, customer_id=10, is_refund=True, quantity=-1.0),
        sale(11, 20.0, "14:00", customer_id=11),
        sale(11, -5.0, "14:00", customer_id=11, is_refund=True, quantity=-1.0),
    )
    for day in (20, 21, 23):
        lake.day("invoice-sales", date(2025, 12, day), {})
    # Invoice 3 is another document than order 3.
    bought = [invoice(3, 30.0, 7), invoice(4, 500.0, None)]
    lake.day("invoice-sales", date(2025, 12, 22), {"fact_invoice_sales": bought})
    lake.dimensions()
    write_partners(lake, {customer: f"Customer {customer}" for customer in range(7, 12)})


@pytest.fixture(scope="module")
def ask(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ask[Any]]:
    with asked(tmp_path_factory.mktemp("customers"), fill) as ask:
        yield ask


def values(ask: Ask[Any], window: Window, filters: Filters | None = None) -> dict[str, float | None]:
    found: dict[str, float | None] = ask(
        lambda look: customer_values(look, window, filters or Filters(), context())
    )
    return found


# 7, 8, 9 and 11 bought; 7 had before; 7 and 9 twice. 50+30 + 40 + 30-5 - 70 + 15 = 90 in 6 transactions.
EXPECTED: dict[str, float | None] = {
    "active_customers": 4.0,
    "new_customers": 3.0,
    "returning_customers": 1.0,
    "repeat_rate": 0.5,
    "revenue_per_customer": 22.5,
    "transactions_per_customer": 1.5,
}


@pytest.mark.parametrize("kpi", CUSTOMER_KPIS, ids=lambda kpi: kpi.slug)
def test_a_kpi_gives_what_was_worked_out_by_hand(kpi: Kpi, ask: Ask[Any]) -> None:
    """A KPI without an expected result fails here."""
    assert values(ask, days(RANGE))[kpi.slug] == EXPECTED[kpi.slug]


def test_without_customers_a_kpi_is_zero_or_undefined(ask: Ask[Any]) -> None:
    nobody = {kpi.slug: kpi.of_nothing for kpi in CUSTOMER_KPIS}
    assert list(nobody.values()) == [0.0, 0.0, 0.0, None, None, None]
    assert values(ask, days("2025-12-22"), Filters(source="pos")) == nobody


def test_of_days_that_are_not_loaded_nothing_is_known(ask: Ask[Any]) -> None:
    assert set(values(ask, days("2025-12-01..2025-12-19")).values()) == {None}


def test_who_only_brings_back_is_no_customer_of_the_range(ask: Ask[Any]) -> None:
    """On the 23rd 9 and 10 only had refunds; 11 bought something and brought something back."""
    found = values(ask, days("2025-12-23"))
    assert (found["active_customers"], found["new_customers"]) == (1.0, 1.0)
    assert found["revenue_per_customer"] == -60.0


FILTERED: list[tuple[Filters, list[float | None]]] = [
    (Filters(source="pos"), [4.0, 3.0, 1.0, 0.25, 15.0, 1.25]),
    # 7 had never been sent an invoice before
    (Filters(source="invoice"), [1.0, 1.0, 0.0, 0.0, 30.0, 1.0]),
    (Filters(customers=(7, 8)), [2.0, 1.0, 1.0, 0.5, 60.0, 1.5]),
    (Filters(product_groups={"product": (3,)}), [1.0, 1.0, 0.0, 0.0, 15.0, 1.0]),
    (Filters(product_groups={"product": (1, 3)}, stores=(1,)), [4.0, 3.0, 1.0, 0.25, 15.0, 1.25]),
    (Filters(stores=(2,)), [0.0, 0.0, 0.0, None, None, None]),
    (Filters(hours=(14, 15)), [1.0, 1.0, 0.0, 0.0, 15.0, 1.0]),
    # nobody is no customer
    (Filters(customers=(-1,)), [0.0, 0.0, 0.0, None, None, None]),
]


@pytest.mark.parametrize("together", [1, 400])
@pytest.mark.parametrize(("filters", "expected"), FILTERED)
def test_filters_narrow_the_purchases_down(
    ask: Ask[Any],
    filters: Filters,
    expected: list[float | None],
    together: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """New is then who bought such a thing for the first time; whether that is looked up along with the purchases, as
    of long ranges, or by itself."""
    monkeypatch.setattr(purchases_of, "_MOST_OF_ALL", together)
    assert list(values(ask, days(RANGE), filters).values()) == expected


def test_a_range_that_ends_at_a_time_of_day_leaves_out_what_came_later(ask: Ask[Any]) -> None:
    """11 came at two in the afternoon, and is not new by noon."""
    noon = Window(date(2025, 12, 21), date(2025, 12, 23), datetime(2025, 12, 23, 12))
    found = values(ask, noon)
    assert (found["active_customers"], found["new_customers"], found["repeat_rate"]) == (3.0, 2.0, 0.666667)
    later = Window(noon.start, noon.end, datetime(2025, 12, 23, 14, 1))
    assert values(ask, later) == values(ask, days(RANGE)) == EXPECTED


FIRST = date(2025, 1, 27)
DAYS = 40
PURCHASES = st.dictionaries(
    st.tuples(st.integers(0, DAYS - 1), st.integers(1, 4)), st.integers(1, 3), min_size=1, max_size=25
)
"""Transactions by day and customer."""


@settings(max_examples=12, deadline=None)
@given(
    PURCHASES, st.integers(0, DAYS - 1), st.integers(1, DAYS), st.sampled_from([None, "day", "week", "month"])
)
def test_counting_by_what_precedes_a_purchase_is_counting_one_by_one(
    tmp_path_factory: pytest.TempPathFactory,
    purchases: dict[tuple[int, int], int],
    start: int,
    length: int,
    grain: Any,
) -> None:
    """All purchases, counted from the aggregates; the same of the tills of both stores, and line by line of all hours.
    The latter two once with what came before, and once without. Cohorts likewise."""

    def lake_of(lake: LakeFactory) -> None:
        for day in {day for day, _ in purchases}:
            lines = [
                sale(100 * customer + n, 1.0, customer_id=customer)
                for (bought, customer), count in purchases.items()
                if bought == day
                for n in range(count)
            ]
            lake.sales(FIRST + timedelta(days=day), *lines)
            lake.day("invoice-sales", FIRST + timedelta(days=day), {})

    begin = FIRST + timedelta(days=start)
    window = days(f"{begin}..{begin + timedelta(days=length - 1)}")

    ways = (Filters(), Filters(stores=(1, 2)), Filters(source="pos"), Filters(hours=(0, 23)))

    def counts(look: Snapshot) -> list[Any]:
        return [counted(look, CUSTOMER_KPIS, window, filters, grain) for filters in ways]

    def cohorts(look: Snapshot) -> list[Any]:
        months = whole_months(window)
        return [
            customer_cohorts(look, months, filters, context("2025-04-01T12:00")).cohorts for filters in ways
        ]

    with asked(tmp_path_factory.mktemp("random"), lake_of) as ask, pytest.MonkeyPatch.context() as patch:
        fast, *others = ask(counts)
        kept, *other_cohorts = ask(cohorts)
        patch.setattr(purchases_of, "_MOST_OF_ALL", 1)
        assert all(found == fast for found in [*others, *ask(counts)])
        assert all(found == kept for found in [*other_cohorts, *ask(cohorts)])
    if grain is None:
        assert fast.get(window.begins, {}).get("active_customers", 0.0) == len(
            {c for (day, c) in purchases if start <= day < start + length}
        )


@pytest.mark.parametrize("filters", [Filters(), Filters(source="pos")], ids=["counted before", "one by one"])
@pytest.mark.parametrize("grain", ["day", "week", "month"])
@pytest.mark.parametrize(
    ("asked_days", "compare"),
    [
        ("2025-03-10..2025-03-23", "previous"),
        ("2025-03-06..2025-03-16", "weekday"),
        ("2025-02-24..2025-03-02", "year"),
    ],
)
def test_a_point_of_a_trend_is_compared_with_the_customers_of_what_its_days_are(
    tmp_path: Path, asked_days: str, compare: Compare, grain: Any, filters: Filters
) -> None:
    """A year before has a 29th of February; 7 comes every day, the others every third and every eighth."""

    def lake_of(lake: LakeFactory) -> None:
        for first, length in ((date(2024, 2, 20), 15), (date(2025, 2, 1), 55)):
            for n in range(length):
                came = [c for c, every in ((7, 1), (8, 3), (9, 8)) if n % every == 0]
                day = first + timedelta(days=n)
                lake.sales(day, *(sale(10_000 * day.year + 100 * c + n, 1.0, customer_id=c) for c in came))
                lake.day("invoice-sales", day, {})

    now = context("2025-04-01T12:00")
    with asked(tmp_path, lake_of) as ask:
        for kpi in CUSTOMER_KPIS:
            found = ask(
                partial(
                    customers_trend, kpi=kpi, window=days(asked_days), filters=filters, grain=grain,
                    compare=compare, context=now,
                )
            )  # fmt: skip
            for point in found.points:
                stretch = days(f"{point.compare_bucket.date()}..{point.compare_end}")
                expected = ask(partial(customer_values, window=stretch, filters=filters, context=now))
                assert point.compare_value == expected[kpi.slug], (kpi.slug, point)


def test_every_kpi_says_what_it_is_in_both_languages() -> None:
    for kpi in CUSTOMER_KPIS:
        assert kpi.relation == "customers"
        assert kpi.inputs == ("pos", "invoice-sales")
        assert all(text.id and text.en for text in (kpi.name, kpi.description, kpi.formula))


def test_an_empty_lake_knows_of_nobody(tmp_path: Path) -> None:
    with asked(tmp_path, lambda lake: lake.dimensions()) as ask:
        assert set(values(ask, days(RANGE)).values()) == {None}
