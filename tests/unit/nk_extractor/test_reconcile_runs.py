"""Runs of comparisons among several extractors, over midnight, and while the ledger is away. Odoo is left out."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine
from sqlalchemy.exc import InterfaceError, OperationalError

from nk_common.datasets.base import PartitionKey
from nk_common.errors import OdooUnavailableError
from nk_common.events.commands import ReconcileCommand
from nk_common.ledger.reconciliations import ReconciliationResultRow, Reconciliations, run_row
from nk_extractor.odoo.client import OdooClient
from nk_extractor.reconcile import service
from nk_extractor.reconcile.compare import Found, Totals
from nk_extractor.reconcile.day import Outcome
from nk_extractor.reconcile.service import ReconcileService
from nk_extractor.scheduling import scheduler
from nk_extractor.watch import ChangeWatch
from support.fake_odoo import shop
from support.scheduling import Night

AT = datetime(2026, 1, 10, 5, tzinfo=UTC)
D9, D10 = date(2026, 1, 9), date(2026, 1, 10)


class EqualDays:
    """Finds every day equal; `first` may do something before."""

    def __init__(self, first: Callable[[], None] = lambda: None) -> None:
        self.first = first

    def compare(self, key: PartitionKey) -> Outcome:
        self.first()
        return Outcome(key, Found("equal", Totals(1, 1), Totals(1, 1)))


@pytest.fixture
def ledger(engine: Engine) -> Reconciliations:
    """One run of two days is accepted."""
    ledger = Reconciliations(engine)
    command = ReconcileCommand(id="r1", datasets=["pos"], start=D9, end=D10)
    ledger.accept(run_row("r1", command.model_dump_json(), (D9, D10), ["pos"], 2, AT))
    return ledger


def reconciling(parts: Any, engine: Engine, days: Any) -> ReconcileService:
    return ReconcileService(
        parts.settings, days, Reconciliations(engine), parts.reader, parts.planner, parts.clock,
        patience=timedelta(0),
    )  # fmt: skip


def equal(day: date) -> ReconciliationResultRow:
    return ReconciliationResultRow(
        run_id="r1", dataset="pos", day=str(day), status="equal", differing=0, document_ids=[]
    )


def after(minutes: float) -> datetime:
    return AT + timedelta(minutes=minutes)


def test_a_run_that_another_works_on_is_left_to_it(ledger: Reconciliations) -> None:
    """Its results stay; ten minutes after its last sign of life it is begun anew, without them."""
    assert [run.id for run in ledger.unattended(AT)] == ["r1"]
    assert ledger.begin("r1", AT)
    ledger.record([equal(D9)])
    ledger.beat("r1", after(5))
    for minutes in (0, 5, 14.9):
        assert ledger.unattended(after(minutes)) == []
        assert not ledger.begin("r1", after(minutes))
    assert len(ledger.results("r1")) == 1
    assert [run.id for run in ledger.unattended(after(15))] == ["r1"]
    assert ledger.begin("r1", after(15))
    assert ledger.results("r1") == []
    assert ledger.heartbeat() == after(15)


async def test_a_starting_extractor_takes_no_run_from_another(
    parts: Any, engine: Engine, ledger: Reconciliations
) -> None:
    ledger.begin("r1", parts.clock.now())
    ledger.record([equal(D9)])
    second = reconciling(parts, engine, EqualDays())
    await second.resume()
    assert second._waiting.empty()
    await second.once("r1")
    assert [row.day for row in ledger.results("r1")] == ["2026-01-09"]
    found = ledger.one("r1")
    assert found is not None
    assert found.run.state == "running"


async def test_a_run_that_breaks_off_elsewhere_is_noticed_while_running(parts: Any, engine: Engine) -> None:
    """Not only at the next start: a waiting loop looks every `catch_up_interval`."""
    parts.settings = parts.settings.model_copy(update={"catch_up_interval": 0.02})
    ledger, second = Reconciliations(engine), reconciling(parts, engine, EqualDays())
    await second.accept(ReconcileCommand(id="r1", datasets=["pos"], start=D9, end=D10))
    second._waiting.get_nowait()
    second._taken.clear()
    ledger.begin("r1", parts.clock.now())
    loop = asyncio.create_task(second.run())
    await asyncio.sleep(0.1)
    parts.clock.tick(minutes=10)
    async with asyncio.timeout(10):
        while not ((run := ledger.one("r1")) and run.run.state == "done"):  # noqa: ASYNC110
            await asyncio.sleep(0.02)
    loop.cancel()
    assert run.is_proof


async def test_a_run_gives_signs_of_life(parts: Any, engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """Even while it is at one day for long."""
    monkeypatch.setattr(service, "_BEAT", 0.01)
    ledger = Reconciliations(engine)
    seen: list[datetime | None] = []

    def long() -> None:
        begun = ledger.heartbeat()
        parts.clock.tick(minutes=4)
        for _ in range(500):
            if ledger.heartbeat() != begun:
                break
            time.sleep(0.02)
        seen.extend((begun, ledger.heartbeat()))

    comparing = reconciling(parts, engine, EqualDays(long))
    await comparing.accept(ReconcileCommand(id="r1", datasets=["pos"], start=D10, end=D10))
    await comparing.once("r1")
    assert seen == [AT, after(4)]


@pytest.mark.parametrize(
    ("datasets", "total", "state"), [(["pos", "stock-quants"], 1, "done"), (["stock-quants"], 0, "failed")]
)
async def test_a_run_begun_after_midnight_counts_what_is_left(
    datasets: list[str], total: int, state: str, parts: Any, engine: Engine
) -> None:
    """Stock of the day before can no longer be asked for: the rest is a proof, and nothing is none."""
    comparing, ledger = reconciling(parts, engine, EqualDays()), Reconciliations(engine)
    await comparing.accept(ReconcileCommand(id="r1", datasets=datasets, start=D10, end=D10))
    parts.clock.tick(hours=14)
    await comparing.once("r1")
    found = ledger.one("r1")
    assert found is not None
    assert (found.run.total, found.run.state, found.is_proof) == (total, state, state == "done")
    assert (found.run.error is None) == (state == "done")


class SomeDays:
    """Finds days equal, but for those of `broken`, which raise."""

    def __init__(self, error: Exception, broken: set[date]) -> None:
        self.error, self.broken, self.asked = error, broken, set[date]()

    def compare(self, key: PartitionKey) -> Outcome:
        assert key.day is not None
        self.asked.add(key.day)
        if key.day in self.broken:
            raise self.error
        return Outcome(key, Found("equal", Totals(1, 1), Totals(1, 1)))


MONTH = [date(2025, 12, day) for day in range(1, 31)]


async def compared(parts: Any, engine: Engine, days: SomeDays) -> tuple[str, str | None, dict[str, int]]:
    """State, error and findings of a run over a month."""
    parts.settings = parts.settings.model_copy(update={"retry_attempts": 1})
    comparing, ledger = reconciling(parts, engine, days), Reconciliations(engine)
    await comparing.accept(ReconcileCommand(id="m", datasets=["pos"], start=MONTH[0], end=MONTH[-1]))
    await comparing.once("m")
    found = ledger.one("m")
    assert found is not None
    return found.run.state, found.run.error, dict(found.counts)


@pytest.mark.parametrize(
    "error", [OdooUnavailableError("Odoo timed out."), OSError(5, "Input/output error"), KeyError("x")]
)
async def test_a_day_that_cannot_be_compared_is_that_days_failure(
    parts: Any, engine: Engine, error: Exception
) -> None:
    days = SomeDays(error, {MONTH[3]})
    assert await compared(parts, engine, days) == ("done", None, {"equal": 29, "failed": 1})
    (failed,) = [row for row in Reconciliations(engine).results("m") if row.status == "failed"]
    assert failed.day == str(MONTH[3])
    assert str(error) in (failed.error or "")


async def test_an_odoo_that_is_away_for_good_ends_the_run(parts: Any, engine: Engine) -> None:
    """Not after the retries of each of its days, one after the other."""
    days = SomeDays(OdooUnavailableError("Odoo timed out."), set(MONTH[8:]))
    state, error, counts = await compared(parts, engine, days)
    assert (state, error, counts["equal"]) == ("failed", "Odoo timed out.", 8)
    assert len(days.asked) < len(MONTH)


class SeenError(Exception):
    """The loop has come round."""


AWAY = [
    OperationalError("select", None, Exception("away")),
    InterfaceError("select", None, Exception("away")),
]


@pytest.mark.parametrize("away", AWAY)
@pytest.mark.parametrize("which", ["watch", "schedule", "reconcile"])
async def test_a_ledger_that_is_away_ends_no_loop(
    which: str, away: Exception, parts: Any, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scheduler, "_LOOK_EVERY", 0.0)
    parts.settings = parts.settings.model_copy(update={"watch_interval": 0.01, "catch_up_interval": 0.01})
    answers = [away, SeenError()]

    async def once(*_: object) -> None:
        raise answers.pop(0)

    loops: dict[str, tuple[Any, str]] = {
        "watch": (
            ChangeWatch(
                parts.settings, OdooClient(shop(), 10), parts.reader, parts.writer, parts.planner, parts.clock
            ),
            "once",
        ),
        "reconcile": (reconciling(parts, engine, EqualDays()), "resume"),
    }
    loops["schedule"] = (Night(engine, parts.clock).scheduler, "once")
    loop, step = loops[which]
    monkeypatch.setattr(loop, step, once)
    run: Callable[[], Coroutine[Any, Any, None]] = loop.run
    with pytest.raises(SeenError):
        await run()


async def test_a_ledger_that_goes_away_fails_no_run(
    parts: Any, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is begun anew later, instead of ending as failed with the text of a query."""
    comparing, ledger = reconciling(parts, engine, EqualDays()), Reconciliations(engine)
    await comparing.accept(ReconcileCommand(id="r1", datasets=["pos"], start=D10, end=D10))

    def away(*_: object) -> set[PartitionKey]:
        raise AWAY[0]

    with monkeypatch.context() as broken:
        broken.setattr(comparing, "_on_their_way", away)
        with pytest.raises(OperationalError):
            await comparing.once("r1")
    parts.clock.tick(minutes=10)
    await comparing.once("r1")
    found = ledger.one("r1")
    assert found is not None
    assert (found.run.state, found.is_proof) == ("done", True)
