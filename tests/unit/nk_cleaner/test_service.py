"""The cleaning service: chunks in any order, twice, late; the same files in the end."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nk_cleaner.service import CleaningService
from nk_cleaner.settings import CleanerSettings
from nk_cleaner.transforms import TRANSFORMS
from nk_common.datasets.base import PartitionKey
from nk_common.datasets.pos import RAW_LINES, RAW_ORDERS, RAW_PAYMENTS
from nk_common.errors import ControlTotalsError, DiskError, TooManyRejectsError
from nk_common.events.base import Totals
from nk_common.events.raw import RawChunk, Summary, split
from nk_common.events.stages import DayCleaned
from nk_common.events.topics import DAY_CLEANED
from nk_common.lake.layout import Layout
from nk_common.lake.reader import read_stamp
from nk_common.observability import Metrics
from nk_extractor.extract.pos import totals
from nk_extractor.odoo.columns import to_table
from support.clock import SetClock
from support.fake_odoo import line, order, payment
from support.publisher import RecordingPublisher

DAY = PartitionKey("pos", date(2026, 1, 6))
AT = datetime(2026, 1, 7, tzinfo=UTC)


def service(lake: Path, bus: RecordingPublisher) -> CleaningService:
    settings = CleanerSettings.model_validate({"data_lake_root": lake, "timezone": "Asia/Jakarta"})
    return CleaningService(settings, TRANSFORMS, bus, SetClock(AT), Metrics())


def raw_tables(orders: int, bad_lines: int = 0) -> dict[str, pa.Table]:
    ids = range(1, orders + 1)
    lines = [line(n * 10, n) | ({"product_id": False} if n <= bad_lines else {}) for n in ids]
    return {
        "pos_orders": to_table([order(n, "2026-01-06 03:00:00") for n in ids], RAW_ORDERS.schema),
        "pos_order_lines": to_table(lines, RAW_LINES.schema, {"extra_discount": "x_studio_discount_amount"}),
        "pos_payments": to_table([payment(n * 100, n) for n in ids], RAW_PAYMENTS.schema),
    }


def chunks(tables: dict[str, pa.Table], version: int = 1, limit: int = 4000) -> list[RawChunk]:
    pieces = [(name, piece) for name, table in tables.items() for piece, _ in split(table, limit)]
    counted = Totals(**totals(**tables)._asdict())
    summary = Summary({name: table.num_rows for name, table in tables.items()}, counted)
    return [
        RawChunk(DAY, "run", version, AT, AT, name, n, piece, summary if n == len(pieces) - 1 else None)
        for n, (name, piece) in enumerate(pieces)
    ]


def clean_lines(lake: Path) -> pl.DataFrame:
    return pl.read_parquet(Layout(lake).clean("pos_order_lines", DAY.day))


async def test_a_day_in_several_chunks_becomes_raw_clean_and_one_event(tmp_path: Path) -> None:
    bus = RecordingPublisher()
    cleaner, parts = service(tmp_path, bus), chunks(raw_tables(40))
    assert len(parts) > 3
    for chunk in parts:
        await cleaner.accept(chunk)
    event = DayCleaned.model_validate_json(bus.on(DAY_CLEANED)[0].body)
    assert (event.totals.lines, event.rejected, clean_lines(tmp_path).height) == (40, 0, 40)
    assert len(bus.on(DAY_CLEANED)) == 1
    assert not list((tmp_path / "raw" / "_staging").rglob("*.arrow"))
    stamp = read_stamp(Layout(tmp_path).raw("pos_orders", DAY.day))
    assert stamp is not None
    assert (stamp.version, stamp.rows) == (1, 40)


@given(data=st.data())
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_any_order_and_repetition_of_deliveries_ends_the_same(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    """Two versions of a day, their chunks delivered again and across each other, all the last ones at the end
    once more (as a broker does that was not told of the acknowledgement): the newer version stands."""
    lake, bus = tmp_path_factory.mktemp("lake"), RecordingPublisher()
    cleaner = service(lake, bus)
    old, new = chunks(raw_tables(30), 1), chunks(raw_tables(40), 2)
    deliveries = data.draw(st.permutations([*old, *new, *data.draw(st.lists(st.sampled_from(old + new)))]))
    for chunk in [*deliveries, *old, *new]:
        await cleaner.accept(chunk)
    assert clean_lines(lake).height == 40
    assert clean_lines(lake)["line_id"].is_unique().all()


async def test_a_crash_before_the_event_is_out_repeats_it_and_changes_nothing(tmp_path: Path) -> None:
    """Killed after writing and before publishing: the last chunk comes again, and the others are still there."""
    dead, alive = RecordingPublisher(error=RuntimeError("killed")), RecordingPublisher()
    parts = chunks(raw_tables(40))
    with pytest.raises(RuntimeError, match="killed"):
        for chunk in parts:
            await service(tmp_path, dead).accept(chunk)
    assert clean_lines(tmp_path).height == 40
    await service(tmp_path, alive).accept(parts[-1])
    assert len(alive.on(DAY_CLEANED)) == 1
    assert clean_lines(tmp_path).height == 40


async def test_a_last_chunk_that_comes_alone_takes_no_others_away(tmp_path: Path) -> None:
    """Without the rest the day is not complete: nothing is written, and what is staged stays."""
    bus, parts = RecordingPublisher(), chunks(raw_tables(40))
    await service(tmp_path, bus).accept(parts[0])
    await service(tmp_path, bus).accept(parts[-1])
    assert bus.on(DAY_CLEANED) == []
    for chunk in parts[1:]:
        await service(tmp_path, bus).accept(chunk)
    assert len(bus.on(DAY_CLEANED)) == 1


async def test_rows_that_cannot_be_used_are_kept_counted_and_said(tmp_path: Path) -> None:
    bus = RecordingPublisher()
    for chunk in chunks(raw_tables(400, bad_lines=3)):
        await service(tmp_path, bus).accept(chunk)
    event = DayCleaned.model_validate_json(bus.on(DAY_CLEANED)[0].body)
    kept = pl.read_parquet(Layout(tmp_path).rejected("pos_order_lines", DAY.day))
    assert (event.rejected, event.totals.lines, kept.height) == (3, 397, 3)
    assert set(kept["reason"]) == {"the line has no product"}
    assert bus.reports()[-1].rejected == 3


async def test_too_many_bad_rows_fail_the_day_and_leave_what_was_there(tmp_path: Path) -> None:
    bus = RecordingPublisher()
    for chunk in chunks(raw_tables(40), version=1):
        await service(tmp_path, bus).accept(chunk)
    with pytest.raises(TooManyRejectsError, match=r"9 of 80 rows .*no product.*1%"):
        for chunk in chunks(raw_tables(40, bad_lines=9), version=2):
            await service(tmp_path, bus).accept(chunk)
    assert clean_lines(tmp_path).height == 40


async def test_fewer_rows_than_the_extractor_counted_fail_the_day(tmp_path: Path) -> None:
    tables = raw_tables(4)
    (*parts, last) = chunks(tables, limit=10**6)
    assert last.summary is not None
    lying = RawChunk(
        **{**vars(last), "summary": Summary({**last.summary.rows, "pos_orders": 9}, last.summary.totals)}
    )
    with pytest.raises(ControlTotalsError, match="9"):
        for chunk in [*parts, lying]:
            await service(tmp_path, RecordingPublisher()).accept(chunk)


async def test_another_amount_than_the_extractor_counted_fails_the_day(tmp_path: Path) -> None:
    (*parts, last) = chunks(raw_tables(4), limit=10**6)
    assert last.summary is not None
    wrong = last.summary.totals.model_copy(update={"amount": last.summary.totals.amount + 0.01})
    lying = RawChunk(**{**vars(last), "summary": Summary(last.summary.rows, wrong)})
    with pytest.raises(ControlTotalsError, match="please report"):
        for chunk in [*parts, lying]:
            await service(tmp_path, RecordingPublisher()).accept(chunk)


async def test_a_lake_that_cannot_be_written_is_a_disk_error(tmp_path: Path) -> None:
    (tmp_path / "raw").write_text("a file where a folder should be")
    with pytest.raises(DiskError, match="could not be written"):
        for chunk in chunks(raw_tables(4)):
            await service(tmp_path, RecordingPublisher()).accept(chunk)


async def test_a_reload_takes_older_rejected_rows_away(tmp_path: Path) -> None:
    for version, bad in ((1, 3), (2, 0)):
        for chunk in chunks(raw_tables(400, bad_lines=bad), version=version):
            await service(tmp_path, RecordingPublisher()).accept(chunk)
    assert pl.read_parquet(Layout(tmp_path).rejected("pos_order_lines", DAY.day)).height == 0
