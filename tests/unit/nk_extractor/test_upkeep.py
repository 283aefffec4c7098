"""Upkeep: the window is loaded without being asked, and nothing that is loaded is read again."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from nk_common.datasets import WHOLES
from nk_common.datasets.base import PartitionKey
from nk_common.events.base import Totals
from nk_common.events.stages import Outcome, Stage, StageReport
from nk_common.events.topics import EXTRACT_REQUESTED
from nk_common.ledger.routines import Routines
from nk_extractor.upkeep import Upkeep

TODAY = date(2026, 1, 10)
ASKED = ("pos", "invoice-sales", "purchases", "stock-quants", "inventory-moves")
WINDOW = [date(2026, 1, 10), date(2026, 1, 8), date(2026, 1, 9)]
"""Today first; then the oldest."""


@pytest.fixture
def upkeep(parts: Any) -> Upkeep:
    return Upkeep(parts.settings, parts.reader, parts.writer, parts.planner, parts.clock)


def settle(
    parts: Any, key: PartitionKey, as_of: datetime, *, stage: Stage = "load", outcome: Outcome = "completed"
) -> None:
    """The partition was read at `as_of`, and loaded (or failed)."""
    parts.writer.request([key], "r", "backfill", as_of)
    version = parts.writer.begin(key, as_of, "r", as_of)
    totals = Totals(documents=1, lines=1, quantity=1, amount=1, payments=1)
    parts.writer.apply(
        StageReport(
            stage=stage, outcome=outcome, at=as_of, dataset=key.dataset, day=key.day, version=version,
            as_of=as_of, totals=totals,
        )
    )  # fmt: skip


def settle_all(parts: Any, as_of: datetime) -> None:
    for dataset in WHOLES:
        settle(parts, PartitionKey(dataset.name, None), as_of)
    for name in ASKED:
        for day in WINDOW:
            settle(parts, PartitionKey(name, day), as_of)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_an_empty_ledger_wants_dimensions_then_today_then_the_oldest_days(upkeep: Upkeep) -> None:
    wanted = list(upkeep.due())
    assert [k.dataset for k in wanted[: len(WHOLES)]] == [d.name for d in WHOLES]
    days = [PartitionKey(name, day) for day in WINDOW for name in ASKED]
    assert wanted[len(WHOLES) :] == days, "profit comes by itself"


def test_what_is_loaded_is_not_asked_for_again(parts: Any, upkeep: Upkeep) -> None:
    settle_all(parts, at("2026-01-10T04:59:00"))
    assert list(upkeep.due()) == []


def test_days_read_before_they_were_over_are_read_again(parts: Any, upkeep: Upkeep) -> None:
    """Read at 23:00 on the 9th: the last hour is not in it."""
    settle_all(parts, at("2026-01-10T04:59:00"))
    settle(parts, PartitionKey("pos", date(2026, 1, 9)), at("2026-01-10T04:59:30"))
    assert list(upkeep.due()) == []
    parts.clock.tick(days=1)  # the 11th begins: the 10th was read at noon
    due = list(upkeep.due())
    assert {key.dataset for key in due if key.day == TODAY} == set(ASKED) - {"stock-quants"}
    assert PartitionKey("stock-quants", date(2026, 1, 11)) in due, "a snapshot is of its day for good"


def test_today_is_read_again_after_some_minutes_without_a_change(parts: Any, upkeep: Upkeep) -> None:
    settle_all(parts, at("2026-01-10T04:59:00"))
    parts.clock.tick(minutes=6)
    assert list(upkeep.due()) == [PartitionKey(name, TODAY) for name in ASKED]


def test_dimensions_that_are_loaded_are_left_to_the_schedule(parts: Any, upkeep: Upkeep) -> None:
    """However old; one whose last reading failed is tried again here."""
    settle_all(parts, at("2026-01-10T04:59:00"))
    parts.clock.tick(hours=9)
    assert {k.dataset for k in upkeep.due()} == set(ASKED)
    key = PartitionKey(WHOLES[0].name, None)
    settle(parts, key, at("2026-01-10T05:10:00"), stage="extract", outcome="failed")
    assert key in list(upkeep.due())


async def test_catch_up_can_be_switched_off(parts: Any, upkeep: Upkeep) -> None:
    """Nothing is asked for then, and no look is told of; what somebody asked for is still brought to its end."""
    routines = Routines(parts.engine)
    routines.tell("catch-up", "20", parts.clock.now())
    parts.settings = parts.settings.model_copy(update={"catch_up": False})
    off = Upkeep(parts.settings, parts.reader, parts.writer, parts.planner, parts.clock)
    key = PartitionKey("pos", date(2025, 12, 1))
    parts.writer.request([key], "r", "backfill", parts.clock.now())
    parts.clock.tick(minutes=5)
    await off.once()
    await parts.dispatcher.once()
    assert [s.key for s in parts.bus.on(EXTRACT_REQUESTED)] == [str(key)]
    assert routines.all()["catch-up"].looked_at is None
    await upkeep.once()
    await parts.dispatcher.once()
    assert len(parts.bus.on(EXTRACT_REQUESTED)) > len(WHOLES)
    assert routines.all()["catch-up"].looked_at == parts.clock.now()


def test_failed_days_rest_before_they_are_tried_again(parts: Any, upkeep: Upkeep) -> None:
    settle_all(parts, at("2026-01-10T04:50:00"))
    day = PartitionKey("pos", date(2026, 1, 8))
    settle(parts, day, at("2026-01-10T04:59:00"), stage="extract", outcome="failed")
    assert day not in list(upkeep.due())
    parts.clock.tick(minutes=10)
    assert day in list(upkeep.due())


LONG_AGO = PartitionKey("pos", date(2025, 11, 5))


@pytest.mark.parametrize(
    ("reason", "again"),
    [("watch", True), ("reconciliation", True), ("catch-up", True), ("backfill", False), ("derived", False)],
)
def test_a_change_long_ago_whose_reading_failed_is_not_lost(
    parts: Any, upkeep: Upkeep, reason: Any, again: bool
) -> None:
    """The watch has seen it and does not say so twice. What a person asked for is that person's to ask for again."""
    settle_all(parts, at("2026-01-10T04:50:00"))
    failed_at = at("2026-01-10T04:59:00")
    parts.writer.request([LONG_AGO], "r", reason, failed_at)
    version = parts.writer.begin(LONG_AGO, failed_at, "r", failed_at)
    parts.writer.apply(
        StageReport(
            stage="extract", outcome="failed", at=failed_at, dataset="pos", day=LONG_AGO.day, version=version,
            error_class="OdooUnavailableError", error="away",
        )
    )  # fmt: skip
    assert LONG_AGO not in list(upkeep.due()), "it rests as others do"
    parts.clock.tick(minutes=10)
    assert (LONG_AGO in list(upkeep.due())) == again


