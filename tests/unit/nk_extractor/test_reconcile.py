"""Reconciliation runs against the demo Odoo: what is found, kept in the ledger and asked for again."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from sqlalchemy import Engine

from nk_common.datasets.base import PartitionKey
from nk_common.errors import BadCommandError
from nk_common.events.commands import ReconcileCommand
from nk_common.events.topics import CONTROL, EXTRACT_REQUESTED
from nk_common.lake.reader import read_stamp
from nk_common.lake.writer import Stamp, write_table
from nk_common.ledger.reconciliations import Reconciliations
from nk_common.messaging.delivery import Delivery
from nk_common.star import BY_NAME
from nk_extractor.handlers import on_command
from nk_extractor.reconcile.day import DayComparison
from nk_extractor.reconcile.known_days import of_known_days
from nk_extractor.reconcile.service import ReconcileService
from support.damage import DAMAGES, Damage
from support.demo_lake import DemoLake, demo_lake

D7, D8, D9, D10 = (date(2026, 1, day) for day in (7, 8, 9, 10))
DATASETS = ("pos", "invoice-sales", "purchases", "inventory-moves")


class Reconciling:
    """A service with its lake; `ledger` is where results are kept."""

    def __init__(self, parts: Any, engine: Engine, lake: DemoLake) -> None:
        self.parts, self.lake = parts, lake
        self.ledger = Reconciliations(engine)
        self.planner = parts.planner
        self.service = self.another()

    def another(self) -> ReconcileService:
        """A service as after a restart."""
        comparison = DayComparison(self.lake.settings, self.lake.client)
        return ReconcileService(
            self.lake.settings, comparison, self.ledger, self.parts.reader, self.planner, self.parts.clock,
            patience=timedelta(0),
        )  # fmt: skip

    async def run(self, start: date, end: date, *datasets: str, run_id: str = "r1") -> dict[str, str]:
        """Statuses of the days by `dataset|day`."""
        command = ReconcileCommand(id=run_id, datasets=list(datasets), start=start, end=end)
        await self.service.accept(command)
        await self.service.once(run_id)
        rows = self.ledger.results(run_id)
        return {f"{row.dataset}|{row.day}": row.status for row in rows if row.store_id is None}

    async def asked(self) -> set[str | None]:
        await self.parts.dispatcher.once()
        return {sent.key for sent in self.parts.bus.on(EXTRACT_REQUESTED)}


@pytest.fixture
def lake(parts: Any, tmp_path: Path) -> Iterator[DemoLake]:
    with demo_lake(parts.writer, parts.clock, tmp_path / "lake") as lake:
        yield lake


@pytest.fixture
def reconciling(parts: Any, engine: Engine, lake: DemoLake) -> Reconciling:
    return Reconciling(parts, engine, lake)


def keys(*days: date, dataset: str = "pos") -> list[PartitionKey]:
    return [PartitionKey(dataset, day) for day in days]


def spoil(lake: DemoLake, day: date, order: int, by: float) -> None:
    """Change the revenue of an order's first line in the lake, where no reload would notice."""
    path = lake.layout.star("fact_sales", day)
    table, stamp = pq.ParquetFile(path).read(), read_stamp(path)
    assert stamp is not None
    first = pc.index(table["order_id"], order).as_py()
    revenue = table["revenue"].to_pylist()
    revenue[first] += by
    place = table.schema.get_field_index("revenue")
    field = table.schema.field("revenue")
    changed = table.set_column(place, field, pa.array(revenue, field.type))
    write_table(path, changed, BY_NAME["fact_sales"].schema, Stamp(stamp.version + 1, "t", stamp.as_of))
    other = lake.layout.star("fact_payments", day)
    write_table(
        other, pq.ParquetFile(other).read(), BY_NAME["fact_payments"].schema,
        Stamp(stamp.version + 1, "t", stamp.as_of),
    )  # fmt: skip


async def test_a_lake_that_is_odoo_is_proven(lake: DemoLake, reconciling: Reconciling) -> None:
    """Every dataset, over three days; nothing is asked for."""
    for dataset in DATASETS:
        lake.load(*keys(D7, D8, D9, dataset=dataset))
    found = await reconciling.run(D7, D9, *DATASETS)
    assert set(found.values()) == {"equal"}, found
    assert len(found) == 12
    assert await reconciling.asked() == set()
    run = reconciling.ledger.one("r1")
    assert run is not None
    assert (run.run.state, run.counts, run.is_proof) == ("done", {"equal": 12}, True)


