"""The schedule: firings in order, each once, over restarts, missed nights and several extractors."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine
from sqlalchemy.exc import IntegrityError
from structlog.testing import capture_logs

from nk_common.datasets import WHOLES
from nk_common.datasets.base import PartitionKey
from nk_common.errors import BadCommandError, ConfigurationError, TransientError
from nk_common.events.base import Totals
from nk_common.events.commands import BackfillCommand
from nk_common.events.stages import ExtractRequested, StageReport
from nk_common.events.topics import EXTRACT_REQUESTED
from nk_common.ledger.engine import open_ledger
from nk_common.ledger.migration import migrate
from nk_common.ledger.models import RunRow
from nk_common.ledger.reconciliations import Reconciliations
from nk_common.schedule.jobs import JOBS, Job, Order
from nk_common.settings import load
from nk_extractor.settings import ExtractorSettings
from support.clock import SetClock
from support.ledger import lost_ledger
from support.scheduling import Night

EVENING = "2026-11-28T22:30:00+07:00"
OFF = {f"schedule_{job.name.replace('-', '_')}": "" for job in JOBS}


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    """SQLite; or the PostgreSQL that LEDGER_TEST_URL names (tests/integration/test_postgres.py)."""
    engine = open_ledger(lost_ledger(tmp_path), writer=True)
    migrate(engine)
    yield engine
    engine.dispose()


@pytest.fixture
async def night(engine: Engine) -> Night:
    """It is half past ten in the evening, and the first extractor of this ledger has just started."""
    night = Night(engine, SetClock(EVENING))
    await night.scheduler.tell()
    return night


def loaded(night: Night, day: date) -> None:
    """One day of till sales is in the lake."""
    key, now = PartitionKey("pos", day), night.clock.now()
    night.writer.request([key], "r", "backfill", now)
    version = night.writer.begin(key, now, "r", now)
    totals = Totals(documents=1, lines=1, quantity=1, amount=1, payments=1)
    night.writer.apply(
        StageReport(
            stage="load", outcome="completed", at=now, dataset="pos", day=day, version=version, as_of=now,
            totals=totals,
        )
    )  # fmt: skip


def asked(night: Night, run: str) -> list[tuple[str, date | None]]:
    requests = [ExtractRequested.model_validate_json(one.body) for one in night.bus.on(EXTRACT_REQUESTED)]
    return [(one.dataset, one.day) for one in requests if one.run_id == f"schedule-{run}"]


async def until(night: Night, end: str, **step: float) -> None:
    while night.clock.now() < datetime.fromisoformat(end):
        await night.sleep(**step)


async def test_nothing_was_missed_before_the_first_start(night: Night) -> None:
    await night.scheduler.once()
    assert night.runs() == []
    await night.sleep(minutes=89)
    assert night.runs() == []


async def test_a_night_of_firings_in_order(night: Night) -> None:
    """From the evening to almost eight in the morning, with a look every minute."""
    await until(night, "2026-11-29T07:59:00+07:00", minutes=1)
    assert night.runs() == [
        "dimensions-20261129T0000+0700",
        "health-20261129T0000+0700",
        "pos-20261129T0200+0700",
        "invoice-sales-20261129T0205+0700",
        "purchases-20261129T0210+0700",
        "inventory-moves-20261129T0215+0700",
        "dimensions-20261129T0400+0700",
        "health-20261129T0600+0700",
        "stock-quants-20261129T0700+0700",
    ]
    yesterday, today = date(2026, 11, 28), date(2026, 11, 29)
    assert asked(night, "pos-20261129T0200+0700") == [("pos", yesterday)]
    assert asked(night, "inventory-moves-20261129T0215+0700") == [("inventory-moves", yesterday)]
    assert asked(night, "stock-quants-20261129T0700+0700") == [("stock-quants", today)]
    assert {name for name, _ in asked(night, "dimensions-20261129T0400+0700")} == {d.name for d in WHOLES}


async def test_a_firing_comes_within_seconds_of_its_time(night: Night) -> None:
    """The moment belongs to the firing: a look at 02:00:00 orders it, and one at 01:59:59 does not."""
    night.clock.tick(seconds=(3.5 * 3600) - 1)
    await night.scheduler.once()
    assert not any(run.startswith("pos") for run in night.runs())
    await night.sleep(seconds=1)
    assert "pos-20261129T0200+0700" in night.runs()


async def test_a_day_that_is_complete_is_not_read_again(night: Night) -> None:
    """Catch-up read it after midnight: the run is there, and has nothing to do."""
    night.clock.tick(hours=2)
    loaded(night, date(2026, 11, 28))
    await night.sleep(hours=2)
    assert "pos-20261129T0200+0700" in night.runs()
    assert asked(night, "pos-20261129T0200+0700") == []


async def test_a_restart_orders_nothing_again(night: Night, engine: Engine) -> None:
    await until(night, "2026-11-29T02:01:00+07:00", minutes=1)
    before = night.runs()
    again = Night(engine, night.clock)
    await again.scheduler.tell()
    await again.sleep(minutes=1)
    assert again.runs() == before
    assert again.bus.sent == []


async def test_a_missed_night_is_caught_up_once(night: Night, engine: Engine) -> None:
    """The machine was off for two nights: of each job the newest firing is ordered, in the order of their times, for
    the day that it was about; and then nothing until the next one."""
    await night.scheduler.once()
    night.clock.tick(days=1, hours=11)  # 09:30 on the 30th
    again = Night(engine, night.clock)
    await again.scheduler.tell()
    await again.scheduler.once()
    await again.dispatcher.once()
    assert again.runs() == [
        "pos-20261130T0200+0700",
        "invoice-sales-20261130T0205+0700",
        "purchases-20261130T0210+0700",
        "inventory-moves-20261130T0215+0700",
        "health-20261130T0600+0700",
        "stock-quants-20261130T0700+0700",
        "dimensions-20261130T0800+0700",
    ]
    assert asked(again, "pos-20261130T0200+0700") == [("pos", date(2026, 11, 29))]
    await again.sleep(hours=1)
    assert len(again.runs()) == 7


async def test_a_missed_snapshot_is_one_of_the_day_that_runs(night: Night) -> None:
    """Odoo tells the stock of no other."""
    await night.sleep(days=1, hours=6)  # 04:30 on the 30th
    assert asked(night, "stock-quants-20261129T0700+0700") == [("stock-quants", date(2026, 11, 30))]


async def test_the_comparison_waits_until_nothing_is_on_its_way(night: Night) -> None:
    """At 02:30 the days of 02:00 are still being read; once they are loaded it begins, and only once."""
    loaded(night, date(2026, 11, 27))
    await until(night, "2026-11-29T02:31:00+07:00", minutes=1)
    compared = Reconciliations(night.engine)
    assert compared.newest() == []
    settings = night.settings
    for name in ("pos", "invoice-sales", "purchases", "inventory-moves"):
        key = PartitionKey(name, date(2026, 11, 28))
        row = night.reader.partition(key)
        assert row is not None
        version = night.writer.begin(key, row.requested_at, "r", night.clock.now())
        night.writer.apply(
            StageReport(
                stage="load", outcome="completed", at=night.clock.now(), dataset=name, day=key.day,
                version=version, as_of=night.clock.now(),
            )
        )  # fmt: skip
    await night.sleep(minutes=1)
    (run,) = compared.newest()
    assert (run.run.id, run.run.state) == ("schedule-reconcile-20261129T0230+0700", "waiting")
    first = date(2026, 11, 29) - timedelta(days=settings.initial_days - 1)
    assert (run.run.start, run.run.end) == (first.isoformat(), "2026-11-29")
    await night.sleep(minutes=1)
    assert len(compared.newest()) == 1


async def test_health_is_logged_and_noted(night: Night) -> None:
    """Each finding at warning, with what to do; the run carries how it all is."""
    with capture_logs() as logs:
        await night.sleep(hours=1.5)
    found = [line for line in logs if line.get("finding")]
    assert {line["dataset"] for line in found} >= {"pos", "products"}
    assert {line["log_level"] for line in found} == {"warning"}
    assert all(line["advice"] for line in found)
    assert "schedule-health-20261129T0000+0700" in {one.run_id for one in night.bus.reports()}, (
        "pages look again"
    )
    (run,) = [one.run for one in night.reader.runs() if one.run.kind == "health"]
    assert (run.id, run.outcome, run.total) == ("schedule-health-20261129T0000+0700", "failing", 0)


async def test_two_extractors_order_each_firing_once(engine: Engine) -> None:
    """Both look at the same moments, at once."""
    clock = SetClock(EVENING)
    both = [Night(engine, clock), Night(engine, clock)]
    for one in both:
        await one.scheduler.tell()
    while clock.now() < datetime(2026, 11, 29, 0, 55, tzinfo=UTC):
        clock.tick(minutes=5)
        await asyncio.gather(*(one.scheduler.once() for one in both))
        await asyncio.gather(*(one.dispatcher.once() for one in both))
    runs = both[0].runs()
    assert len(runs) == len(set(runs)) == 9
    sent = [one.key for night in both for one in night.bus.on(EXTRACT_REQUESTED)]
    assert len(sent) == 4 + 1 + 2 * len(WHOLES), "nothing was asked for by both"


async def test_what_breaks_off_between_taking_and_ordering_is_ordered_later(night: Night) -> None:
    """The extractor was killed there; another one takes it after some minutes, under the same id."""
    night.clock.tick(hours=3.5)
    pos, moment = _job("pos"), datetime(2026, 11, 28, 19, tzinfo=UTC)
    assert night.routines.take("pos", moment, pos.run_id(moment, night.settings.zone), night.clock.now())
    await night.sleep(minutes=4)
    assert "pos-20261129T0200+0700" not in night.runs()
    await night.sleep(minutes=1)
    assert "pos-20261129T0200+0700" in night.runs()


async def test_a_bus_that_is_away_is_tried_again_and_holds_up_no_other_job(night: Night) -> None:
    """Reading needs the bus, and checking the health does not."""
    night.bus.error = TransientError("away")
    with capture_logs() as logs:
        await night.sleep(hours=1.5)
    assert any("trying again" in line["event"] for line in logs)
    assert "health-20261129T0000+0700" in night.runs()
    night.bus.error = None
    await night.sleep(seconds=5)
    assert len(asked(night, "dimensions-20261129T0000+0700")) == len(WHOLES)


async def test_a_run_that_somebody_notes_at_the_same_moment_is_found_at_the_next_look(
    night: Night, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PostgreSQL refuses the second of two equal ids; the loop goes on."""
    real, refusals = night.writer.open_run, [IntegrityError("insert", None, Exception("duplicate key"))]

    def open_run(run: RunRow, partitions: Iterable[PartitionKey]) -> datetime:
        at = real(run, partitions)
        if refusals:
            raise refusals.pop()
        return at

    monkeypatch.setattr(night.writer, "open_run", open_run)
    await night.sleep(hours=1.5)
    assert asked(night, "dimensions-20261129T0000+0700") == []
    await night.sleep(seconds=5)
    assert len(asked(night, "dimensions-20261129T0000+0700")) == len(WHOLES)


