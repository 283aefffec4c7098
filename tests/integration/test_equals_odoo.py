"""The lake equals the demo's own totals, for every day: the promise that everything else serves."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

import polars as pl
import pytest

from nk_common.lake.layout import Layout
from nk_demo.server import DemoServer
from nk_demo.totals import DayTotals, day_totals
from support.kafka import post
from support.shop_clock import shop_today
from support.system import System, running

TODAY = shop_today()
YEAR = (TODAY - timedelta(days=4)).year
"""The last year of which the first days are over, on whatever day this runs."""
MONTH = (TODAY - timedelta(days=5)).replace(day=1)
SPANS = {
    "the last 35 days": (TODAY - timedelta(days=36), TODAY - timedelta(days=2)),
    "a year's end": (date(YEAR - 1, 12, 29), date(YEAR, 1, 3)),
    "a month's end": (MONTH - timedelta(days=3), MONTH + timedelta(days=2)),
}
CENT = 0.01


@pytest.fixture(scope="module")
def system(demo: DemoServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """All spans loaded by commands posted the way a person would."""
    with running(tmp_path_factory.mktemp("equals"), demo) as system:
        for start, end in SPANS.values():
            command = {"type": "backfill", "datasets": ["pos"], "start": str(start), "end": str(end)}
            post(system.broker_port, "nk.control.v1", command)
        for start, end in SPANS.values():
            system.wait_loaded(start, end)
        yield system


def days(span: str) -> list[date]:
    start, end = SPANS[span]
    return [start + timedelta(days=n) for n in range((end - start).days + 1)]


def facts(system: System, table: str, day: date) -> pl.DataFrame:
    return pl.read_parquet(Layout(system.lake).star(table, day))


@pytest.mark.parametrize("span", SPANS)
def test_every_day_equals_the_demo_s_own_totals(system: System, demo: DemoServer, span: str) -> None:
    """Documents, lines, quantity, revenue and revenue untaxed, to a cent; drafts and cancels excluded."""
    for day in days(span):
        expected, sales = day_totals(demo.world, day).all, facts(system, "fact_sales", day)
        counted = (sales["order_id"].n_unique(), sales.height, sales["quantity"].sum())
        assert counted == (expected.orders, expected.lines, expected.quantity), day
        assert sales["revenue"].sum() == pytest.approx(float(expected.revenue), abs=CENT), day
        assert sales["revenue_untaxed"].sum() == pytest.approx(float(expected.revenue_untaxed), abs=CENT), day


@pytest.mark.parametrize("span", SPANS)
def test_every_day_equals_per_store_and_payment_method(system: System, demo: DemoServer, span: str) -> None:
    for day in days(span):
        expected = day_totals(demo.world, day)
        _same(_by(facts(system, "fact_sales", day), "pos_config_id", "revenue"), _stores(expected), day)
        _same(
            _by(facts(system, "fact_payments", day), "payment_method_id", "amount"), _methods(expected), day
        )


def test_there_is_an_empty_day_and_it_is_loaded_as_empty(system: System, demo: DemoServer) -> None:
    """A closed shop is not missing data: the day has a file, with no rows in it."""
    empty = [d for d in days("the last 35 days") if day_totals(demo.world, d).all.orders == 0]
    assert empty, "the demo closes at least once in 30 days"
    for day in empty:
        assert facts(system, "fact_sales", day).height == 0
        assert system.partitions()[str(day)].lines == 0


def test_sales_after_midnight_are_on_their_local_day(system: System) -> None:
    """There are some, and none is filed under the day before."""
    late = [
        facts(system, "fact_sales", day).filter(pl.col("date").dt.hour() == 0)
        for day in days("the last 35 days")
    ]
    assert sum(frame.height for frame in late) > 0
    for day, frame in zip(days("the last 35 days"), late, strict=True):
        assert set(frame["date"].dt.date()) <= {day}


def test_control_totals_in_the_ledger_are_those_of_the_lake(system: System) -> None:
    for day in days("the last 35 days"):
        row, sales = system.partitions()[str(day)], facts(system, "fact_sales", day)
        assert (row.documents, row.lines) == (sales["order_id"].n_unique(), sales.height)
        assert row.amount == pytest.approx(sales["revenue"].sum(), abs=CENT)
        assert row.rejected == 0


def test_every_product_cashier_and_store_sold_is_in_its_dimension(system: System) -> None:
    layout = Layout(system.lake)
    sales = pl.concat(facts(system, "fact_sales", day) for day in days("the last 35 days"))
    for column, table, key in [
        ("product_id", "dim_products", "product_id"),
        ("cashier_id", "dim_cashiers", "cashier_id"),
        ("pos_config_id", "dim_pos_configs", "pos_config_id"),
        ("customer_id", "dim_partners", "partner_id"),
    ]:
        members = pl.read_parquet(layout.star(table, None))
        assert set(sales[column].drop_nulls()) <= set(members[key]), table


def _by(frame: pl.DataFrame, key: str, amount: str) -> dict[int, float]:
    return dict(frame.group_by(key).agg(pl.col(amount).sum()).rows())


def _stores(expected: DayTotals) -> dict[int, float]:
    return {store: float(m.revenue) for store, m in expected.stores.items()}


def _methods(expected: DayTotals) -> dict[int, float]:
    return {method: float(m.amount) for method, m in expected.payments.items()}


def _same(found: dict[int, float], expected: dict[int, float], day: date) -> None:
    assert found.keys() == expected.keys(), day
    for key, amount in expected.items():
        assert found[key] == pytest.approx(amount, abs=CENT), (day, key)