async def test_stock_is_compared_today_and_no_other_day(lake: DemoLake, reconciling: Reconciling) -> None:
    """Odoo tells stock of this moment only: past days are the lake's own reckoning."""
    lake.load(*keys(D10, dataset="stock-quants"))
    assert await reconciling.run(D9, D10, "stock-quants") == {"stock-quants|2026-01-10": "equal"}
    (row,) = reconciling.ledger.results("r1")
    assert row.odoo is not None
    assert (row.odoo["documents"] or 0) > 0


async def test_a_day_costs_few_calls(lake: DemoLake, reconciling: Reconciling) -> None:
    """Orders, lines, payments; one call for each other dataset. What fields there are is known already."""
    for dataset in DATASETS:
        lake.load(*keys(D8, D9, dataset=dataset))
    await reconciling.run(D8, D8, *DATASETS)
    lake.calls.clear()
    await reconciling.run(D9, D9, *DATASETS, run_id="r2")
    assert sorted(lake.calls) == [
        ("account.move.line", "read_group"),
        ("account.move.line", "read_group"),
        ("pos.order", "search_read"),
        ("pos.order.line", "read_group"),
        ("pos.payment", "read_group"),
        ("stock.move.line", "read_group"),
    ]


async def test_a_wrong_amount_is_found_in_its_store(lake: DemoLake, reconciling: Reconciling) -> None:
    lake.load(*keys(D7, D8))
    order = lake.orders(D8)[2]
    spoil(lake, D8, order, 1000.0)
    found = await reconciling.run(D7, D8, "pos")
    assert found == {"pos|2026-01-07": "equal", "pos|2026-01-08": "different"}
    rows = [row for row in reconciling.ledger.results("r1") if row.day == "2026-01-08"]
    day, *stores = rows
    assert (day.store_id, day.differing, day.document_ids) == (None, 1, [order])
    assert day.odoo is not None
    assert day.lake is not None
    assert (day.lake["amount"] or 0) - (day.odoo["amount"] or 0) == pytest.approx(1000.0)
    assert sorted(row.status for row in stores) == ["different", "equal"]
    assert await reconciling.asked() == {"pos|2026-01-08"}
    row = reconciling.parts.reader.partition(PartitionKey("pos", D8))
    assert (row.state, row.reason, row.run_id) == ("requested", "reconciliation", "r1")


@pytest.mark.parametrize(
    ("dataset", "table", "document"),
    [
        ("invoice-sales", "fact_invoice_sales", "move_id"),
        ("purchases", "fact_purchases", "move_id"),
        ("inventory-moves", "fact_inventory_moves", "move_id"),
    ],
)
async def test_a_line_that_the_lake_lost_is_found(
    dataset: str, table: str, document: str, lake: DemoLake, reconciling: Reconciling
) -> None:
    """In its document, on the first day that has any."""
    for day in (D9 - timedelta(days=n) for n in range(10)):
        lake.load(*keys(day, dataset=dataset))
        path = lake.layout.star(table, day)
        if pq.ParquetFile(path).metadata.num_rows:
            break
    rows, stamp = pq.ParquetFile(path).read(), read_stamp(path)
    assert stamp is not None
    fewer = Stamp(stamp.version + 1, "t", stamp.as_of)
    write_table(path, rows.slice(1), BY_NAME[table].schema, fewer)
    assert await reconciling.run(day, day, dataset) == {f"{dataset}|{day}": "different"}
    (row,) = reconciling.ledger.results("r1")
    assert row.document_ids == [rows[document][0].as_py()]
    assert await reconciling.asked() == {f"{dataset}|{day}"}


async def test_a_deleted_order_is_found(lake: DemoLake, reconciling: Reconciling) -> None:
    lake.load(*keys(D8))
    order = lake.orders(D8)[0]
    lake.server.world.delete(order)
    assert await reconciling.run(D8, D8, "pos") == {"pos|2026-01-08": "different"}
    assert reconciling.ledger.results("r1")[0].document_ids == [order]


