"""A cleaned day that comes late, twice or behind something newer: what is written, and what is told."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from nk_common.datasets import by_name
from nk_common.events.base import Totals
from nk_common.events.stages import DayCleaned, DayLoaded
from nk_common.events.topics import DAY_LOADED
from nk_common.lake.reader import read_stamp, read_table
from nk_common.lake.writer import Stamp, write_table
from nk_common.observability import Metrics
from nk_common.star import tables_of
from nk_loader.registry import BUILDS
from nk_loader.service import LoadingService, one_at_a_time
from nk_loader.settings import LoaderSettings
from support.clock import SetClock
from support.lake_factory import LakeFactory, Row, sale, table_of
from support.publisher import RecordingPublisher

TUE = date(2026, 1, 6)
EVENING = datetime(2026, 1, 6, 13, tzinfo=UTC)
"""20:00 of TUE in Jakarta."""
STOCK = "fact_stock_on_hand_snapshot"


class Loader:
    """A loading service on the lake at `root`, with what it tells."""

    def __init__(self, root: Path) -> None:
        self.lake, self.bus = LakeFactory(root), RecordingPublisher()
        settings = LoaderSettings.model_validate({"data_lake_root": root, "timezone": "Asia/Jakarta"})
        self.service = LoadingService(settings, BUILDS, self.bus, SetClock(EVENING), Metrics())

    def clean(self, dataset: str, *tables: Sequence[Row], version: int, run: str = "run") -> DayCleaned:
        """Tuesday as the cleaner leaves it, and its event."""
        written = {}
        for table, rows in zip(by_name(dataset).clean, tables, strict=True):
            written[table.name] = table_of(table.schema, rows)
            path = self.lake.layout.clean(table.name, TUE)
            write_table(path, written[table.name], table.schema, Stamp(version, run, EVENING))
        totals = Totals(**by_name(dataset).totals(written, "clean")._asdict())
        return DayCleaned(
            dataset=dataset, day=TUE, run_id=run, requested_at=EVENING, version=version, as_of=EVENING,
            tables=(), totals=totals, rejected=0,
        )  # fmt: skip

    def told(self) -> tuple[list[int], list[int | None]]:
        """Versions of events and of reports, since the last call."""
        events = [DayLoaded.model_validate_json(sent.body).version for sent in self.bus.on(DAY_LOADED)]
        reports = [report.version for report in self.bus.reports()]
        self.bus.sent.clear()
        return events, reports

    def versions(self, dataset: str) -> list[int]:
        stamps = [read_stamp(self.lake.layout.star(table.name, TUE)) for table in tables_of(dataset)]
        return [stamp.version for stamp in stamps if stamp]

    def stock(self) -> list[tuple[float, bool]]:
        rows = read_table(self.lake.layout.star(STOCK, TUE)).to_pylist()
        return [(row["quantity"], row["reconstructed"]) for row in rows]


@pytest.fixture
def loader(tmp_path: Path) -> Loader:
    return Loader(tmp_path)


def line(revenue: float) -> Row:
    return {"line_id": 1, "order_id": 1, "date": datetime(2026, 1, 6, 9), "quantity": 1.0, "revenue": revenue}


async def test_a_redelivered_day_is_told_again(loader: Loader) -> None:
    """The first time may have ended between the write and the news."""
    event = loader.clean("pos", [line(50.0)], [], version=5)
    await loader.service.load(event)
    assert loader.told() == ([5], [5])
    await loader.service.load(event)
    assert (loader.told(), loader.versions("pos")) == (([5], [5]), [5, 5])


async def test_behind_a_newer_day_nothing_is_told(loader: Loader) -> None:
    event = loader.clean("pos", [line(50.0)], [], version=5)
    loader.lake.sales(TUE, sale(order=1, revenue=99.0), version=6)
    await loader.service.load(event)
    assert (loader.told(), loader.versions("pos")) == (([], []), [6, 6])


async def test_overtaken_between_two_tables_nothing_is_told(loader: Loader) -> None:
    """The newer one is about to write the second table, and tells when it has."""
    event = loader.clean("pos", [line(50.0)], [], version=5)
    loader.lake.sales(TUE, sale(order=1, revenue=99.0), version=6)
    loader.lake.layout.star("fact_payments", TUE).unlink()
    await loader.service.load(event)
    assert (loader.told(), loader.versions("pos")) == (([], []), [6, 5])


# --- rule 12: a snapshot goes before a reconstruction -----------------------------------------------------


def quant(quantity: float, **other: object) -> Row:
    taken = datetime(2026, 1, 6, 20)
    return {
        "quant_id": 1,
        "product_id": 1,
        "location_id": 8,
        "quantity": quantity,
        "taken_at": taken,
        **other,
    }


def reconstructed(loader: Loader, *rows: Row, version: int) -> None:
    """Tuesday, from a snapshot of Wednesday 14:00."""
    loader.lake.day("stock-quants", TUE, {STOCK: rows}, version=version, as_of="2026-01-07T14:00+07:00")


@pytest.mark.parametrize("rows", [[quant(9.0, reconstructed=True)], []], ids=["some", "none"])
async def test_a_snapshot_wins_over_a_newer_reconstruction(loader: Loader, rows: list[Row]) -> None:
    """Also over one of an empty shop, which has no rows that could say what it is."""
    event = loader.clean("stock-quants", [quant(4.0)], version=5)
    reconstructed(loader, *rows, version=20)
    await loader.service.load(event)
    assert (loader.stock(), loader.versions("stock-quants")) == ([(4.0, False)], [21])
    assert loader.told() == ([21], [21])


async def test_a_snapshot_waits_for_the_reconstruction_that_is_being_made(loader: Loader) -> None:
    """It would be overwritten by it otherwise."""
    event = loader.clean("stock-quants", [quant(4.0)], version=5)
    with one_at_a_time(loader.lake.layout, event.partition):
        loading = asyncio.create_task(loader.service.load(event))
        await asyncio.sleep(0.2)
        assert not loading.done()
        reconstructed(loader, quant(9.0, reconstructed=True), version=20)
    await loading
    assert (loader.stock(), loader.told()) == ([(4.0, False)], ([21], [21]))


async def test_redelivered_it_is_told_again_in_the_same_version(loader: Loader) -> None:
    event = loader.clean("stock-quants", [quant(4.0)], version=5)
    reconstructed(loader, version=20)
    await loader.service.load(event)
    loader.told()
    await loader.service.load(event)
    assert (loader.told(), loader.versions("stock-quants")) == (([21], [21]), [21])


async def test_a_newer_snapshot_of_the_same_day_stays(loader: Loader) -> None:
    event = loader.clean("stock-quants", [quant(4.0)], version=5)
    loader.lake.day("stock-quants", TUE, {STOCK: [quant(7.0)]}, version=20, as_of="2026-01-06T23:59+07:00")
    await loader.service.load(event)
    assert (loader.stock(), loader.told()) == ([(7.0, False)], ([], []))


async def test_a_newer_snapshot_needs_no_other_version(loader: Loader) -> None:
    reconstructed(loader, quant(9.0, reconstructed=True), version=4)
    await loader.service.load(loader.clean("stock-quants", [quant(4.0)], version=5))
    assert (loader.stock(), loader.told()) == ([(4.0, False)], ([5], [5]))
