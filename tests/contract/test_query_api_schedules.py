"""`/v1/pipeline/schedules` as its clients see it: over a ledger that a real scheduler has written."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine

from nk_common.api.schedules import ScheduledJob, Schedules
from nk_common.datasets.base import PartitionKey
from nk_common.events.base import Totals
from nk_common.events.stages import StageReport
from nk_common.ledger.engine import open_ledger
from nk_common.ledger.migration import migrate
from nk_common.ledger.reconciliations import Reconciliations
from nk_common.schedule.jobs import JOBS
from support.clock import SetClock
from support.query_api import RunningApi, running_api
from support.scheduling import Night

STARTED = datetime(2025, 12, 23, 14, tzinfo=UTC)
"""Nine in the evening; the API's clock stands at noon of the next day."""


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Engine]:
    engine = open_ledger(f"sqlite:///{tmp_path / 'lake' / 'metadata' / 'ledger.db'}", writer=True)
    migrate(engine)
    yield engine
    engine.dispose()


@pytest.fixture
async def api(ledger: Engine, tmp_path: Path) -> AsyncIterator[RunningApi]:
    async with running_api(tmp_path) as api:
        yield api


async def schedules(api: RunningApi) -> Schedules:
    return Schedules.model_validate(await api.get("/v1/pipeline/schedules"))


async def job(api: RunningApi, name: str) -> ScheduledJob:
    return next(one for one in (await schedules(api)).jobs if one.name == name)


def local(text: str) -> datetime:
    return datetime.fromisoformat(f"{text}+07:00")


def loaded(night: Night, day: date) -> None:
    key, now = PartitionKey("pos", day), night.clock.now()
    night.writer.request([key], "r", "backfill", now)
    version = night.writer.begin(key, now, "r", now)
    night.writer.apply(
        StageReport(
            stage="load", outcome="completed", at=now, dataset="pos", day=day, version=version, as_of=now,
            totals=Totals(documents=1, lines=1, quantity=1, amount=1, payments=1),
        )
    )  # fmt: skip


async def test_before_an_extractor_has_told_there_is_nothing_but_what_needs_no_time(api: RunningApi) -> None:
    found = await schedules(api)
    assert (found.jobs, found.watch, found.catch_up) == ([], None, None)
    assert [(one.dataset, "pos" in one.made_of, "purchases" in one.made_of) for one in found.derived] == [
        ("profit", True, True)
    ]


async def test_jobs_have_their_last_and_next_run(api: RunningApi, ledger: Engine) -> None:
    night = Night(ledger, SetClock(STARTED.isoformat()))
    await night.scheduler.tell()
    assert {one.last for one in (await schedules(api)).jobs} == {None}
    loaded(night, date(2025, 12, 20))
    await night.sleep(hours=9, minutes=30)  # 06:30: a night's firings at once
    found = await schedules(api)
    assert [one.name for one in found.jobs] == [one.name for one in JOBS]
    assert (found.timezone, found.at) == ("Asia/Jakarta", api.clock.now())
    pos = await job(api, "pos")
    assert (pos.cron, pos.enabled, pos.since) == ("0 2 * * *", True, STARTED)
    assert pos.next_at == local("2025-12-25T02:00")
    assert pos.last is not None
    assert pos.last.run is not None
    assert (pos.last.fired_at, pos.last.run_id) == (
        local("2025-12-24T02:00"), "schedule-pos-20251224T0200+0700"
    )  # fmt: skip
    assert pos.last.taken_at == local("2025-12-24T06:30")
    assert (pos.last.run.state, pos.last.run.total, pos.last.run.done) == ("running", 1, 0)
    assert (await job(api, "dimensions")).next_at == local("2025-12-24T16:00"), "local noon is past"
    stock = await job(api, "stock-quants")
    assert (stock.last, stock.next_at) == (None, local("2025-12-25T07:00"))