async def test_what_cannot_be_done_is_said_once(night: Night, monkeypatch: pytest.MonkeyPatch) -> None:
    async def refuse(_: Order) -> None:
        raise BadCommandError("It cannot be meant.")

    monkeypatch.setattr(night.orders, "carry_out", refuse)
    with capture_logs() as logs:
        await night.sleep(hours=1.5)
        await night.sleep(seconds=5)
    assert [line["job"] for line in logs if line["log_level"] == "error"] == ["dimensions", "health"]


async def test_another_time_counts_from_when_it_was_set(night: Night, engine: Engine) -> None:
    """At noon the time is set to ten o'clock: it fires tomorrow at ten, and today's was not missed."""
    await until(night, "2026-11-29T12:00:00+07:00", minutes=30)
    changed = Night(engine, night.clock, schedule_pos="0 10 * * *")
    await changed.scheduler.tell()
    await changed.scheduler.once()
    assert not any(run.startswith("pos-20261129T1000") for run in changed.runs())
    await until(changed, "2026-11-30T10:00:00+07:00", minutes=30)
    assert "pos-20261130T1000+0700" in changed.runs()


async def test_an_empty_expression_is_never(engine: Engine) -> None:
    night = Night(engine, SetClock(EVENING), **OFF)
    await night.scheduler.tell()
    await night.sleep(days=3)
    assert night.runs() == []
    assert {row.rule for name, row in night.routines.all().items() if name in {job.name for job in JOBS}} == {
        ""
    }


