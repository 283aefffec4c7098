"""Requests to rebuild: what is written, what is told, and what is left alone."""

from __future__ import annotations

import asyncio
import os
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from nk_common.datasets import by_name
from nk_common.errors import NotDerivableError, TransientError
from nk_common.events.stages import DayLoaded
from nk_common.events.topics import DAY_LOADED
from nk_common.lake.reader import read_table
from nk_common.lake.writer import Stamp, write_table
from support.damage import DAMAGES, Damage
from support.lake_factory import Row, sale, table_of
from support.rebuilding import AT, Rebuilder

MON, TUE = date(2026, 1, 5), date(2026, 1, 6)
PROFIT = ("fact_sales_lines_profit", "agg_profit_daily", "agg_profit_daily_by_product")
STOCK = "fact_stock_on_hand_snapshot"


@pytest.fixture
def loader(tmp_path: Path) -> Rebuilder:
    """Tuesday has one sale; what was sold was bought on Monday."""
    loader = Rebuilder(tmp_path)
    loader.lake.sales(TUE, sale(order=1, revenue=100.0, quantity=2.0))
    buy(loader, 30.0, version=1)
    return loader


def buy(loader: Rebuilder, cost: float, version: int) -> None:
    event = {"product_id": 1, "cost_unit_tax_in": cost, "source_move_id": 5, "source_move_line_id": 50}
    loader.lake.day("purchases", MON, {"fact_product_cost_events": [event]}, version=version)


def profit(loader: Rebuilder) -> list[float]:
    rows = read_table(loader.lake.layout.star("agg_profit_daily", TUE)).to_pylist()
    return [row["gross_profit"] for row in rows]


def versions(loader: Rebuilder) -> list[int | None]:
    """Of the star files of Tuesday's profit."""
    stamps = [loader.stamp(table, TUE) for table in PROFIT]
    return [stamp.version if stamp else None for stamp in stamps]


def clean(loader: Rebuilder, dataset: str, *tables: list[Row], version: int) -> None:
    """What the cleaner left of Tuesday."""
    for table, rows in zip(by_name(dataset).clean, tables, strict=True):
        path = loader.lake.layout.clean(table.name, TUE)
        write_table(path, table_of(table.schema, rows), table.schema, Stamp(version, "clean-run", AT))


async def test_a_derived_day_is_written_and_told(loader: Rebuilder) -> None:
    await loader.rebuild(10, TUE)
    assert profit(loader) == [40.0]
    assert versions(loader) == [10] * 3
    event = DayLoaded.model_validate_json(loader.bus.on(DAY_LOADED)[0].body)
    assert [table.name for table in event.tables] == list(PROFIT)
    assert (event.totals.documents, event.totals.lines, event.totals.quantity, event.totals.amount) == (
        1,
        1,
        2.0,
        100.0,
    )
    (report,) = loader.bus.reports()
    assert (report.stage, report.outcome, report.dataset, report.day) == ("load", "completed", "profit", TUE)
    assert report.as_of == event.as_of == datetime(2026, 1, 6, 18, tzinfo=UTC)


async def test_unchanged_content_is_not_written_but_its_version_is_reported(loader: Rebuilder) -> None:
    await loader.rebuild(10, TUE)
    before = [loader.lake.layout.star(name, TUE).stat().st_ino for name in PROFIT]
    loader.told()
    await loader.rebuild(11, TUE)
    assert loader.told() == ([], [11])
    assert versions(loader) == [10] * 3
    assert before == [loader.lake.layout.star(name, TUE).stat().st_ino for name in PROFIT]


async def test_changed_content_is_written_under_the_new_version(loader: Rebuilder) -> None:
    await loader.rebuild(10, TUE)
    buy(loader, 35.0, version=2)
    loader.told()
    await loader.rebuild(11, TUE)
    assert loader.told() == ([11], [11])
    assert (profit(loader), versions(loader)) == ([30.0], [11] * 3)


async def test_an_unchanged_day_is_written_when_it_was_part_of_a_day_and_is_the_whole_now(
    loader: Rebuilder,
) -> None:
    """17:00 UTC is midnight in Jakarta. What reads the lake knows of it by the file alone."""
    moments = [(6, 11, 0), (6, 16, 59), (6, 17, 0), (7, 0, 0)]
    early, late, over, next_day = (datetime(2026, 1, *moment, tzinfo=UTC) for moment in moments)
    written = []
    for version, as_of in enumerate((early, late, over, next_day), 10):
        loader.lake.sales(TUE, sale(order=1, revenue=100.0), as_of=as_of, version=2**60 + version)
        await loader.rebuild(version, TUE)
        stamp = loader.stamp(PROFIT[0], TUE)
        assert stamp is not None
        written.append((versions(loader), stamp.as_of, loader.told()))
    assert written == [
        ([10] * 3, early, ([10], [10])),
        ([10] * 3, early, ([], [11])),
        ([12] * 3, over, ([12], [12])),
        ([12] * 3, over, ([], [13])),
    ]