async def test_missing_is_not_empty(lake: DemoLake, reconciling: Reconciling) -> None:
    """The shop is closed on the 15th of December 2025: an empty day that is loaded is equal."""
    closed = date(2025, 12, 15)
    assert lake.orders(closed) == []
    lake.load(*keys(closed))
    found = await reconciling.run(closed, closed + timedelta(days=1), "pos")
    assert list(found.values()) == ["equal", "missing"]
    assert await reconciling.asked() == {f"pos|{closed + timedelta(days=1)}"}


@pytest.mark.parametrize("damage", DAMAGES)
async def test_a_damaged_day_is_missing_and_read_again(
    lake: DemoLake, reconciling: Reconciling, damage: Damage
) -> None:
    """The other days are compared all the same."""
    lake.load(*keys(D7, D8, D9))
    damage(lake.layout.star("fact_sales", D8))
    found = await reconciling.run(D7, D9, "pos")
    assert list(found.values()) == ["equal", "missing", "equal"]
    assert await reconciling.asked() == {"pos|2026-01-08"}
    run = reconciling.ledger.one("r1")
    assert run is not None
    assert (run.run.state, run.run.error) == ("done", None)


async def test_a_day_on_its_way_is_not_asked_for_again(lake: DemoLake, reconciling: Reconciling) -> None:
    """Missing, because it is just being loaded."""
    lake.request(*keys(D8))
    assert await reconciling.asked() == {"pos|2026-01-08"}
    reconciling.parts.bus.sent.clear()
    assert await reconciling.run(D8, D9, "pos") == {"pos|2026-01-08": "missing", "pos|2026-01-09": "missing"}
    assert await reconciling.asked() == {"pos|2026-01-09"}


async def test_what_odoo_refuses_fails_and_the_others_go_on(lake: DemoLake, reconciling: Reconciling) -> None:
    """With Odoo's sentence, which is not asked for again on every day."""
    lake.load(*keys(D7, D8))
    lake.server.control.post(
        "/demo/faults", {"rules": [{"kind": "refused_model", "model": "account.move.line"}]}
    )
    lake.calls.clear()
    found = await reconciling.run(D7, D8, "pos", "purchases")
    assert found == {
        "pos|2026-01-07": "equal",
        "pos|2026-01-08": "equal",
        "purchases|2026-01-07": "failed",
        "purchases|2026-01-08": "failed",
    }
    failed = [row for row in reconciling.ledger.results("r1") if row.status == "failed"]
    assert all("may not read this" in (row.error or "") for row in failed)
    run = reconciling.ledger.one("r1")
    assert run is not None
    assert (run.run.state, run.is_proof) == ("done", False)


@pytest.mark.parametrize("kind", ["drop", "expired_key"])
async def test_an_odoo_that_stays_away_fails_the_run(
    parts: Any, engine: Engine, tmp_path: Path, kind: str
) -> None:
    with demo_lake(parts.writer, parts.clock, tmp_path / "lake", retry_attempts=2, retry_wait=0.0) as lake:
        lake.load(*keys(D8))
        reconciling = Reconciling(parts, engine, lake)
        lake.server.control.post("/demo/faults", {"rules": [{"kind": kind}]})
        assert await reconciling.run(D8, D8, "pos") == {"pos|2026-01-08": "failed"}
    run = reconciling.ledger.one("r1")
    assert run is not None
    assert run.run.state == "failed"
    assert run.run.error


async def test_a_sale_since_the_load_is_late_and_not_wrong(lake: DemoLake, reconciling: Reconciling) -> None:
    """The day is asked for, waited for and compared again; what is kept is the second look."""
    lake.load(*keys(D10))
    lake.server.world.sell()
    load = asyncio.create_task(_load_when_asked(lake, reconciling))
    reconciling.service._patience = timedelta(seconds=20)
    assert await reconciling.run(D10, D10, "pos") == {"pos|2026-01-10": "equal"}
    await load


