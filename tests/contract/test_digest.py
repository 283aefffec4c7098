"""The morning digest, on figures of a real query API: what it says, and that it is sent once, at its time.

The files under golden_notifier/ are what people and programs receive. To write them anew:

    UPDATE_GOLDEN=1 .venv/bin/python -m pytest tests/contract/test_digest.py
"""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from nk_common.ledger.models import DeadLetterRow
from nk_notifier.app import Notifier
from nk_notifier.query_api import QueryApiAwayError
from support.clock import SetClock
from support.lake_factory import LakeFactory, sale
from support.ledger import empty_ledger
from support.notifying import TODAY, YESTERDAY, Answering, change, compared, fill, notifying, settings
from support.query_api import RunningApi, running_api
from support.receivers import Mails, Webhooks
from support.stock_lake import WAREHOUSE, dimensions, snapshot, sold

GOLDEN = Path(__file__).parent / "golden_notifier"
BEFORE, WEEK_BEFORE = date(2025, 12, 22), date(2025, 12, 16)
READ = datetime(2025, 12, 24, 0, 10, tzinfo=UTC)
"""07:10 of today in the shop: yesterday was over."""
NIGHT = datetime(2025, 12, 23, 19, 40, tzinfo=UTC)


def write_days(lake: LakeFactory, *, week_before: bool = True) -> None:
    """
    product       16th (a week before)  22nd (the day before)  23rd (yesterday)
    1 Serum A     150,000               300,000                400,000
    2 Serum B     250,000               -                      -
    3 Hair Serum  -                     -                      100,000
    """
    dimensions(lake)
    if week_before:
        sold(lake, WEEK_BEFORE, (1, 1, 150_000.0), (2, 1, 250_000.0))
    sold(lake, BEFORE, (1, 2, 300_000.0))
    lake.sales(
        YESTERDAY, sale(1, 400_000.0, line_id=1, quantity=2.0), sale(2, 100_000.0, line_id=2, product_id=3)
    )
    lake.day("invoice-sales", YESTERDAY, {})
    lines = [
        {"source": "pos", "line_id": n, "cost_unit_tax_in": cost} for n, cost in ((1, 150_000), (2, 50_000))
    ]
    lake.day("profit", YESTERDAY, {"fact_sales_lines_profit": lines})
    # In three days five of product 1 were sold: 1 lasts 0.6 days. One of 3 was: 50 last long. 2 is sold out.
    snapshot(lake, YESTERDAY, "20:00", (1, WAREHOUSE, 1.0), (3, WAREHOUSE, 50.0))


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Engine]:
    """Everything was read this morning at 07:10, and compared in the night."""
    with empty_ledger(tmp_path / "lake" / "metadata") as engine:
        fill(engine, READ)
        yield engine


@pytest.fixture
async def api(ledger: Engine, tmp_path: Path) -> AsyncIterator[RunningApi]:
    write_days(LakeFactory(tmp_path / "lake"))
    async with running_api(tmp_path, "2025-12-24T06:30+07:00") as api:
        yield api


@asynccontextmanager
async def morning(
    api: RunningApi, folder: Path, hooks: Webhooks | None = None, post: Mails | None = None, **more: Any
) -> AsyncIterator[Notifier]:
    """A notifier on the clock of the API."""
    asked = settings(folder / "lake" / "metadata", hooks, post, **more)
    async with notifying(asked, api.clock, httpx.ASGITransport(api.app)) as notifier:
        yield notifier


async def at(notifier: Notifier, clock: SetClock, local: str) -> bool:
    """Whether a digest was written when it was that time in the shop (UTC+7); everything due is sent."""
    moment = datetime.fromisoformat(f"{TODAY}T{local}+07:00")
    clock.tick(seconds=(moment - clock.now()).total_seconds())
    written = await notifier.digesting.once()
    await notifier.sending.once()
    return written


def same_as_golden(name: str, text: str) -> None:
    text = text.replace("\r\n", "\n")  # as mail ends its lines
    file = GOLDEN / name
    if os.environ.get("UPDATE_GOLDEN"):
        file.parent.mkdir(exist_ok=True)
        file.write_text(text, encoding="utf-8")
    assert text == file.read_text(encoding="utf-8")