async def test_a_redelivered_request_is_told_again(loader: Rebuilder) -> None:
    """The first time may have ended between the write and the news."""
    await loader.rebuild(10, TUE)
    loader.told()
    await loader.rebuild(10, TUE)
    assert loader.told() == ([10], [10])


async def test_an_older_request_is_superseded_and_says_nothing(loader: Rebuilder) -> None:
    await loader.rebuild(10, TUE)
    loader.told()
    buy(loader, 35.0, version=2)
    await loader.rebuild(9, TUE)
    assert loader.told() == ([], [])
    assert (profit(loader), versions(loader)) == ([40.0], [10] * 3)


async def test_a_half_written_day_is_completed(loader: Rebuilder) -> None:
    """Killed between two tables: one is new, two are old; a reader takes neither."""
    await loader.rebuild(10, TUE)
    buy(loader, 35.0, version=2)
    await loader.rebuild(11, TUE)
    for name in PROFIT[1:]:
        loader.lake.layout.star(name, TUE).unlink()
    loader.told()
    await loader.rebuild(11, TUE)
    assert (versions(loader), profit(loader), loader.told()) == ([11] * 3, [30.0], ([11], [11]))
    loader.lake.layout.star(PROFIT[2], TUE).write_bytes(b"PAR1 cut")
    await loader.rebuild(12, TUE)
    assert versions(loader) == [12] * 3


async def test_an_empty_day_is_loaded_empty(loader: Rebuilder) -> None:
    loader.lake.sales(MON)
    await loader.rebuild(10, MON)
    stamp = loader.stamp("agg_profit_daily", MON)
    assert stamp is not None
    assert (stamp.rows, loader.told()) == (0, ([10], [10]))


@pytest.mark.parametrize(("dataset", "day"), [("pos", TUE), ("products", None), ("profit", None)])
async def test_what_comes_from_odoo_cannot_be_derived(
    loader: Rebuilder, dataset: str, day: date | None
) -> None:
    with pytest.raises(NotDerivableError, match="nothing to derive it from"):
        await loader.rebuild(10, day, dataset)


async def test_cleaning_is_not_for_the_loader(loader: Rebuilder) -> None:
    await loader.rebuild(10, TUE, "pos", stage="clean")
    assert loader.told() == ([], [])


async def test_many_loaders_at_once_end_in_one_version(loader: Rebuilder) -> None:
    others = [Rebuilder(loader.lake.root) for _ in range(4)]
    await asyncio.gather(*(other.rebuild(10 + n % 2, TUE) for n, other in enumerate(others)))
    assert len(set(versions(loader))) == 1
    assert profit(loader) == [40.0]


# --- stock ------------------------------------------------------------------------------------------------


def quant(number: int, quantity: float, **other: Any) -> Row:
    return {"quant_id": number, "product_id": 1, "location_id": 8, "quantity": quantity, **other}


@pytest.fixture
def shop(tmp_path: Path) -> Rebuilder:
    """A snapshot of Wednesday, nothing moved since Tuesday."""
    loader, wednesday = Rebuilder(tmp_path), date(2026, 1, 7)
    loader.lake.dimensions()
    row = quant(1, 10.0, taken_at=datetime(2026, 1, 7, 14))
    loader.lake.day("stock-quants", wednesday, {STOCK: [row]}, as_of="2026-01-07T14:00+07:00")
    loader.lake.day("inventory-moves", wednesday, {})
    return loader


def stock(loader: Rebuilder) -> list[tuple[float, bool]]:
    rows = read_table(loader.lake.layout.star(STOCK, TUE)).to_pylist()
    return [(row["quantity"], row["reconstructed"]) for row in rows]


async def test_a_past_day_of_stock_is_reconstructed(shop: Rebuilder) -> None:
    await shop.rebuild(10, TUE, "stock-quants")
    assert (stock(shop), shop.told()) == ([(10.0, True)], ([10], [10]))
    stamp = shop.stamp(STOCK, TUE)
    assert stamp is not None
    assert stamp.as_of == datetime(2026, 1, 7, 7, tzinfo=UTC)


async def test_rule_12_a_snapshot_is_never_replaced_by_a_reconstruction(shop: Rebuilder) -> None:
    row = quant(1, 4.0, taken_at=datetime(2026, 1, 6, 20))
    shop.lake.day("stock-quants", TUE, {STOCK: [row]}, version=5)
    await shop.rebuild(10, TUE, "stock-quants")
    stamp = shop.stamp(STOCK, TUE)
    assert stamp is not None
    assert (stock(shop), stamp.version, shop.told()) == ([(4.0, False)], 5, ([], [10]))


async def test_rule_12_a_snapshot_that_is_cleaned_already_goes_before_a_reconstruction(
    shop: Rebuilder,
) -> None:
    clean(shop, "stock-quants", [quant(1, 4.0, taken_at=datetime(2026, 1, 6, 20))], version=5)
    await shop.rebuild(10, TUE, "stock-quants")
    assert (stock(shop), shop.told()) == ([(4.0, False)], ([10], [10]))