async def test_a_start_asks_again_for_everything_unfinished(parts: Any, upkeep: Upkeep) -> None:
    """The services were killed and the bus lost: what the ledger says is unfinished is asked for at once."""
    key = PartitionKey("pos", date(2026, 1, 8))
    parts.writer.request([key], "r", "backfill", parts.clock.now())
    parts.clock.tick(seconds=1)
    await upkeep.resume()
    await parts.dispatcher.once()
    assert [s.key for s in parts.bus.on(EXTRACT_REQUESTED)] == [str(key)]


async def test_while_running_only_what_nobody_touched_for_long_is_asked_for_again(
    parts: Any, upkeep: Upkeep
) -> None:
    settle_all(parts, at("2026-01-10T04:59:00"))
    key = PartitionKey("pos", date(2025, 12, 1))
    parts.writer.request([key], "r", "backfill", parts.clock.now())
    parts.clock.tick(seconds=60)
    await upkeep.once()
    await parts.dispatcher.once()
    assert [s.key for s in parts.bus.on(EXTRACT_REQUESTED)] == [str(key)]
    parts.bus.sent.clear()
    parts.clock.tick(seconds=61)
    await parts.dispatcher.once()
    assert parts.bus.on(EXTRACT_REQUESTED) == []
    parts.clock.tick(seconds=60)
    await upkeep.once()
    await parts.dispatcher.once()
    assert [s.key for s in parts.bus.on(EXTRACT_REQUESTED)] == [str(key)]


def test_what_odoo_refuses_waits_for_a_person(parts: Any, upkeep: Upkeep) -> None:
    """Rights do not come back by asking every ten minutes."""
    settle_all(parts, at("2026-01-10T04:50:00"))
    day = PartitionKey("pos", date(2026, 1, 8))
    refused = at("2026-01-10T04:59:00")
    parts.writer.request([day], "r", "backfill", refused)
    version = parts.writer.begin(day, refused, "r", refused)
    parts.writer.apply(
        StageReport(
            stage="extract", outcome="failed", at=refused, dataset=day.dataset, day=day.day, version=version,
            error_class="OdooRefusedError", error="no rights",
        )
    )  # fmt: skip
    parts.clock.tick(minutes=30)
    assert day not in list(upkeep.due())
    parts.clock.tick(minutes=31)
    assert day in list(upkeep.due())
