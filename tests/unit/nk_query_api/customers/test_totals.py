"""What each customer bought in a range, whatever years, quarters, months and days it is put together from."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest

from nk_query_api.questions.customers.totals import CENTS, Totals, on_day, totals_of
from nk_query_api.questions.filters import Filters
from nk_query_api.questions.windows import whole_days
from nk_query_api.serving.snapshot import snapshot
from nk_query_api.serving.store import ServingStore
from support.lake_factory import LakeFactory, sale

Bought = dict[int, tuple[int, float, date | None]]
"""By customer: purchases, revenue, and the day of the last purchase."""
FAR = 900_000
"""An id far from all others."""
# fmt: off
DAYS: dict[date, list[tuple[int, float]]] = {
    date(2023, 12, 31): [(1, 10.0)],
    date(2024, 1, 1): [(2, 0.1), (1, 0.2)],
    date(2024, 2, 29): [(3, 5.5)],
    date(2024, 7, 15): [(1, 7.0), (FAR, 1.0)],
    date(2024, 12, 31): [(2, 3.0)],
    date(2025, 1, 1): [(3, -5.5)],
    date(2025, 3, 31): [(4, 2.25)],
    date(2025, 4, 1): [(4, -1.0), (1, 1.0)],
}
# fmt: on
EDGES = sorted({day + timedelta(days=n) for day in DAYS for n in (0, 1)})


def write(lake: LakeFactory, day: date, bought: list[tuple[int, float]], as_of: str | None = None) -> None:
    """A negative amount is only brought back."""
    number = 100 * day.toordinal()
    lines = [
        sale(number + n, amount, customer_id=who, is_refund=amount < 0, quantity=1.0 if amount > 0 else -1.0)
        for n, (who, amount) in enumerate(bought)
    ]
    lake.sales(day, *lines, as_of=as_of)
    lake.day("invoice-sales", day, {})


@pytest.fixture
def lake(tmp_path: Path) -> LakeFactory:
    lake = LakeFactory(tmp_path / "lake")
    for day, bought in DAYS.items():
        write(lake, day, bought)
    return lake


@pytest.fixture
def store(lake: LakeFactory, tmp_path: Path) -> Iterator[ServingStore]:
    store = ServingStore(tmp_path / "serving.duckdb", lake.root)
    store.open()
    store.scan()
    yield store
    store.close()


def found(store: ServingStore, start: date, end: date) -> Bought:
    with snapshot(store.cursor(), threading.Event(), store.known) as look:
        return readable(totals_of(look, whole_days(start, end), Filters()))


def readable(totals: Totals) -> Bought:
    columns = (totals.customers, totals.transactions, totals.revenue / CENTS, totals.last)
    rows = zip(*(column.tolist() for column in columns), strict=True)
    return {customer: (count, amount, on_day(last)) for customer, count, amount, last in rows}


def expected(start: date, end: date) -> Bought:
    bought: Bought = {}
    for day, sales in DAYS.items():
        for customer, amount in sales if start <= day <= end else []:
            count, so_far, last = bought.get(customer, (0, 0.0, None))
            bought[customer] = (count + (amount > 0), round(so_far + amount, 4), day if amount > 0 else last)
    return bought


def test_any_range_is_the_sum_of_its_days(store: ServingStore) -> None:
    for n, start in enumerate(EDGES):
        for end in EDGES[n:]:
            assert found(store, start, end) == expected(start, end), (start, end)


def test_what_is_kept_is_forgotten_when_a_day_of_it_changes(store: ServingStore, lake: LakeFactory) -> None:
    year = (date(2024, 1, 1), date(2024, 12, 31))
    assert found(store, *year)[3] == (1, 5.5, date(2024, 2, 29))
    write(lake, date(2024, 2, 29), [(3, 6.5), (3, 1.0)], as_of="2025-06-01T10:00+07:00")
    store.scan()
    assert found(store, *year)[3] == (2, 7.5, date(2024, 2, 29))
    assert found(store, *year)[FAR] == (1, 1.0, date(2024, 7, 15))
