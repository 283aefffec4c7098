"""The made-up lake of the benchmarks: it is as a loader's, and its tables fit together."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import polars as pl
import pytest
from benchmarks.scale_lake import Scale, lake_for, version_of, write_day, write_lake
from benchmarks.scale_world import ZONE

from nk_cli.validate.places import places
from nk_cli.validate.validation import Surroundings, validate
from nk_cli.validate.walking import Scope
from nk_common.datasets import REGISTRY
from nk_common.lake.layout import Layout
from nk_common.lake.reader import read_stamp, read_table
from nk_common.star import BY_NAME, FACTS, TABLES
from nk_common.star.base import UNKNOWN_ID
from nk_common.star.dimensions import DIMENSIONS
from nk_common.star.rollback import effects_of

LAST = date(2026, 6, 30)
TINY = Scale("tiny", 10, 20, 200)
DAYS = [LAST - timedelta(days=n) for n in range(9, -1, -1)]
PLACE = ["product_id", "location_id"]


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One lake for all tests that do not change it."""
    folder = tmp_path_factory.mktemp("scale") / "lake"
    write_lake(folder, TINY, last_day=LAST)
    return folder


def rows(root: Path, table: str, *days: date) -> pl.DataFrame:
    """Of some days, or of all."""
    files = [Layout(root).star(table, day) for day in days or DAYS]
    return pl.concat([pl.DataFrame(pl.from_arrow(read_table(file))) for file in files])


def digest(root: Path) -> dict[str, bytes]:
    return {str(p.relative_to(root)): p.read_bytes() for p in sorted(root.rglob("*.parquet"))}


def test_every_file_is_there_with_the_schema_and_stamp_of_the_loader(root: Path) -> None:
    """Each table has one file per day, or one; its rows have the fixed schema and its stamp the day's version."""
    layout = Layout(root)
    for table in TABLES:
        for day in DAYS if table.kind == "fact" else [None]:
            path = layout.star(table.name, day)
            stamp = read_stamp(path)
            assert read_table(path).schema.remove_metadata() == BY_NAME[table.name].schema
            assert stamp is not None
            assert stamp.version == version_of(day or LAST)
            assert stamp.as_of == datetime.combine(day or LAST, datetime.min.time(), UTC) + timedelta(
                hours=19
            )


def test_keys_are_unique(root: Path) -> None:
    """A key names one row of all days, or of its day where the day is part of the grain."""
    for table in FACTS:
        key = [*table.key, table.day] if table.dataset in {"profit", "stock-quants"} else list(table.key)
        found = rows(root, table.name)
        assert found.height > 0
        assert not found.select(set(key)).is_duplicated().any(), table.name
    for table in DIMENSIONS:
        members = pl.DataFrame(pl.from_arrow(read_table(Layout(root).star(table.name, None))))
        assert members[table.key[0]].is_unique().all()
        assert members[table.key[0]][0] == UNKNOWN_ID


def test_refunds_are_negative(root: Path) -> None:
    """Quantity and revenue of a refund are below zero, of a sale they are not."""
    for name in ("fact_sales", "fact_invoice_sales"):
        lines = rows(root, name)
        assert ((lines["quantity"] < 0) == lines["is_refund"]).all()
        assert (lines.filter("is_refund")["revenue"] <= 0).all()
        assert (lines.filter(~pl.col("is_refund"))["revenue"] >= 0).all()
    assert rows(root, "fact_sales")["is_refund"].any()


def test_payments_of_an_order_sum_to_its_revenue(root: Path) -> None:
    """And the order names the methods that it was paid with."""
    sales, payments = rows(root, "fact_sales"), rows(root, "fact_payments")
    paid = payments.group_by("order_id").agg(
        pl.col("amount").sum(), pl.col("payment_method_id").unique().sort().alias("methods")
    )
    orders = sales.group_by("order_id").agg(pl.col("revenue").sum(), pl.col("payment_method_ids").unique())
    both = orders.join(paid, on="order_id", how="full", coalesce=True)
    assert ((both["revenue"] - both["amount"].fill_null(0.0)).abs() < 0.005).all()
    texts = both.drop_nulls("methods").select(pl.col("payment_method_ids").list.first(), "methods")
    assert all(text == str(methods) for text, methods in texts.iter_rows())


def test_stock_follows_from_the_moves(root: Path) -> None:
    """What was held before and what the day moved are what is held after, heap by heap."""
    for before, day in pairwise(DAYS):
        moves = effects_of(rows(root, "fact_inventory_moves", day), ("internal",))
        begin = rows(root, "fact_stock_on_hand_snapshot", before).select(*PLACE, "quantity")
        change = moves.select(*PLACE, pl.col("change").alias("quantity"))
        end = rows(root, "fact_stock_on_hand_snapshot", day).select(*PLACE, "quantity")
        made = pl.concat([begin, change]).group_by(PLACE).agg(pl.col("quantity").sum())
        assert made.filter(pl.col("quantity") != 0).sort(PLACE).equals(end.sort(PLACE))