@pytest.mark.parametrize("lang", ["id", "en"])
async def test_what_it_says(
    api: RunningApi, ledger: Engine, tmp_path: Path, hooks: Webhooks, post: Mails, lang: str
) -> None:
    """Yesterday beside the day before and the same weekday a week before, in the reader's own way of writing."""
    compared(ledger, "night", NIGHT, YESTERDAY, pos="equal", invoice_sales="equal")
    async with morning(api, tmp_path, hooks, post, notify_language=lang) as notifier:
        assert await at(notifier, api.clock, "07:30:00")
    ((_, _, mail),) = post.received
    text, html = mail.get_body(("plain",)), mail.get_body(("html",))
    assert text is not None
    assert html is not None
    same_as_golden(f"digest.{lang}.txt", f"{mail['Subject']}\n\n{text.get_content()}")
    same_as_golden(f"digest.{lang}.html", html.get_content())
    (sent,) = hooks.posted
    same_as_golden(f"digest.{lang}.json", json.dumps(sent.document, indent=1, ensure_ascii=False) + "\n")


async def test_it_is_sent_once_a_day(
    api: RunningApi, ledger: Engine, tmp_path: Path, hooks: Webhooks
) -> None:
    """Not before its time, by one of two notifiers, and not again after a restart."""
    compared(ledger, "night", NIGHT, YESTERDAY, pos="equal", invoice_sales="equal")
    async with morning(api, tmp_path, hooks) as one, morning(api, tmp_path, hooks) as other:
        assert not await at(one, api.clock, "07:29:59")
        assert hooks.posted == []
        api.clock.tick(seconds=1)
        assert sorted(await asyncio.gather(one.digesting.once(), other.digesting.once())) == [False, True]
        await asyncio.gather(one.sending.once(), other.sending.once())
    async with morning(api, tmp_path, hooks) as again:
        assert not await at(again, api.clock, "08:00:00")
    assert [sent.document["day"] for sent in hooks.posted] == ["2025-12-23"]


async def test_it_waits_for_the_nights_comparison_and_not_for_ever(
    api: RunningApi, ledger: Engine, tmp_path: Path, hooks: Webhooks
) -> None:
    """A comparison of yesterday evening knows nothing of what was sold after it."""
    evening = datetime(2025, 12, 23, 16, tzinfo=UTC)
    compared(ledger, "evening", evening, YESTERDAY, pos="equal", invoice_sales="equal")
    async with morning(api, tmp_path, hooks) as notifier:
        assert not await at(notifier, api.clock, "07:30:00")
        assert not await at(notifier, api.clock, "09:59:59")
        assert await at(notifier, api.clock, "10:00:00")
    (sent,) = hooks.posted
    assert sent.document["missing"] == ["not-compared:pos", "not-compared:invoice-sales"]
    note, figures = sent.document["text"].split("\n\n")[1:3]
    assert note.startswith("Please note\n- Point of sale: the day has not been compared with Odoo yet.")
    assert figures.startswith("Tue, 23 Dec 2025\nRevenue: Rp")


async def test_where_nothing_is_compared_nothing_is_waited_for(
    api: RunningApi, tmp_path: Path, hooks: Webhooks
) -> None:
    async with morning(api, tmp_path, hooks, schedule_reconcile="") as notifier:
        assert await at(notifier, api.clock, "07:30:00")
    assert hooks.posted[0].document["missing"] == []


async def test_a_day_that_is_not_whole_is_said_first(
    api: RunningApi, ledger: Engine, tmp_path: Path, hooks: Webhooks
) -> None:
    """Invoices were last read before the day was over; a difference of the till is said, and not waited for."""
    compared(ledger, "night", NIGHT, YESTERDAY, pos="different", invoice_sales="equal")
    change(ledger, "invoice-sales", str(YESTERDAY), as_of=datetime(2025, 12, 23, 9, tzinfo=UTC))
    async with morning(api, tmp_path, hooks) as notifier:
        assert not await at(notifier, api.clock, "09:00:00")
        assert await at(notifier, api.clock, "10:00:00")
    (sent,) = hooks.posted
    assert sent.document["missing"] == ["not-loaded:invoice-sales"]
    assert sent.document["remarks"] == ["differs:pos"]
    assert "the day is not loaded whole, so its figures are not complete" in sent.document["text"]