async def test_what_is_in_force_is_told(engine: Engine) -> None:
    """Pages say what the extractor does, not what another process was set to."""
    night = Night(engine, SetClock(EVENING), watch=False, catch_up_interval=20, schedule_pos="0 3 * * *")
    await night.scheduler.tell()
    told = {name: row.rule for name, row in night.routines.all().items()}
    assert (told["watch"], told["catch-up"], told["pos"]) == ("", "20", "0 3 * * *")
    assert told.keys() == {job.name for job in JOBS} | {"watch", "catch-up"}


@pytest.mark.parametrize("variable", [job.setting for job in JOBS])
def test_a_wrong_expression_is_refused_at_the_start(monkeypatch: pytest.MonkeyPatch, variable: str) -> None:
    monkeypatch.setenv(variable, "at two")
    with pytest.raises(ConfigurationError, match=rf"{variable}: .*0 2 \* \* \* for 02:00 every day"):
        load(ExtractorSettings)


def test_a_firing_has_one_id_wherever_it_is_worked_out() -> None:
    """In a doubled hour the offset tells the two apart."""
    berlin = ExtractorSettings(timezone="Europe/Berlin").zone
    first = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    ids = [_job("pos").run_id(first + timedelta(hours=n), berlin) for n in (0, 1)]
    assert ids == ["schedule-pos-20261025T0230+0200", "schedule-pos-20261025T0230+0100"]


def test_yesterday_is_that_of_the_firing() -> None:
    """A Monday's firing that is ordered on Tuesday is still about Sunday."""
    from nk_common.schedule.jobs import Occasion

    settings = ExtractorSettings()
    moment = datetime(2026, 11, 29, 19, tzinfo=UTC)
    order = _job("pos").order(Occasion("x", moment, moment + timedelta(hours=20), settings))
    assert isinstance(order, BackfillCommand)
    assert (order.start, order.end, order.force) == (date(2026, 11, 29), date(2026, 11, 29), False)


def _job(name: str) -> Job:
    return next(job for job in JOBS if job.name == name)
