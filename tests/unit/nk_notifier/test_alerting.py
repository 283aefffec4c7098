"""From the ledger to people: real ledger, real web server, real mail server, and a clock that is set."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, select, update
from sqlalchemy.orm import Session

from nk_common.datasets.base import WHOLE
from nk_common.errors import LedgerUnavailableError
from nk_common.ledger.alerts import NotificationRow
from nk_common.ledger.models import DeadLetterRow, PausedRow
from nk_common.ledger.routines import WATCH, Routines
from nk_common.ledger.writer import LedgerWriter
from nk_notifier.app import Notifier
from nk_notifier.channels import email
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
    notifying,
    read_again,
    settings,
)
from support.receivers import Mails, Webhooks


async def look(notifier: Notifier, clock: SetClock, seconds: float = 0) -> None:
    clock.tick(seconds=seconds)
    await notifier.alerting.once()
    await notifier.sending.once()


def fail(ledger: Engine, error_class: str = "OdooRefusedError", dataset: str = "purchases") -> None:
    change(
        ledger, dataset, str(YESTERDAY), state="failed", loaded_version=None, error="Odoo said no.",
        error_class=error_class,
    )  # fmt: skip


def told(hooks: Webhooks) -> list[tuple[str, str, str]]:
    """Event, code and subject of everything that arrived."""
    return [
        (one["event"], one["code"], one["subject"])
        for post in hooks.posted
        for one in post.document["alerts"]
    ]


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


async def test_a_channel_that_is_down_gets_everything_when_it_is_back_and_holds_up_nobody(
    ledger: Engine, clock: SetClock, hooks: Webhooks, post: Mails, tmp_path: Path
) -> None:
    """Tried again later and later; what happened meanwhile comes with it, in order, in one message."""
    fail(ledger)
    hooks.status = 503
    async with notifying(settings(tmp_path, hooks, post), clock) as notifier:
        await look(notifier, clock)
        await look(notifier, clock, 60)
        assert len(post.received) == 1, "e-mail does not wait for the webhook"
        hooks.status = 204
        await look(notifier, clock, 29)
        assert hooks.posted == [], "it has half a minute before the next attempt"
        hooks.status = 503
        await look(notifier, clock, 1)
        change(ledger, "purchases", str(YESTERDAY), state="loaded", loaded_version=2)
        read_again(ledger, clock.now())
        await look(notifier, clock, 1)
        await look(notifier, clock, 301)
        hooks.status = 204
        read_again(ledger, clock.now())
        await look(notifier, clock, 900)
    assert told(hooks) == [("opened", "day-failed", "purchases"), ("recovered", "day-failed", "purchases")]
    assert len(hooks.posted) == 1
    assert hooks.posted[0].document["text"].startswith("nkdash: 1 new alert, 1 recovered\n")
    assert [mail["Subject"] for _, _, mail in post.received] == ["nkdash: 1 new alert", "nkdash: 1 recovered"]


async def test_a_mail_is_text_and_html_to_everybody(
    ledger: Engine, clock: SetClock, post: Mails, tmp_path: Path
) -> None:
    fail(ledger)
    change(ledger, "purchases", str(YESTERDAY), error="<b>no</b>")
    asked = settings(tmp_path, None, post, notify_language="id", alert_after=0)
    async with notifying(asked, clock) as notifier:
        await look(notifier, clock)
    ((sender, recipients, mail),) = post.received
    assert (sender, recipients) == ("nkdash@shop.example", ["owner@shop.example", "staff@shop.example"])
    assert mail["Subject"] == "nkdash: 1 peringatan baru"
    text, html = mail.get_body(("plain",)), mail.get_body(("html",))
    assert text is not None
    assert html is not None
    assert "Yang perlu dilakukan: Baca galatnya" in text.get_content()
    assert "&lt;b&gt;no&lt;/b&gt;" in html.get_content()
    assert '<a href="https://shop.example.org/operational">' in html.get_content()


async def test_a_recipient_that_is_refused_keeps_it_from_nobody(
    ledger: Engine, clock: SetClock, post: Mails, tmp_path: Path
) -> None:
    """And the others do not get it again and again."""
    fail(ledger)
    post.refuse = {"staff@shop.example"}
    async with notifying(settings(tmp_path, None, post, alert_after=0), clock) as notifier:
        await look(notifier, clock)
        await look(notifier, clock, 600)
    assert [recipients for _, recipients, _ in post.received] == [["owner@shop.example"]]


async def test_a_mail_that_was_accepted_is_sent_once_whatever_the_server_says_afterwards(
    ledger: Engine, clock: SetClock, post: Mails, tmp_path: Path
) -> None:
    post.leave = "421 too busy to say good-bye"
    fail(ledger)
    async with notifying(settings(tmp_path, mails=post), clock) as notifier:
        await look(notifier, clock)
        await look(notifier, clock, 60)
        await look(notifier, clock, 300)
    assert len(post.received) == 1


async def test_a_mail_server_that_is_too_slow_does_not_take_it_after_all(
    ledger: Engine, clock: SetClock, post: Mails, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each of its answers is in time, all of them together are not: the message is sent again later, and only then."""
    monkeypatch.setattr(email, "_AT_MOST", 0.5)
    post.slow = 0.2
    fail(ledger)
    async with notifying(settings(tmp_path, mails=post), clock) as notifier:
        await look(notifier, clock)
        await look(notifier, clock, 60)
        assert post.received == []
        assert any("The mail server cannot be used" in error for error in _errors(ledger))
        post.slow = 0.0
        await look(notifier, clock, 60)
    assert len(post.received) == 1