async def test_missing_is_not_zero(ledger: Engine, tmp_path: Path, hooks: Webhooks) -> None:
    """Nothing of yesterday is in the lake: there are dashes and no zeros."""
    lake = LakeFactory(tmp_path / "lake")
    dimensions(lake)
    change(ledger, "pos", str(YESTERDAY), state="failed", loaded_version=None)
    async with (
        running_api(tmp_path, "2025-12-24T06:30+07:00") as api,
        morning(api, tmp_path, hooks) as notifier,
    ):
        assert await at(notifier, api.clock, "10:00:00")
    (sent,) = hooks.posted
    assert {figure["value"] for figure in sent.document["figures"].values()} == {None}
    assert sent.document["low_stock"] == {"count": None, "products": []}
    assert "Revenue: –\nTransactions: –\n" in sent.document["text"]
    assert "Nothing is known of the stock yet." in sent.document["text"]


async def test_it_waits_for_the_dashboard_to_take_the_day_up_and_says_so_when_that_takes_too_long(
    ledger: Engine, tmp_path: Path, hooks: Webhooks
) -> None:
    """The ledger knows the day as loaded; the serving database is still being filled."""
    compared(ledger, "night", NIGHT, YESTERDAY, pos="equal", invoice_sales="equal")
    lake = LakeFactory(tmp_path / "lake")
    dimensions(lake)
    async with (
        running_api(tmp_path, "2025-12-24T06:30+07:00") as api,
        morning(api, tmp_path, hooks) as notifier,
    ):
        assert not await at(notifier, api.clock, "07:30:00")
        assert not await at(notifier, api.clock, "09:59:59")
        assert await at(notifier, api.clock, "10:00:00")
    (sent,) = hooks.posted
    assert sent.document["missing"] == ["not-served:sales"]
    assert (
        "Please note\n- Sales: the day is loaded and not yet in the dashboard's figures"
        in sent.document["text"]
    )


async def test_beside_a_day_that_is_missing_nothing_rose(
    ledger: Engine, tmp_path: Path, hooks: Webhooks
) -> None:
    """And nothing is said to have changed since."""
    write_days(LakeFactory(tmp_path / "lake"), week_before=False)
    async with (
        running_api(tmp_path, "2025-12-24T06:30+07:00") as api,
        morning(api, tmp_path, hooks) as notifier,
    ):
        assert await at(notifier, api.clock, "10:00:00")
    (sent,) = hooks.posted
    assert (sent.document["rising"], sent.document["falling"]) == ([], [])
    assert "Revenue: Rp\u00a0500,000 (+66.7% on the day before)\n" in sent.document["text"]


async def test_without_the_query_api_it_waits(
    api: RunningApi, ledger: Engine, tmp_path: Path, hooks: Webhooks
) -> None:
    compared(ledger, "night", NIGHT, YESTERDAY, pos="equal", invoice_sales="equal")
    away = Answering()
    away.alive = False
    asked = settings(tmp_path / "lake" / "metadata", hooks)
    async with notifying(asked, api.clock, away) as notifier:
        with pytest.raises(QueryApiAwayError):
            await at(notifier, api.clock, "10:30:00")
    async with morning(api, tmp_path, hooks) as notifier:
        assert await at(notifier, api.clock, "10:31:00")
    assert len(hooks.posted) == 1


async def test_a_channel_that_is_down_gets_it_later_and_alerts_do_not_wait_for_it(
    api: RunningApi, ledger: Engine, tmp_path: Path, hooks: Webhooks
) -> None:
    """A digest that a receiver does not take must not hold up what is urgent."""
    compared(ledger, "night", NIGHT, YESTERDAY, pos="equal", invoice_sales="equal")
    async with morning(api, tmp_path, hooks, alert_after=0) as notifier:
        hooks.status = 413
        assert await at(notifier, api.clock, "07:30:00")
        hooks.status = 204
        api.clock.tick(seconds=5)
        _unusable(ledger, api.clock.now())
        await notifier.alerting.once()
        await notifier.sending.once()
        assert "dead-letters" in [
            one["code"] for sent in hooks.posted for one in sent.document.get("alerts", ())
        ]
        await at(notifier, api.clock, "07:31:00")
    assert [sent.document["schema"] for sent in hooks.posted].count("nkdash.digest.v1") == 1


def _unusable(ledger: Engine, moment: datetime) -> None:
    with Session(ledger) as session, session.begin():
        session.add(
            DeadLetterRow(
                at=moment - timedelta(minutes=1), topic="nk.control.v1", error_class="UnreadableMessageError",
                message="not JSON",
            )
        )  # fmt: skip
