"""What is changed in Odoo is changed in the lake: within a look and the pipeline's own time, and nothing else is."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import polars as pl
import pytest

from nk_common.lake.layout import Layout
from nk_common.lake.reader import read_table
from nk_demo.server import DemoServer, running
from nk_demo.totals import day_totals
from support.shop_clock import shop_settings, shop_today, shop_zone
from support.system import WORKERS, System, wait_until
from support.system import running as system_running

DAYS = 8
INTERVAL = 3.0
PIPELINE = 10.0
"""Seconds that a busy machine may take from a request to the loaded day."""
TODAY = shop_today()


@pytest.fixture(scope="module")
def shop() -> Iterator[DemoServer]:
    """A world of its own: what is changed here stays changed."""
    with running(shop_settings(days=30, orders_per_day=40, products=60, customers=60)) as server:
        yield server


@pytest.fixture(scope="module")
def system(shop: DemoServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    settings = {"NK_INITIAL_DAYS": str(DAYS), "NK_WATCH": "1", "NK_WATCH_INTERVAL": str(INTERVAL)}
    with system_running(tmp_path_factory.mktemp("changes"), shop, WORKERS, **settings) as system:
        system.wait_loaded(TODAY - timedelta(days=DAYS - 1), TODAY)
        yield system


def days_back(*back: int) -> list[date]:
    return [TODAY - timedelta(days=n) for n in back]


def facts(system: System, day: date) -> pl.DataFrame:
    """Through one open file: polars opens a path twice, and here files are replaced all the time."""
    return pl.DataFrame(pl.from_arrow(read_table(Layout(system.lake).star("fact_sales", day))))


def order_of(shop: DemoServer, system: System, day: date) -> int:
    sales = facts(system, day)
    return int(sales.filter(~pl.col("is_refund"))["order_id"][0])


def equals(shop: DemoServer, system: System, day: date) -> bool:
    sales = facts(system, day)
    expected = day_totals(shop.world, day).all
    same_revenue = abs(float(sales["revenue"].sum()) - float(expected.revenue)) < 0.01
    return same_revenue and sales["order_id"].n_unique() == expected.orders


@pytest.mark.parametrize("action", ["edit", "cancel", "redate", "delete"])
def test_a_change_reaches_the_lake_and_only_its_days(shop: DemoServer, system: System, action: str) -> None:
    source, target = days_back(4, 3)
    touched = [source, target] if action == "redate" else [source]
    order_id = order_of(shop, system, source)
    before = {day: row.loaded_version for day, row in system.partitions().items()}
    noon = datetime(target.year, target.month, target.day, 12, tzinfo=shop_zone()).astimezone(UTC)
    body = {
        "order_id": order_id,
        **({"at": noon.replace(tzinfo=None).isoformat()} if action == "redate" else {}),
    }
    shop.control.post(f"/demo/{action}", body)
    assert not all(equals(shop, system, day) for day in touched), "the change is one of figures"
    began = time.monotonic()
    wait_until(
        lambda: all(equals(shop, system, day) for day in touched),
        INTERVAL + PIPELINE,
        f"the {action} arrives",
    )
    assert time.monotonic() - began < INTERVAL + PIPELINE
    time.sleep(2 * INTERVAL)  # later looks ask for nothing more
    after = {day: row.loaded_version for day, row in system.partitions().items()}
    changed = {day for day, version in after.items() if version != before.get(day)}
    assert changed - {str(TODAY)} == {str(day) for day in touched}