async def test_a_check_of_health_says_what_it_found(api: RunningApi, ledger: Engine) -> None:
    night = Night(ledger, SetClock(STARTED.isoformat()))
    await night.scheduler.tell()
    await night.sleep(hours=3)
    health = await job(api, "health")
    assert health.last is not None
    assert health.last.run is not None
    assert (health.last.run.kind, health.last.run.state, health.last.run.outcome) == (
        "health", "done", "failing"
    )  # fmt: skip


async def test_a_comparison_is_there_with_its_counts(api: RunningApi, ledger: Engine) -> None:
    night = Night(ledger, SetClock(STARTED.isoformat()), schedule_pos="", schedule_invoice_sales="",
                  schedule_purchases="", schedule_inventory_moves="")  # fmt: skip
    await night.scheduler.tell()
    loaded(night, date(2025, 12, 20))
    await night.sleep(hours=5.5)
    held = Reconciliations(ledger)
    run_id = "schedule-reconcile-20251224T0230+0700"
    held.begin(run_id, night.clock.now())
    held.finish(run_id, "failed", night.clock.now(), "Odoo was away.")
    last = (await job(api, "reconcile")).last
    assert last is not None
    assert last.run is None
    assert last.comparison is not None
    assert (last.comparison.id, last.comparison.state, last.comparison.error) == (
        run_id, "failed", "Odoo was away."
    )  # fmt: skip


async def test_what_is_switched_off_says_so(api: RunningApi, ledger: Engine) -> None:
    night = Night(ledger, SetClock(STARTED.isoformat()), watch=False, catch_up=False, schedule_pos="")
    await night.scheduler.tell()
    found = await schedules(api)
    assert found.watch is not None
    assert found.catch_up is not None
    assert (found.watch.enabled, found.watch.every_seconds, found.catch_up.enabled) == (False, None, False)
    pos = await job(api, "pos")
    assert (pos.enabled, pos.cron, pos.next_at) == (False, None, None)


async def test_watch_and_catch_up_say_when_they_looked(api: RunningApi, ledger: Engine) -> None:
    night = Night(ledger, SetClock(STARTED.isoformat()))
    await night.scheduler.tell()
    found = await schedules(api)
    assert found.watch is not None
    assert (found.watch.every_seconds, found.watch.last_look) == (15.0, None)
    night.writer.looked("watch", local("2025-12-24T11:59"))
    found = await schedules(api)
    assert found.watch is not None
    assert found.catch_up is not None
    assert found.watch.last_look == local("2025-12-24T11:59")
    assert (found.catch_up.every_seconds, found.catch_up.last_look) == (20.0, None)


async def test_a_watch_that_cannot_look_says_since_when_and_why(api: RunningApi, ledger: Engine) -> None:
    """Here, and in the health of the whole; until the next look that succeeds."""
    night = Night(ledger, SetClock(STARTED.isoformat()))
    await night.scheduler.tell()
    since = local("2025-12-24T11:50")
    for at in (since, local("2025-12-24T11:59")):
        night.writer.could_not_look("watch", at, "OdooUnavailableError", "Odoo cannot be reached.")
    watch = (await schedules(api)).watch
    assert watch is not None
    assert (watch.failing_since, watch.error) == (since, "Odoo cannot be reached.")
    away = (await api.get("/v1/pipeline/health"))["odoo_away"]
    assert "since 11:50" in away["reason"]["en"]
    night.writer.looked("watch", local("2025-12-24T12:00"))
    watch = (await schedules(api)).watch
    assert watch is not None
    assert (watch.failing_since, watch.error) == (None, None)
    assert (await api.get("/v1/pipeline/health"))["odoo_away"] is None


async def test_without_a_ledger_nothing_is_known(tmp_path: Path) -> None:
    async with running_api(tmp_path) as api:
        problem = await api.get("/v1/pipeline/schedules", status=503)
        assert "There is no ledger yet" in problem["detail"]


async def test_parameters_are_refused(api: RunningApi) -> None:
    await api.get("/v1/pipeline/schedules", status=422, job="pos")