async def test_an_order_of_today_cancelled_since_the_load_is_late(
    lake: DemoLake, reconciling: Reconciling
) -> None:
    """It is no longer among the orders of the day, so no write date there tells of it."""
    lake.load(*keys(D10))
    lake.server.world.cancel(lake.orders(D10)[0])
    load = asyncio.create_task(_load_when_asked(lake, reconciling))
    reconciling.service._patience = timedelta(seconds=20)
    assert await reconciling.run(D10, D10, "pos") == {"pos|2026-01-10": "equal"}
    await load


async def _load_when_asked(lake: DemoLake, reconciling: Reconciling) -> None:
    """What extractor, cleaner and loader do."""
    key = PartitionKey("pos", D10)
    async with asyncio.timeout(20):
        while reconciling.parts.reader.partition(key).state != "requested":  # noqa: ASYNC110
            await asyncio.sleep(0.02)
    await asyncio.to_thread(lake.load, key)


async def test_a_command_that_comes_twice_is_one_run(lake: DemoLake, reconciling: Reconciling) -> None:
    lake.load(*keys(D8))
    await reconciling.run(D8, D8, "pos")
    lake.calls.clear()
    await reconciling.run(D8, D8, "pos")
    assert lake.calls == []
    assert len(reconciling.ledger.newest()) == 1


async def test_a_run_that_broke_off_is_begun_anew(lake: DemoLake, reconciling: Reconciling) -> None:
    """By the next process, once nothing was heard of it for ten minutes; what the first had found is not counted
    twice."""
    lake.load(*keys(D7, D8))
    await reconciling.service.accept(ReconcileCommand(id="r1", datasets=["pos"], start=D7, end=D8))
    reconciling.ledger.begin("r1", reconciling.parts.clock.now())
    reconciling.parts.clock.tick(minutes=10)
    fresh = reconciling.another()
    loop = asyncio.create_task(fresh.run())
    async with asyncio.timeout(20):
        while not ((run := reconciling.ledger.one("r1")) and run.run.state == "done"):  # noqa: ASYNC110
            await asyncio.sleep(0.02)
    loop.cancel()
    assert run.counts == {"equal": 2}


async def test_planning_does_not_wait_for_a_comparison(lake: DemoLake, reconciling: Reconciling) -> None:
    """The command topic's handler notes the run and returns."""
    handle = on_command(reconciling.planner, reconciling.service, reconciling.parts.letters)
    body = b'{"type":"reconcile","start":"2026-01-08","end":"2026-01-08"}'
    await handle(Delivery(CONTROL.name, 0, 7, None, body, {}))
    (noted,) = reconciling.ledger.newest()
    assert (noted.run.id, noted.run.state, noted.run.total) == ("nk.control.v1-0-7", "waiting", 4)
    assert lake.calls == []


@pytest.mark.parametrize(
    ("datasets", "words"),
    [
        (["products"], "products cannot be compared"),
        (["profit"], "profit cannot"),
        (["x"], "no dataset 'x'"),
        (["stock-quants"], "stock of today only"),
    ],
)
async def test_what_cannot_be_compared_is_refused(
    datasets: list[str], words: str, reconciling: Reconciling
) -> None:
    with pytest.raises(BadCommandError, match=words):
        await reconciling.service.accept(ReconcileCommand(id="r1", datasets=datasets, start=D8, end=D8))


def test_a_comparison_that_nobody_asked_for_loads_nothing(parts: Any, lake: DemoLake) -> None:
    """It waits for days that are on their way, and goes no further back than any day was ever asked for."""
    asked = ReconcileCommand(id="r1", start=D8, end=D10)
    assert of_known_days(asked, parts.reader, lake.settings) is None, "nothing is loaded yet"
    lake.load(*keys(D8, D9))
    assert of_known_days(asked, parts.reader, lake.settings) == asked
    month = ReconcileCommand(id="r1", start=date(2025, 12, 12), end=D10)
    found = of_known_days(month, parts.reader, lake.settings)
    assert found is not None
    assert found.start == date(2026, 1, 5), "six days are kept loaded; comparing must not load more"
    lake.request(*keys(D9))
    assert of_known_days(asked, parts.reader, lake.settings) is None, "a day is on its way"
    parts.writer.pause(["pos"], parts.clock.now(), None, None)
    assert of_known_days(asked, parts.reader, lake.settings) == asked, "and may now wait for long"
