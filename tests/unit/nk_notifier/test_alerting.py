"""From the ledger to people: real ledger, real web server, real mail server, and a clock that is set."""

from __future__ import annotations

import asyncio
from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, update
from sqlalchemy.orm import Session

from nk_common.datasets.base import WHOLE
from nk_common.errors import LedgerUnavailableError
from nk_common.ledger.models import DeadLetterRow, PausedRow
from support.clock import SetClock
from support.notifying import (
    NOON,
    TODAY,
    YESTERDAY,
    Answering,
    alerts,
    before_the_window,
    change,
    compared,
    errors,
    fail,
    look,
    notifying,
    read_again,
    settings,
    told,
)
from support.receivers import Webhooks


async def test_a_day_that_is_tried_again_has_not_recovered(
    ledger: Engine, clock: SetClock, hooks: Webhooks, tmp_path: Path
) -> None:
    """It waits for its turn for hours, is read, and fails once more: one alert, and no word of a recovery."""
    fail(ledger)
    async with notifying(settings(tmp_path, hooks), clock) as notifier:
        await look(notifier, clock)
        await look(notifier, clock, 60)
        for state in ("requested", "requested", "extracting", "failed"):
            change(ledger, "purchases", str(YESTERDAY), state=state)
            await look(notifier, clock, 400)
        assert told(hooks) == [("opened", "day-failed", "purchases")]


async def test_a_failed_day_is_told_once_and_its_recovery_once(
    ledger: Engine, clock: SetClock, hooks: Webhooks, tmp_path: Path
) -> None:
    """After a minute, however often it is looked; and not before it has been well for five."""
    fail(ledger)
    async with notifying(settings(tmp_path, hooks), clock) as notifier:
        await look(notifier, clock)
        assert alerts(ledger) == [("day-failed", "purchases", "pending")]
        for _ in range(5):
            await look(notifier, clock, 60)
        assert told(hooks) == [("opened", "day-failed", "purchases")]
        change(
            ledger,
            "purchases",
            str(YESTERDAY),
            state="loaded",
            loaded_version=2,
            error_class=None,
            error=None,
        )
        await look(notifier, clock, 15)
        await look(notifier, clock, 299)
        assert len(told(hooks)) == 1
        await look(notifier, clock, 1)
        await look(notifier, clock, 900)
    assert told(hooks)[1:2] == [("recovered", "day-failed", "purchases")]
    assert [event for event in told(hooks) if event[1] == "day-failed"] == told(hooks)[:2]
    opened, recovered = hooks.posted[0].document, hooks.posted[1].document
    assert "2025-12-23. The last error: Odoo said no." in opened["alerts"][0]["reason"]["en"]
    assert opened["text"].startswith("nkdash: 1 new alert\n\n✕ Purchases")
    assert "What to do: " in opened["text"]
    assert opened["text"].endswith("https://shop.example.org/operational\n")
    assert "Recovered: it lasted from 24 Dec 2025 12:01 to 24 Dec 2025 12:10." in recovered["text"]


async def test_a_day_long_ago_that_failed_is_told_until_it_is_loaded(
    ledger: Engine, clock: SetClock, tmp_path: Path
) -> None:
    """Also while it is tried again. One that waits to be derived, or is only on its way, is no failure."""
    before_the_window(ledger, "pos", "2025-06-01", state="failed", error_class="OdooUnavailableError")
    before_the_window(ledger, "purchases", "2025-06-01", state="requested")
    before_the_window(ledger, "profit", "2025-06-01", state="failed", error_class="NotDerivableError")
    async with notifying(settings(tmp_path, alert_failed_after=60), clock) as notifier:
        await look(notifier, clock)
        assert alerts(ledger) == [("day-failed", "pos", "pending")]
        await look(notifier, clock, 60)
        assert alerts(ledger) == [("day-failed", "pos", "open")]
        change(ledger, "pos", "2025-06-01", state="extracting")
        await look(notifier, clock, 1)
        change(ledger, "pos", "2025-06-01", state="loaded", error_class=None)
        await look(notifier, clock, 1)
        assert alerts(ledger) == [("day-failed", "pos", "open")], "it has only just been loaded"
        await look(notifier, clock, 300)
    assert ("day-failed", "pos", "closed") in alerts(ledger)


