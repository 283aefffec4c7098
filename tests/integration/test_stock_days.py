"""Days with a snapshot of their own: what was taken agrees with what the moves say, or the difference is told."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import polars as pl
import pytest
from rich.console import Console

from nk_cli.validate.command import run_validation
from nk_cli.validate.finding import Finding
from nk_common.lake.reader import read_stamp
from nk_common.lake.writer import Stamp, write_table
from nk_common.star.stock import FACT_STOCK_ON_HAND_SNAPSHOT
from nk_demo.server import DemoServer, running
from nk_demo.settings import DemoSettings
from support.clock import SetClock
from support.pipeline import Pipeline

EVENING = "2026-03-17T12:30:00Z"
DATASETS = ("pos", "inventory-moves", "stock-quants", "products", "locations")


@pytest.fixture
def clock() -> SetClock:
    return SetClock(EVENING)


@pytest.fixture
def shop(clock: SetClock) -> Iterator[DemoServer]:
    """The shop lives by the same clock as the pipeline."""
    settings = DemoSettings(port=0, days=40, orders_per_day=40, products=60, customers=60)
    with running(settings, clock.now) as server:
        yield server


@pytest.fixture
def pipeline(shop: DemoServer, clock: SetClock, tmp_path: Path) -> Iterator[Pipeline]:
    """A snapshot on three evenings, and every move in between."""
    pipeline = Pipeline(tmp_path, shop.port, clock)
    for _ in range(3):
        day = clock.now().astimezone(pipeline.settings.zone).date()
        pipeline.load(DATASETS, day, day)
        clock.tick(hours=24)
    last = clock.now().astimezone(pipeline.settings.zone).date()
    pipeline.load(["inventory-moves"], last - timedelta(days=3), last, force=True)
    yield pipeline
    pipeline.close()


def gaps(pipeline: Pipeline) -> list[Finding]:
    report = run_validation(pipeline.settings, pipeline.clock, Console(quiet=True), [], None, None)
    return [finding for finding in report.findings if finding.kind == "stock-gap"]


def test_snapshots_agree_with_the_moves_between_them(pipeline: Pipeline, clock: SetClock) -> None:
    last = clock.now().astimezone(pipeline.settings.zone).date()
    for back in (1, 2, 3):
        stock = pipeline.star("fact_stock_on_hand_snapshot", last - timedelta(days=back))
        assert not stock["reconstructed"].any()
    assert gaps(pipeline) == []


def test_a_difference_is_reported(pipeline: Pipeline, clock: SetClock) -> None:
    """Somebody changed stock in Odoo past its own moves: five pieces more in the earlier snapshot."""
    day = clock.now().astimezone(pipeline.settings.zone).date() - timedelta(days=2)
    path = pipeline.layout.star("fact_stock_on_hand_snapshot", day)
    stamp = read_stamp(path)
    assert stamp is not None
    stock = pl.read_parquet(path)
    more = stock.with_columns(
        pl.col("quantity") + pl.when(pl.col("quant_id") == stock["quant_id"][0]).then(5).otherwise(0)
    )
    path.unlink()
    write_table(
        path,
        more.to_arrow(),
        FACT_STOCK_ON_HAND_SNAPSHOT.schema,
        Stamp(stamp.version, stamp.run, stamp.as_of),
    )
    found = gaps(pipeline)
    assert [finding.day for finding in found if finding.day == day] == [day]
    assert any(str(stock["product_id"][0]) in finding.sentence for finding in found)
