"""The planner: a command runs once, however often it arrives."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from nk_common.datasets.base import PartitionKey
from nk_common.errors import BadCommandError
from nk_common.events.commands import (
    BackfillCommand,
    CancelCommand,
    Command,
    PauseCommand,
    ReconcileCommand,
    RefreshDimensionsCommand,
    ResumeCommand,
    SnapshotStockCommand,
)
from nk_common.events.stages import ExtractRequested
from nk_common.events.topics import EXTRACT_REQUESTED
from nk_common.ledger.models import RunRow

COMMAND = BackfillCommand(
    id="c1", datasets=["pos"], start=date(2026, 1, 5), end=date(2026, 1, 7), reason="why"
)


async def requests(parts: Any) -> list[ExtractRequested]:
    """What is on the bus, after what waits in the ledger was put there."""
    await parts.dispatcher.once()
    return [ExtractRequested.model_validate_json(s.body) for s in parts.bus.on(EXTRACT_REQUESTED)]


async def test_a_backfill_asks_for_each_day_oldest_first(parts: Any) -> None:
    await parts.planner.run(COMMAND)
    assert [str(r.partition) for r in await requests(parts)] == [
        "pos|2026-01-05",
        "pos|2026-01-06",
        "pos|2026-01-07",
    ]
    assert [s.key for s in parts.bus.on(EXTRACT_REQUESTED)] == [
        str(r.partition) for r in await requests(parts)
    ]
    run = parts.reader.runs()[0].run
    assert (run.id, run.kind, run.reason, run.total) == ("c1", "backfill", "why", 3)


async def test_the_same_command_again_asks_for_nothing_more(parts: Any) -> None:
    """Killed before it was acknowledged: the redelivered command opens no second run."""
    await parts.planner.run(COMMAND)
    first = await requests(parts)
    parts.clock.tick(seconds=30)
    await parts.planner.run(COMMAND)
    assert await requests(parts) == first
    assert len(parts.reader.runs()) == 1


async def test_days_on_their_way_are_not_asked_for_twice(parts: Any) -> None:
    await parts.planner.run(COMMAND)
    await requests(parts)
    parts.bus.sent.clear()
    parts.clock.tick(seconds=1)
    await parts.planner.run(COMMAND.model_copy(update={"id": "c2"}))
    assert await requests(parts) == []
    assert parts.reader.runs()[0].run.total == 0


async def test_a_command_that_cannot_be_run_leaves_nothing(parts: Any) -> None:
    with pytest.raises(BadCommandError):
        await parts.planner.run(COMMAND.model_copy(update={"end": date(2027, 1, 1)}))
    assert parts.bus.sent == []
    assert parts.reader.runs() == []


async def test_a_run_is_taken_back_and_not_planned_again(parts: Any) -> None:
    """Also when its command is delivered once more."""
    await parts.planner.run(COMMAND)
    asked = await requests(parts)
    await parts.planner.cancel(CancelCommand(id="c9", run="c1"))
    assert [parts.reader.partition(r.partition).state for r in asked] == ["cancelled"] * 3
    (told,) = [report for report in parts.bus.reports() if report.outcome == "cancelled"]
    assert (told.run_id, told.dataset) == ("c1", None)
    parts.bus.sent.clear()
    await parts.planner.run(COMMAND)
    assert await requests(parts) == []


async def test_a_run_that_is_not_there_cannot_be_taken_back(parts: Any) -> None:
    with pytest.raises(BadCommandError, match="There is no run 'c7', so nothing was taken back"):
        await parts.planner.cancel(CancelCommand(id="c9", run="c7"))


async def test_what_waits_is_asked_for_when_a_dataset_is_resumed(parts: Any) -> None:
    await parts.planner.pause(PauseCommand(id="p", datasets=["pos"], reason="stock taking"))
    await parts.planner.run(COMMAND)
    parts.bus.sent.clear()
    await parts.planner.resume(ResumeCommand(id="q", datasets=["pos_order_lines"]))
    assert [str(r.partition) for r in await requests(parts)] == [
        "pos|2026-01-05",
        "pos|2026-01-06",
        "pos|2026-01-07",
    ]
    assert parts.bus.reports()[-1].outcome == "resumed"


async def test_a_dataset_that_is_not_there_cannot_be_paused(parts: Any) -> None:
    with pytest.raises(BadCommandError, match="There is no dataset 'receipts'"):
        await parts.planner.pause(PauseCommand(id="p", datasets=["receipts"]))


async def test_a_refresh_asks_for_dimensions(parts: Any) -> None:
    await parts.planner.run(RefreshDimensionsCommand(id="d", targets=["products", "cashiers"]))
    assert [(r.dataset, r.day, r.reason) for r in await requests(parts)] == [
        ("cashiers", None, "refresh"),
        ("products", None, "refresh"),
    ]


async def test_a_full_refresh_says_so(parts: Any) -> None:
    """Whoever reads it then forgets what it has read before."""
    await parts.planner.run(RefreshDimensionsCommand(id="d", targets=["products"], full=True))
    assert [(r.dataset, r.reason) for r in await requests(parts)] == [("products", "full-refresh")]


@pytest.mark.parametrize(
    ("command", "plan"),
    [
        (COMMAND, {"pos": ["2026-01-05/2026-01-07"]}),
        (RefreshDimensionsCommand(targets=["products"]), {"products": ["whole"]}),
        (SnapshotStockCommand(), {"stock-quants": ["2026-01-10"]}),
        (
            ReconcileCommand(datasets=["pos"], start=date(2026, 1, 9), end=date(2026, 1, 10)),
            {"pos": ["2026-01-09/2026-01-10"]},
        ),
        (CancelCommand(run="waiting"), {"pos": ["2026-01-01", "2026-01-03"]}),
        (PauseCommand(datasets=["pos"]), {"pos": ["2026-01-01", "2026-01-03"]}),
        (ResumeCommand(datasets=["purchases"]), {}),
    ],
)
async def test_a_dry_run_says_which_days_and_does_nothing(
    parts: Any, command: Command, plan: dict[str, list[str]]
) -> None:
    keys = [PartitionKey("pos", date(2026, 1, day)) for day in (1, 3)]
    parts.writer.open_run(
        RunRow(id="waiting", kind="backfill", command="{}", created_at=parts.clock.now(), total=2), keys
    )
    parts.writer.request(keys, "waiting", "backfill", parts.clock.now())
    before = parts.reader.fingerprint()
    await parts.planner.preview(command.model_copy(update={"id": "dry"}))
    (report,) = parts.bus.reports()
    assert (report.outcome, report.run_id, report.plan) == ("planned", "dry", plan)
    assert parts.reader.fingerprint() == before
    assert [run.run.id for run in parts.reader.runs()] == ["waiting"]


async def test_an_impossible_dry_run_is_refused(parts: Any) -> None:
    with pytest.raises(BadCommandError, match="no run 'c7'"):
        await parts.planner.preview(CancelCommand(id="c9", run="c7", dry_run=True))
    with pytest.raises(BadCommandError, match="has not come yet"):
        await parts.planner.preview(COMMAND.model_copy(update={"end": date(2027, 1, 1)}))


async def test_stock_is_taken_again_although_today_is_known(parts: Any) -> None:
    await parts.planner.run(SnapshotStockCommand(id="s1"))
    parts.clock.tick(seconds=1)
    parts.bus.sent.clear()
    await parts.planner.run(SnapshotStockCommand(id="s2"))
    assert [str(r.partition) for r in await requests(parts)] == ["stock-quants|2026-01-10"]