async def test_a_restart_in_between_tells_nothing_twice(
    ledger: Engine, clock: SetClock, hooks: Webhooks, tmp_path: Path
) -> None:
    """What was noticed, opened, sent and gone is in the ledger, and not in a process."""
    fail(ledger)
    for seconds in (0, 30, 30, 60, 60):
        async with notifying(settings(tmp_path, hooks), clock) as notifier:
            await look(notifier, clock, seconds)
    assert told(hooks) == [("opened", "day-failed", "purchases")]


async def test_two_replicas_tell_it_once(
    ledger: Engine, clock: SetClock, hooks: Webhooks, tmp_path: Path
) -> None:
    fail(ledger)
    async with (
        notifying(settings(tmp_path, hooks), clock) as one,
        notifying(settings(tmp_path, hooks), clock) as other,
    ):
        for _ in range(4):
            clock.tick(seconds=40)
            await asyncio.gather(one.alerting.once(), other.alerting.once())
            await asyncio.gather(one.sending.once(), other.sending.once())
    assert told(hooks) == [("opened", "day-failed", "purchases")]
    assert alerts(ledger) == [("day-failed", "purchases", "open")]


async def test_an_extractor_that_died_is_noticed_by_somebody_else(
    ledger: Engine, clock: SetClock, hooks: Webhooks, tmp_path: Path
) -> None:
    """Nothing is read any more: sales are late after half an hour, failing after two, and well when it is back."""
    async with notifying(settings(tmp_path, hooks), clock) as notifier:
        await look(notifier, clock)
        assert alerts(ledger) == []
        await look(notifier, clock, 1800)
        await look(notifier, clock, 60)
        assert told(hooks) == [("opened", "dataset-late", name) for name in ("pos", "invoice-sales")]
        for _ in range(3):
            await look(notifier, clock, 5700)
        assert ("opened", "dataset-failing", "pos") in told(hooks)
        assert not [event for event in told(hooks) if event[0] == "recovered"], "failing is not recovered"
        read_again(ledger, clock.now())
        await look(notifier, clock, 1)
        read_again(ledger, clock.now())
        await look(notifier, clock, 300)
    assert {state for _, _, state in alerts(ledger)} == {"closed"}
    ended = [event for event in told(hooks) if event[0] == "recovered"]
    assert ("recovered", "dataset-failing", "pos") in ended
    assert ("recovered", "dataset-late", "pos") not in ended


async def test_a_pause_is_no_alarm_and_neither_is_a_first_start(
    ledger: Engine, clock: SetClock, tmp_path: Path
) -> None:
    """Somebody paused it on purpose; days that are on their way for the first time are missing for a while."""
    with Session(ledger) as session, session.begin():
        session.add(PausedRow(dataset="pos", since=NOON))
    change(ledger, "purchases", str(YESTERDAY), state="requested", loaded_version=None, as_of=None)
    change(ledger, "products", WHOLE, state="requested", loaded_version=None, as_of=None, requested_at=NOON)
    async with notifying(settings(tmp_path, alert_after=0), clock) as notifier:
        await look(notifier, clock, 1801)
    assert alerts(ledger) == [("dataset-late", "invoice-sales", "open")]


async def test_an_error_that_may_pass_is_given_an_hour(
    ledger: Engine, clock: SetClock, tmp_path: Path
) -> None:
    fail(ledger, "OdooUnavailableError")
    async with notifying(settings(tmp_path), clock) as notifier:
        await look(notifier, clock)
        await look(notifier, clock, 1700)
        assert ("day-failed", "purchases", "pending") in alerts(ledger)
        await look(notifier, clock, 1900)
    assert ("day-failed", "purchases", "open") in alerts(ledger)


async def test_a_day_that_stayed_different_is_told(ledger: Engine, clock: SetClock, tmp_path: Path) -> None:
    """Once it was read again and compared again; a first difference is read again and may be gone."""
    earlier, later = NOON - timedelta(hours=20), NOON - timedelta(hours=1)
    compared(ledger, "first", earlier, YESTERDAY, pos="different", purchases="different")
    async with notifying(settings(tmp_path, alert_after=0), clock) as notifier:
        await look(notifier, clock)
        assert alerts(ledger) == []
        compared(ledger, "second", later, YESTERDAY, pos="different", purchases="equal")
        await look(notifier, clock)
    assert alerts(ledger) == [("reconciliation-differs", "pos", "open")]


