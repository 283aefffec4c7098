"""A fortnight in some minutes, with all that can happen to a shop in it (see `support.fortnight`).

Late October in Berlin: clocks are put back on the 25th, and a month ends. Odoo is away for nine hours of a business
day, the broker comes back empty, the loader is dead for three hours, the extractor for a night; documents
of past days are changed. Afterwards everything is there, equal to Odoo, and nothing was read in vain.

`docs/measurements.md` has the summary that `python -m pytest -s` of this file prints.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from itertools import pairwise

import httpx
import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from nk_common.clock import day_end
from nk_common.datasets import DAILY
from nk_common.datasets.base import PartitionKey
from nk_common.events.commands import BackfillCommand
from nk_common.ledger.alerts import AlertRow
from nk_common.ledger.models import DeadLetterRow, RunRow
from nk_common.planning import days_between
from nk_demo.server import running
from nk_demo.settings import DemoSettings
from nk_notifier.app import Notifier
from support.clock import SetClock
from support.fortnight import Fortnight, Read, notified
from support.receivers import Webhooks, webhooks
from support.system import kafka_kind

pytestmark = pytest.mark.skipif(kafka_kind() != "embedded", reason="the bus is a queue in this process")

ZONE = "Europe/Berlin"
FIRST, LAST, END = date(2026, 10, 20), date(2026, 11, 2), "2026-11-03T09:00"
READ = [d.name for d in DAILY if d.rebuilt != "always"]
AGAIN = BackfillCommand(
    id="again",
    datasets=["pos", "invoice-sales"],
    start=date(2026, 10, 17),
    end=date(2026, 10, 19),
    force=True,
)
LOOSE = {
    "late_after_sales": 7200, "failing_after_sales": 14_400, "late_after_bills": 7200, "late_after_moves": 7200,
    "late_after_stock": 7200, "late_after_derived": 14_400, "failing_after_derived": 28_800,
}  # fmt: skip
"""The loops look once an hour of this clock, not every few seconds."""
INCIDENTS = [("2026-10-22T09:00", "2026-10-22T21:00"), ("2026-10-26T10:00", "2026-10-26T16:00"),
             ("2026-10-30T01:00", "2026-10-30T12:00")]  # fmt: skip


@dataclass
class Past:
    """What is left of the fortnight."""

    shop: Fortnight
    hooks: Webhooks
    edited: set[PartitionKey]
    lost: int


@pytest.fixture(scope="module")
def past(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Past]:
    clock = SetClock("2026-10-20T00:10:00+02:00")
    knobs = DemoSettings(port=0, days=20, orders_per_day=15, products=30, customers=30, tz=ZONE)
    with running(knobs, clock.now) as demo, webhooks() as hooks:
        settings = {"initial_days": 10, "retry_attempts": 1, "today_interval": 3600, "watch_interval": 3600}
        shop = Fortnight(tmp_path_factory.mktemp("fortnight"), demo, clock, ZONE, **settings)
        found = Past(shop, hooks, set(), 0)
        asyncio.run(_live(found))
        yield found
        shop.close()
        shop.watching.close()


async def _live(past: Past) -> None:
    shop = past.shop
    async with notified(shop, past.hooks, **LOOSE) as notifier:
        await shop.start_extractor()
        await shop.look()
        await shop.live("2026-10-22T09:00", notifier)
        shop.outage(begins=True)
        await shop.live("2026-10-22T18:00", notifier)
        shop.outage(begins=False)
        await shop.live("2026-10-23T14:00", notifier)
        past.lost = await _lose_the_bus(shop)
        await shop.live("2026-10-26T10:00", notifier)
        shop.loader_runs = False
        await shop.live("2026-10-26T13:00", notifier)
        shop.loader_starts()
        await _edit(past, notifier)
        await shop.live("2026-10-30T01:00", notifier)
        shop.extractor_runs = False
        await shop.live("2026-10-30T09:00", notifier)
        await shop.start_extractor()
        await shop.live(END, notifier)


async def _lose_the_bus(shop: Fortnight) -> int:
    """In the middle of a backfill; the services notice (see `Bus.watch`) and ask again for what was on its way."""
    await shop.planner.run(AGAIN)
    await shop.dispatcher.once()
    for _ in range(5):
        await shop.handle(shop.bus.waiting.popleft())
    lost = shop.bus_is_lost()
    await shop.upkeep.resume()
    return lost


async def _edit(past: Past, notifier: Notifier) -> None:
    """Orders of past days are changed and cancelled, days later."""
    shop = past.shop
    await shop.live("2026-10-28T11:00", notifier)
    for day, action in (
        (date(2026, 10, 24), "edit"),
        (date(2026, 10, 25), "cancel"),
        (date(2026, 10, 27), "edit"),
    ):
        shop.demo.control.post(f"/demo/{action}", {"order_id": _an_order_of(shop, day)})
        past.edited.add(PartitionKey("pos", day))


def _an_order_of(shop: Fortnight, day: date) -> int:
    """One that counts and was no refund."""
    begins, ends = (day_end(date.fromordinal(day.toordinal() + n), shop.zone) for n in (-1, 0))
    domain = [
        ["date_order", ">=", f"{begins:%Y-%m-%d %H:%M:%S}"], ["date_order", "<", f"{ends:%Y-%m-%d %H:%M:%S}"],
        ["state", "in", ["paid", "done"]], ["amount_total", ">", 0],
    ]  # fmt: skip
    return shop.client.search("pos.order", domain)[0]


def test_every_day_is_loaded_after_it_was_over(past: Past) -> None:
    rows = {(row.dataset, row.day): row for row in past.shop.reader.partitions(FIRST, LAST)}
    for day in days_between(FIRST, LAST):
        for dataset in DAILY:
            row = rows[dataset.name, day.isoformat()]
            assert (row.state, row.error) == ("loaded", None), (dataset.name, day)
            assert row.as_of is not None
            if dataset.rebuilt == "never":
                assert row.as_of >= day_end(day, past.shop.zone), (dataset.name, day)


def test_every_day_is_equal_to_odoo_and_was_compared(past: Past) -> None:
    """By Odoo's own sums, in the last night's comparison; and each night had one."""
    done = [one for one in past.shop.compared.newest(30) if one.run.state == "done"]
    assert done[0].counts.keys() == {"equal"}
    assert {one.run.created_at.astimezone(past.shop.zone).date() for one in done} >= {
        day for day in days_between(FIRST, date(2026, 11, 3)) if day != FIRST
    }


def test_figures_are_those_of_the_shop(past: Past) -> None:
    """The demo's own totals, which nothing of nkdash has added up."""
    url = f"{past.shop.demo.url}/demo/totals?dataset=pos&start={FIRST}&end={LAST}"
    totals = httpx.get(url).raise_for_status().json()["days"]
    rows = {row.day: row for row in past.shop.reader.partitions(FIRST, LAST, ["pos"])}
    assert [one["day"] for one in totals] == [day.isoformat() for day in days_between(FIRST, LAST)]
    for one in totals:
        assert (rows[one["day"]].amount or 0.0) == pytest.approx(float(one["revenue"]), abs=0.01), one["day"]