def test_profit_takes_the_newest_cost_by_the_day(root: Path) -> None:
    """Its lines are those sold, each with the cost that the newest bill set by then; sums are those of the lines."""
    lines = rows(root, "fact_sales_lines_profit")
    sold = pl.concat([rows(root, name)["revenue"] for name in ("fact_sales", "fact_invoice_sales")]).sum()
    assert lines["revenue_tax_in"].sum() == pytest.approx(sold)
    events = rows(root, "fact_product_cost_events").sort("date", "source_move_id", "source_move_line_id")
    for day in DAYS:
        newest = events.filter(pl.col("date") <= day).unique("product_id", keep="last")
        of_day = lines.filter(pl.col("date") == day).join(newest, on="product_id", how="left")
        assert of_day["cost_unit_tax_in"].equals(of_day["cost_unit_tax_in_right"], null_equal=True)
    sums = rows(root, "agg_profit_daily")
    assert sums["revenue_tax_in"].sum() == pytest.approx(sold)
    assert sums["gross_profit"].sum() == pytest.approx(lines["gross_profit"].sum())
    assert rows(root, "agg_profit_daily_by_product")["cogs_tax_in"].sum() == pytest.approx(
        sums["cogs_tax_in"].sum()
    )
    assert lines["cost_unit_tax_in"].null_count() < lines.height * 0.2


def test_validation_finds_nothing_but_that_there_is_no_ledger(root: Path) -> None:
    """`nk validate` takes it for a lake of ours."""
    around = Surroundings(Layout(root), lambda: None, ZONE, False, datetime(2026, 7, 2, tzinfo=UTC))
    report = validate(around, Scope(places(), None, None, everywhere=True))
    assert report.files == len(FACTS) * len(DAYS) + len(DIMENSIONS)
    assert [finding.kind for finding in report.findings] == ["no-ledger"]


def test_the_same_seed_makes_the_same_bytes_and_another_seed_others(root: Path, tmp_path: Path) -> None:
    """Some datasets alone are as they are with all others."""
    write_lake(tmp_path / "same", TINY, last_day=LAST, datasets=["stock-quants", "profit", "dimensions"])
    whole, same = digest(root), digest(tmp_path / "same")
    assert len(same) == 4 * len(DAYS) + len(DIMENSIONS)
    assert all(whole[path] == content for path, content in same.items())
    write_lake(tmp_path / "other", TINY, last_day=LAST, seed=8, datasets=["pos"])
    assert all(whole[path] != content for path, content in digest(tmp_path / "other").items())


def test_a_day_written_again_is_of_its_version_and_a_little_different(tmp_path: Path) -> None:
    """All tables of the day agree on which orders are missing; an older version changes nothing."""
    scale = Scale("tiny", 3, 300, 200)
    day = LAST - timedelta(days=1)
    write_lake(tmp_path, scale, last_day=LAST)
    before = rows(tmp_path, "fact_sales", day)
    version = version_of(day) + 3_600_000_000
    write_day(tmp_path, scale, day, version, last_day=LAST)
    write_day(tmp_path, scale, day, version - 1, last_day=LAST)
    after = rows(tmp_path, "fact_sales", day)
    assert 0.9 * before.height < after.height < before.height
    assert after.join(before, on=after.columns, how="anti", nulls_equal=True).is_empty()
    profit = rows(tmp_path, "fact_sales_lines_profit", day).filter(pl.col("source") == "pos")
    assert profit["line_id"].to_list() == after["line_id"].to_list()
    assert set(rows(tmp_path, "fact_payments", day)["order_id"]) == set(after["order_id"])
    reloaded = {"pos", "invoice-sales", "inventory-moves", "profit"}
    for table in FACTS:
        stamp = read_stamp(Layout(tmp_path).star(table.name, day))
        assert stamp is not None
        assert stamp.version == (version if table.dataset in reloaded else version_of(day))


def test_a_lake_is_made_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second time it is the one of the first; what was begun and not ended is made anew."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    small = Scale("small", 1, 5, 20)
    root = lake_for(small)
    sales = Layout(root).star("fact_sales", LAST)
    written = sales.stat().st_mtime_ns
    assert lake_for(small) == root
    assert sales.stat().st_mtime_ns == written
    (root / ".complete").unlink()
    assert lake_for(small) == root
    assert sales.stat().st_mtime_ns > written


def test_every_daily_dataset_is_made() -> None:
    """A dataset that is added to the registry is added here, too."""
    made = {"pos", "invoice-sales", "purchases", "inventory-moves", "stock-quants", "profit"}
    assert {dataset.name for dataset in REGISTRY if dataset.kind == "daily"} == made