async def test_an_unusable_message_is_told_and_one_of_a_day_is_that_days_failure(
    ledger: Engine, clock: SetClock, tmp_path: Path
) -> None:
    with Session(ledger) as session, session.begin():
        for day in (None, str(YESTERDAY)):
            session.add(
                DeadLetterRow(
                    at=NOON, topic=f"topic-{day}", error_class="UnreadableMessageError", message="not JSON",
                    dataset="pos" if day else None, day=day,
                )
            )  # fmt: skip
    async with notifying(settings(tmp_path, alert_after=0), clock) as notifier:
        await look(notifier, clock)
        assert alerts(ledger) == [("dead-letters", "topic-None", "open")]
        await look(notifier, clock, 3 * 24 * 3600)
        assert ("dead-letters", "topic-None", "open") in alerts(ledger), "until somebody decides"
        with Session(ledger) as session, session.begin():
            session.execute(update(DeadLetterRow).values(resolution="discarded"))
        await look(notifier, clock, 1)
        await look(notifier, clock, 300)
    assert ("dead-letters", "topic-None", "closed") in alerts(ledger)


async def test_key_disk_and_query_api(
    ledger: Engine, clock: SetClock, hooks: Webhooks, tmp_path: Path
) -> None:
    api = Answering()
    api.alive = False
    asked = settings(
        tmp_path,
        hooks,
        alert_after=0,
        alert_disk_free="100%",
        odoo_api_key_expires=TODAY + timedelta(days=14),
    )
    async with notifying(asked, clock, api) as notifier:
        await look(notifier, clock)
    assert told(hooks) == [
        ("opened", "odoo-key-expires", "odoo"),
        ("opened", "disk-low", "lake"),
        ("opened", "query-api-away", "query-api"),
    ]
    assert "expires on 2026-01-07, in 14 days" in hooks.posted[0].document["text"]


async def test_a_key_that_lasts_is_no_news(ledger: Engine, clock: SetClock, tmp_path: Path) -> None:
    asked = settings(tmp_path, alert_after=0, odoo_api_key_expires=date(2026, 1, 8))
    async with notifying(asked, clock) as notifier:
        await look(notifier, clock)
    assert alerts(ledger) == []


async def test_without_a_channel_alerts_are_kept(ledger: Engine, clock: SetClock, tmp_path: Path) -> None:
    fail(ledger)
    async with notifying(settings(tmp_path, alert_after=0), clock) as notifier:
        await look(notifier, clock)
        assert notifier.ledger.read(errors) == []
    assert alerts(ledger) == [("day-failed", "purchases", "open")]


async def test_metrics_tell_what_is_open_and_what_was_sent(
    ledger: Engine, clock: SetClock, hooks: Webhooks, tmp_path: Path
) -> None:
    fail(ledger)
    hooks.status = 500
    async with notifying(settings(tmp_path, hooks, alert_after=0), clock) as notifier:
        await look(notifier, clock)
        hooks.status = 204
        await look(notifier, clock, 60)
        registry = notifier.metrics.registry
        assert registry.get_sample_value("nk_alerts_open", {"code": "day-failed"}) == 1
        assert registry.get_sample_value("nk_alerts_open", {"code": "disk-low"}) == 0
        for outcome in ("sent", "failed"):
            labels = {"channel": "webhook", "outcome": outcome}
            assert registry.get_sample_value("nk_notifications_total", labels) == 1


async def test_without_a_ledger_nothing_is_judged_and_none_is_made(tmp_path: Path, clock: SetClock) -> None:
    asked = settings(tmp_path, ledger_url=f"sqlite:///{tmp_path / 'ledger.db'}")
    async with notifying(asked, clock) as notifier:
        with pytest.raises(LedgerUnavailableError, match="no ledger yet"):
            await notifier.alerting.once()
    assert not (tmp_path / "ledger.db").exists()