def test_nothing_was_read_in_vain(past: Past) -> None:
    """A day that is over is read once; again only when Odoo had something new, or somebody insisted."""
    for day in days_between(date(2026, 10, 17), LAST):
        for dataset in READ:
            assert len(_by_itself(past, dataset, day)) >= (dataset != "stock-quants"), (dataset, day)
    needless = _needless(past)
    # A bill that was only ever a draft is cancelled: the watch cannot know that it never counted.
    assert {read.key.dataset for read in needless} <= {"purchases", "invoice-sales"}
    assert all(read.run.startswith("watch-") for read in needless)
    assert len(needless) <= 3


def _by_itself(past: Past, dataset: str, day: date) -> list[Read]:
    """Readings of a day after it was over that nobody asked for."""
    return [read for read in past.shop.reads_after(PartitionKey(dataset, day)) if read.run != AGAIN.id]


def _needless(past: Past) -> list[Read]:
    """Those that brought the same bytes as the one before."""
    days = [
        _by_itself(past, dataset, day) for day in days_between(date(2026, 10, 17), LAST) for dataset in READ
    ]
    return [two for reads in days for one, two in pairwise(reads) if one.content == two.content]


def test_what_was_changed_later_was_read_again(past: Past) -> None:
    edited_at = past.shop.local("2026-10-28T11:00")
    for key in past.edited:
        assert [read for read in past.shop.reads_after(key) if read.at > edited_at], key