@pytest.mark.parametrize("damage", DAMAGES)
async def test_a_damaged_reconstruction_is_made_anew(shop: Rebuilder, damage: Damage) -> None:
    await shop.rebuild(10, TUE, "stock-quants")
    damage(shop.lake.layout.star(STOCK, TUE))
    shop.told()
    await shop.rebuild(11, TUE, "stock-quants")
    assert (stock(shop), shop.told()) == ([(10.0, True)], ([11], [11]))


@pytest.mark.parametrize("seen", [False, True])
@pytest.mark.parametrize("damage", DAMAGES)
async def test_rule_12_a_damaged_snapshot_is_loaded_again_and_not_reconstructed(
    shop: Rebuilder, damage: Damage, seen: bool
) -> None:
    """Also when the loader had read the file before it was damaged."""
    row = quant(1, 4.0, taken_at=datetime(2026, 1, 6, 20))
    clean(shop, "stock-quants", [row], version=5)
    shop.lake.day("stock-quants", TUE, {STOCK: [row]}, version=5)
    if seen:
        await shop.rebuild(10, TUE, "stock-quants")
    path = shop.lake.layout.star(STOCK, TUE)
    before = path.stat()
    damage(path)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    shop.told()
    await shop.rebuild(11, TUE, "stock-quants")
    assert (stock(shop), shop.told()) == ([(4.0, False)], ([11], [11]))


async def test_what_is_missing_is_said(shop: Rebuilder) -> None:
    with pytest.raises(NotDerivableError, match="no later snapshot"):
        await shop.rebuild(2**60, date(2026, 1, 8), "stock-quants")
    assert shop.told() == ([], [])


# --- loading again ----------------------------------------------------------------------------------------


def pos_line(line: int, revenue: float) -> Row:
    return {"line_id": line, "order_id": line, "date": datetime(2026, 1, 6, 9), "product_id": 1, "quantity": 1.0,
            "revenue": revenue}  # fmt: skip


def sold(loader: Rebuilder) -> list[float]:
    rows = read_table(loader.lake.layout.star("fact_sales", TUE)).to_pylist()
    return [row["revenue"] for row in rows]


async def test_a_day_is_loaded_again_from_clean_under_the_version_asked_for(tmp_path: Path) -> None:
    loader = Rebuilder(tmp_path)
    clean(loader, "pos", [pos_line(1, 50.0), pos_line(2, 70.0)], [], version=5)
    await loader.rebuild(10, TUE, "pos", stage="load")
    assert sold(loader) == [50.0, 70.0]
    event = DayLoaded.model_validate_json(loader.bus.on(DAY_LOADED)[0].body)
    assert (event.version, event.as_of, event.run_id, event.rejected) == (10, AT, "run-10", 0)
    assert (event.totals.documents, event.totals.lines, event.totals.amount) == (2, 2, 120.0)
    stamp = loader.stamp("fact_sales", TUE)
    assert stamp is not None
    assert (stamp.version, stamp.as_of, stamp.run) == (10, AT, "run-10")
    assert loader.told() == ([10], [10])


async def test_rejected_rows_of_that_version_are_counted(tmp_path: Path) -> None:
    loader, schema = Rebuilder(tmp_path), pa.schema([("reason", pa.string())])
    clean(loader, "pos", [pos_line(1, 50.0)], [], version=5)
    for table, version, rows in (("pos_order_lines", 5, 3), ("pos_payments", 4, 2)):
        rejected = pa.table({"reason": ["no product"] * rows}, schema)
        write_table(loader.lake.layout.rejected(table, TUE), rejected, schema, Stamp(version, "run"))
    await loader.rebuild(10, TUE, "pos", stage="load")
    assert [report.rejected for report in loader.bus.reports()] == [3]


async def test_loading_again_leaves_a_newer_day_alone(tmp_path: Path) -> None:
    loader = Rebuilder(tmp_path)
    loader.lake.sales(TUE, sale(order=1, revenue=99.0), version=11)
    clean(loader, "pos", [pos_line(1, 50.0)], [], version=5)
    await loader.rebuild(10, TUE, "pos", stage="load")
    assert (sold(loader), loader.told()) == ([99.0], ([], []))


async def test_a_newer_clean_day_has_an_event_of_its_own(tmp_path: Path) -> None:
    loader = Rebuilder(tmp_path)
    clean(loader, "pos", [pos_line(1, 50.0)], [], version=11)
    await loader.rebuild(10, TUE, "pos", stage="load")
    assert loader.told() == ([], [])
    assert loader.stamp("fact_sales", TUE) is None


async def test_a_clean_day_that_is_being_replaced_is_waited_for(tmp_path: Path) -> None:
    loader = Rebuilder(tmp_path)
    with pytest.raises(TransientError, match="does not hold one version"):
        await loader.rebuild(10, TUE, "pos", stage="load")
    clean(loader, "pos", [pos_line(1, 50.0)], [], version=5)
    payments = by_name("pos").clean_table("pos_payments")
    path = loader.lake.layout.clean(payments.name, TUE)
    write_table(path, table_of(payments.schema, []), payments.schema, Stamp(6, "run", AT))
    with pytest.raises(TransientError, match="does not hold one version"):
        await loader.rebuild(10, TUE, "pos", stage="load")