async def test_a_post_is_signed(ledger: Engine, clock: SetClock, hooks: Webhooks, tmp_path: Path) -> None:
    """As docs/operations.md says: the moment, a dot and the body."""
    fail(ledger)
    asked = settings(tmp_path, hooks, alert_after=0, alert_webhook_secret="our secret")
    async with notifying(asked, clock) as notifier:
        await look(notifier, clock)
    (post,) = hooks.posted
    moment = post.headers["x-nkdash-timestamp"]
    assert moment == str(int(NOON.timestamp()))
    wanted = hmac.new(b"our secret", moment.encode() + b"." + post.body, hashlib.sha256).hexdigest()
    assert post.headers["x-nkdash-signature"] == f"sha256={wanted}"
    assert post.headers["x-nkdash-id"] == post.document["id"]


async def test_no_secret_and_no_address_is_logged_or_kept(
    ledger: Engine,
    clock: SetClock,
    hooks: Webhooks,
    post: Mails,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    fail(ledger)
    hooks.status, post.password = 404, "right"
    asked = settings(
        tmp_path, hooks, post, alert_after=0, smtp_username="mail-user", smtp_password="wrong-password"
    )
    async with notifying(asked, clock) as notifier:
        await look(notifier, clock)
        errors = notifier.ledger.read(_errors)
    assert sorted(errors) == [
        "The mail server refused the login (535). Check NK_SMTP_USERNAME and NK_SMTP_PASSWORD.",
        "The webhook answered 404 and not 2xx. Check NK_ALERT_WEBHOOK_URL, and what its receiver says.",
    ]
    # To the standard output, or where an earlier test of this process has sent the log.
    said = capsys.readouterr().out + caplog.text
    assert said.count("not accepted, tried again later") == 2
    for secret in ("very-secret", "wrong-password", "mail-user", "@shop.example"):
        assert secret not in said


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
        assert notifier.ledger.read(_errors) == []
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


def _errors(engine: Engine) -> list[str]:
    with Session(engine) as session:
        return [str(error) for error in session.scalars(select(NotificationRow.error))]


async def test_an_odoo_that_is_away_is_one_alert_and_one_recovery(
    ledger: Engine, clock: SetClock, hooks: Webhooks, tmp_path: Path
) -> None:
    """Nine hours: everything becomes late by it, and nobody is told of that as well, nor while it catches up."""
    writer = LedgerWriter(ledger)
    Routines(ledger).tell(WATCH, "15", NOON)
    async with notifying(settings(tmp_path, hooks), clock) as notifier:
        for _ in range(9 * 12 + 1):
            writer.could_not_look(WATCH, clock.now(), "OdooUnavailableError", "Odoo cannot be reached.")
            await look(notifier, clock, 300)
        assert told(hooks) == [("opened", "odoo-away", "odoo")]
        assert "since 12:00, so the figures stand still" in hooks.posted[0].document["text"]
        writer.looked(WATCH, clock.now())
        for _ in range(3):
            await look(notifier, clock, 61)
        assert ("dataset-failing", "pos", "pending") in alerts(ledger), "catching up takes a while"
        read_again(ledger, clock.now())
        await look(notifier, clock, 120)
        read_again(ledger, clock.now())
        await look(notifier, clock, 60)
    assert told(hooks) == [("opened", "odoo-away", "odoo"), ("recovered", "odoo-away", "odoo")]
    assert {state for _, _, state in alerts(ledger)} == {"closed"}


async def test_a_refused_key_is_one_alert_that_says_so(
    ledger: Engine, clock: SetClock, hooks: Webhooks, tmp_path: Path
) -> None:
    """What failed by it is none of its own, nor when there is a new key and it rests before it is tried again."""
    writer = LedgerWriter(ledger)
    Routines(ledger).tell(WATCH, "15", NOON)
    fail(ledger, "OdooCredentialsError")
    async with notifying(settings(tmp_path, hooks), clock) as notifier:
        for _ in range(4):
            writer.could_not_look(WATCH, clock.now(), "OdooCredentialsError", "Odoo refused the API key.")
            await look(notifier, clock, 60)
        writer.looked(WATCH, clock.now())
        for _ in range(10):
            await look(notifier, clock, 60)
            read_again(ledger, clock.now())
    assert told(hooks) == [("opened", "odoo-away", "odoo"), ("recovered", "odoo-away", "odoo")]
    (alert,) = hooks.posted[0].document["alerts"]
    assert alert["reason"]["en"].startswith("Odoo has refused the API key of nkdash since 12:00")
    assert "set ODOO_API_KEY" in alert["advice"]["en"]


async def test_what_does_not_catch_up_after_an_outage_is_told(
    ledger: Engine, clock: SetClock, tmp_path: Path
) -> None:
    writer = LedgerWriter(ledger)
    Routines(ledger).tell(WATCH, "15", NOON)
    async with notifying(settings(tmp_path), clock) as notifier:
        for _ in range(13):
            writer.could_not_look(WATCH, clock.now(), "OdooUnavailableError", "Odoo cannot be reached.")
            await look(notifier, clock, 300)
        writer.looked(WATCH, clock.now())
        for _ in range(7):
            await look(notifier, clock, 61)
    assert ("odoo-away", "odoo", "closed") in alerts(ledger)
    assert ("dataset-late", "pos", "open") in alerts(ledger)


async def test_an_extractor_that_died_in_an_outage_is_noticed(
    ledger: Engine, clock: SetClock, hooks: Webhooks, tmp_path: Path
) -> None:
    """Ten minutes after the last look nobody knows any more how Odoo is: datasets are late by themselves, and nobody is
    told that it is back before somebody has seen it."""
    Routines(ledger).tell(WATCH, "15", NOON)
    writer = LedgerWriter(ledger)
    writer.could_not_look(WATCH, NOON, "OdooUnavailableError", "Odoo cannot be reached.")
    async with notifying(settings(tmp_path, hooks), clock) as notifier:
        for _ in range(12):
            await look(notifier, clock, 300)
        assert ("odoo-away", "odoo", "open") in alerts(ledger)
        assert ("dataset-late", "pos", "open") in alerts(ledger)
        assert {event for event, _, _ in told(hooks)} == {"opened"}
        writer.looked(WATCH, clock.now())
        await look(notifier, clock, 15)
        await look(notifier, clock, 300)
    assert ("odoo-away", "odoo", "closed") in alerts(ledger)
    assert ("recovered", "odoo-away", "odoo") in told(hooks)