def test_the_schedule_fired_each_job_once(past: Past) -> None:
    """Every night, also when clocks are put back; the night that was slept through is caught up in the morning."""
    with Session(past.shop.engine) as session:
        ids = list(session.scalars(select(RunRow.id).where(RunRow.id.like("schedule-pos-%"))))
    nights = sorted(run.removeprefix("schedule-pos-")[:8] for run in ids)
    assert nights == [f"{day:%Y%m%d}" for day in days_between(FIRST, date(2026, 11, 3))]


def test_no_message_was_given_up(past: Past) -> None:
    """Nine hours without Odoo: what must be read waits, and fails nobody's day."""
    assert past.lost > 0
    with Session(past.shop.engine) as session:
        assert session.scalar(select(func.count()).select_from(DeadLetterRow)) == 0


def test_people_were_told_once_each(past: Past) -> None:
    """Of every incident, each alert once and its end once; at the end nothing is open but the query API, which this
    fortnight has none of."""
    with Session(past.shop.engine) as session:
        alerts = [row for row in session.scalars(select(AlertRow)) if row.code != "query-api-away"]
    assert [row.subject for row in alerts if row.state == "open"] == []
    for begins, ends in INCIDENTS:
        during = [row for row in alerts if row.opened_at and _within(past, row.opened_at, begins, ends)]
        told = Counter((row.code, row.subject) for row in during)
        assert told, begins
        assert set(told.values()) == {1}, told
        if begins == INCIDENTS[0][0]:
            assert {code for code, _ in told} == {"odoo-away"}, "one cause is one alert"
    outside = [
        row
        for row in alerts
        if row.opened_at and not any(_within(past, row.opened_at, *i) for i in INCIDENTS)
    ]
    assert [(row.code, row.subject, row.opened_at) for row in outside] == []
    said = Counter((one["event"], one["id"]) for post in past.hooks.posted for one in post.document["alerts"])
    assert set(said.values()) == {1}
    opened = {row.id for row in alerts if row.opened_at}
    assert {number for event, number in said if event == "opened"} >= opened


def test_summary(past: Past) -> None:
    """What docs/measurements.md tells of it."""
    shop = past.shop
    reads = Counter(read.key.dataset for read in shop.reads if read.key.day and FIRST <= read.key.day <= LAST)
    after = Counter(
        len(shop.reads_after(PartitionKey(d, day))) for d in READ for day in days_between(FIRST, LAST)
    )
    print(f"\nreadings of the fortnight by dataset: {dict(reads)}")
    print(f"readings of a day after its end, and of how many days: {dict(sorted(after.items()))}")
    print(f"readings that brought nothing new: {len(_needless(past))}")
    with Session(shop.engine) as session:
        for row in session.scalars(select(AlertRow).where(AlertRow.opened_at.is_not(None))):
            print(f"alert: {row.code} {row.subject} {row.opened_at} to {row.closed_at}")
    print(f"messages lost with the bus: {past.lost}; posts to the webhook: {len(past.hooks.posted)}")
    assert sum(after.values()) == len(READ) * 14


def _within(past: Past, at: datetime, begins: str, ends: str) -> bool:
    return past.shop.local(begins) <= at <= past.shop.local(ends)
