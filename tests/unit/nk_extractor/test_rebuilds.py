"""Replays from the lake's own layers, and derived days: asked for with a version, and never of Odoo."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from nk_common.datasets.base import PartitionKey
from nk_common.events.base import Totals
from nk_common.events.commands import BackfillCommand
from nk_common.events.stages import RebuildRequested, StageReport
from nk_common.events.topics import EXTRACT_REQUESTED, REBUILD_REQUESTED
from nk_common.lake.layout import Layout
from nk_common.ledger.states import public_state
from nk_extractor.deriving import Deriving
from nk_extractor.upkeep import Upkeep

from .conftest import Parts

DAY = date(2026, 1, 8)
POS = PartitionKey("pos", DAY)
PROFIT = PartitionKey("profit", DAY)
TOTALS = Totals(documents=1, lines=1, quantity=1, amount=1, payments=0)


@pytest.fixture
def parts(engine: Engine, tmp_path: Path) -> Parts:
    return Parts(engine, data_lake_root=tmp_path / "lake")


async def rebuilds(parts: Parts) -> list[RebuildRequested]:
    """What is on the bus, after what waits in the ledger was put there."""
    await parts.dispatcher.once()
    return [RebuildRequested.model_validate_json(s.body) for s in parts.bus.on(REBUILD_REQUESTED)]


def loaded(parts: Parts, key: PartitionKey, **changes: Any) -> None:
    """Odoo was read and the day is in the lake."""
    now = parts.clock.now()
    parts.writer.request([key], "run", "backfill", now)
    version = parts.writer.begin(key, now, "run", now)
    parts.writer.apply(report(parts, key, version, **changes))
    parts.clock.tick(seconds=1)


def report(parts: Parts, key: PartitionKey, version: int | None, **changes: Any) -> StageReport:
    known = StageReport(
        stage="load", outcome="completed", at=parts.clock.now(), dataset=key.dataset, day=key.day,
        requested_at=parts.clock.now(), version=version, as_of=parts.clock.now(), totals=TOTALS,
    )  # fmt: skip
    return known.model_copy(update=changes)


def deriving(parts: Parts) -> Deriving:
    return Deriving(parts.settings, parts.reader, parts.writer, parts.planner, parts.bus, parts.clock)


def put_layer(parts: Parts, layer: str, day: date) -> None:
    layout = Layout(parts.settings.data_lake_root)
    names = {
        "raw": ["pos_orders", "pos_order_lines", "pos_payments"],
        "clean": ["pos_order_lines", "pos_payments"],
    }
    for name in names[layer]:
        path = layout.raw(name, day) if layer == "raw" else layout.clean(name, day)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()


@pytest.mark.parametrize(("from_stage", "stage"), [("raw", "clean"), ("clean", "load")])
async def test_a_replay_asks_for_the_days_that_have_the_layer(
    parts: Parts, from_stage: str, stage: str
) -> None:
    put_layer(parts, from_stage, DAY)
    command = BackfillCommand.model_validate(
        {"id": "r", "datasets": ["pos"], "start": "2026-01-07", "end": "2026-01-09", "from_stage": from_stage}
    )
    await parts.planner.run(command)
    assert [(r.day, r.stage) for r in await rebuilds(parts)] == [(DAY, stage)]
    assert parts.bus.on(EXTRACT_REQUESTED) == []
    assert parts.reader.runs()[0].run.total == 1


async def test_a_redelivered_replay_is_not_done_twice(parts: Parts) -> None:
    put_layer(parts, "raw", DAY)
    command = BackfillCommand.model_validate(
        {"id": "r", "datasets": ["pos"], "start": DAY, "end": DAY, "from_stage": "raw"}
    )
    await parts.planner.run(command)
    parts.writer.apply(report(parts, POS, (await rebuilds(parts))[0].version))
    await parts.planner.run(command)
    assert len(await rebuilds(parts)) == 1
    assert parts.reader.runs()[0].done == 1


async def test_a_day_that_is_being_read_is_not_replayed(parts: Parts) -> None:
    """What is on its way is newer than what lies in raw/; a replay of it would win by its version."""
    put_layer(parts, "raw", DAY)
    now = parts.clock.now()
    parts.writer.begin(POS, now, "run", now)
    parts.clock.tick(seconds=1)
    await parts.planner.run(
        BackfillCommand.model_validate(
            {"id": "r", "datasets": ["pos"], "start": DAY, "end": DAY, "from_stage": "raw"}
        )
    )
    assert await rebuilds(parts) == []


async def test_profit_is_asked_for_when_its_sales_are_loaded_and_not_again(parts: Parts) -> None:
    loaded(parts, POS)
    looking = deriving(parts)
    await looking.once()
    (request,) = await rebuilds(parts)
    assert (request.partition, request.stage, request.reason) == (PROFIT, "derive", "derived")
    parts.writer.apply(report(parts, PROFIT, request.version))
    await looking.once()
    await deriving(parts).once()  # after a restart
    assert len(await rebuilds(parts)) == 1
    row = parts.reader.partition(PROFIT)
    assert row is not None
    assert row.state == "loaded"


async def test_a_lost_request_is_made_again(parts: Parts) -> None:
    loaded(parts, POS)
    await deriving(parts).once()
    parts.clock.tick(seconds=parts.settings.stall_after + 1)
    await deriving(parts).once()
    first, second = await rebuilds(parts)
    assert (first.partition, second.partition) == (PROFIT, PROFIT)
    assert first.version == second.version, "the loader may only be slow: its report must still count"
    await deriving(parts).once()
    assert len(await rebuilds(parts)) == 2


async def test_a_slow_loader_is_not_asked_in_circles(parts: Parts) -> None:
    """What is on its way for long is neither requeued nor given another version."""
    loaded(parts, POS)
    upkeep = Upkeep(parts.settings, parts.reader, parts.writer, parts.planner, parts.clock)
    await deriving(parts).once()
    version = (await rebuilds(parts))[0].version
    for _ in range(5):
        parts.clock.tick(seconds=parts.settings.stall_after + 1)
        await upkeep.once()
        await deriving(parts).once()
    assert {r.version for r in await rebuilds(parts)} == {version}
    parts.writer.apply(report(parts, PROFIT, version))
    row = parts.reader.partition(PROFIT)
    assert row is not None
    assert row.state == "loaded"


async def test_a_replay_that_was_lost_is_sent_again_and_odoo_is_not_asked(parts: Parts) -> None:
    put_layer(parts, "raw", DAY)
    await parts.planner.run(
        BackfillCommand.model_validate(
            {"id": "r", "datasets": ["pos"], "start": DAY, "end": DAY, "from_stage": "raw"}
        )
    )
    assert len(await rebuilds(parts)) == 1
    upkeep = Upkeep(parts.settings, parts.reader, parts.writer, parts.planner, parts.clock)
    parts.clock.tick(seconds=1)
    await upkeep.resume()
    first, second = await rebuilds(parts)
    assert (first.version, first.stage) == (second.version, second.stage)
    assert parts.bus.on(EXTRACT_REQUESTED) == []


async def test_a_past_snapshot_asked_for_by_force_ends_the_run_and_stays(parts: Parts) -> None:
    key = PartitionKey("stock-quants", DAY)
    loaded(parts, key)
    await parts.planner.run(
        BackfillCommand(id="b", datasets=["stock-quants"], start=DAY, end=DAY, force=True)
    )
    await deriving(parts).once()
    row = parts.reader.partition(key)
    assert row is not None
    assert (row.state, row.inputs) == ("loaded", None)
    assert parts.reader.runs()[0].done == 1
    assert await rebuilds(parts) == []


async def test_a_backfill_of_derived_days_asks_odoo_for_nothing(parts: Parts) -> None:
    command = BackfillCommand(id="b", datasets=["profit", "stock-quants"], start=DAY, end=DAY)
    await parts.planner.run(command)
    assert parts.bus.on(EXTRACT_REQUESTED) == []
    states = {
        name: public_state(parts.reader.partition(PartitionKey(name, DAY)), parts.settings.zone)
        for name in ("profit", "stock-quants")
    }
    assert states == {"profit": "running", "stock-quants": "running"}


async def test_a_run_of_derived_days_ends_although_its_sales_were_read_before(parts: Parts) -> None:
    loaded(parts, POS)
    earlier = parts.clock.now() - timedelta(hours=1)
    await parts.planner.run(BackfillCommand(id="b", datasets=["profit"], start=DAY, end=DAY))
    await deriving(parts).once()
    parts.writer.apply(report(parts, PROFIT, (await rebuilds(parts))[0].version, as_of=earlier))
    assert parts.reader.runs()[0].done == 1


def test_a_snapshot_asked_for_before_midnight_is_handed_over(parts: Parts) -> None:
    asked, taken = PartitionKey("stock-quants", DAY), PartitionKey("stock-quants", date(2026, 1, 7))
    at = datetime(2026, 1, 10, tzinfo=UTC)
    loaded(parts, taken)
    for key in (asked, taken):
        parts.writer.request([key], "run", "catch-up", at)
        parts.writer.hand_over(key, at)
    states = [row.state for key in (asked, taken) if (row := parts.reader.partition(key))]
    assert states == ["requested", "loaded"]
