"""`/v1/pipeline/alerts`, as its clients see it: written by a real notifier into a real ledger."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from nk_common.api.alerts import Alerts
from support.clock import SetClock
from support.ledger import empty_ledger
from support.notifying import NOON, Answering, fill, notifying, settings
from support.query_api import RunningApi, running_api
from support.receivers import Webhooks


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Engine]:
    with empty_ledger(tmp_path / "lake" / "metadata") as engine:
        fill(engine)
        yield engine


@pytest.fixture
async def api(ledger: Engine, tmp_path: Path, hooks: Webhooks) -> AsyncIterator[RunningApi]:
    """The query API was away for five minutes and came back; since then the disk is full, and the webhook down."""
    clock, served = SetClock(NOON), Answering()
    metadata = tmp_path / "lake" / "metadata"
    for least in ("0%", "100%"):
        asked = settings(metadata, hooks, alert_after=0, alert_recover_after=0, alert_disk_free=least)
        async with notifying(asked, clock, served) as notifier:
            for alive in (False, True):
                served.alive = alive or least == "100%"
                await notifier.alerting.once()
                hooks.status = 204 if least == "0%" else 500
                await notifier.sending.once()
                clock.tick(minutes=5)
    async with running_api(tmp_path) as api:
        yield api


async def test_what_lasts_comes_first_with_what_was_sent(api: RunningApi) -> None:
    found = Alerts.model_validate(await api.get("/v1/pipeline/alerts"))
    assert (found.total, found.open) == (2, 1)
    lasting, over = found.alerts
    assert (lasting.code, lasting.subject, lasting.state, lasting.closed_at) == (
        "disk-low",
        "lake",
        "open",
        None,
    )
    (note,) = lasting.notifications
    assert (note.channel, note.event, note.sent_at, note.attempts) == ("webhook", "opened", None, 2)
    assert "answered 500" in str(note.error)
    assert (over.code, over.state, over.opened_at) == ("query-api-away", "closed", NOON)
    assert [(one.event, one.sent_at is not None) for one in over.notifications] == [
        ("opened", True),
        ("recovered", True),
    ]


async def test_by_state_and_by_page(api: RunningApi) -> None:
    closed = Alerts.model_validate(await api.get("/v1/pipeline/alerts", state="closed"))
    assert [one.code for one in closed.alerts] == ["query-api-away"]
    assert (closed.total, closed.open) == (1, 1)
    second = Alerts.model_validate(await api.get("/v1/pipeline/alerts", limit=1, offset=1))
    assert [one.code for one in second.alerts] == ["query-api-away"]
    assert second.total == 2


async def test_wrong_questions_are_refused(api: RunningApi) -> None:
    await api.get("/v1/pipeline/alerts", status=422, state="pending")
    await api.get("/v1/pipeline/alerts", status=422, nothing="1")


async def test_without_a_ledger_nothing_is_said_to_be_well(tmp_path: Path) -> None:
    async with running_api(tmp_path / "other") as api:
        await api.get("/v1/pipeline/alerts", status=503)
