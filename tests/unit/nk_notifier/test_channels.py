"""How a webhook and a mail server get what there is to tell: once, whatever they answer, and without secrets."""

from __future__ import annotations

import hashlib
import hmac
from pathlib import Path

import pytest
from sqlalchemy import Engine

from nk_notifier.channels import email
from support.clock import SetClock
from support.notifying import (
    NOON,
    YESTERDAY,
    change,
    errors,
    fail,
    look,
    notifying,
    read_again,
    settings,
    told,
)
from support.receivers import Mails, Webhooks


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
        assert any("The mail server cannot be used" in error for error in errors(ledger))
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
        found = notifier.ledger.read(errors)
    assert sorted(found) == [
        "The mail server refused the login (535). Check NK_SMTP_USERNAME and NK_SMTP_PASSWORD.",
        "The webhook answered 404 and not 2xx. Check NK_ALERT_WEBHOOK_URL, and what its receiver says.",
    ]
    # To the standard output, or where an earlier test of this process has sent the log.
    said = capsys.readouterr().out + caplog.text
    assert said.count("not accepted, tried again later") == 2
    for secret in ("very-secret", "wrong-password", "mail-user", "@shop.example"):
        assert secret not in said
