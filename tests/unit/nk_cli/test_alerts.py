"""`nk alerts` and `nk digest`: what they show, what they start, and how they end."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from typer.testing import CliRunner, Result

from nk_cli import __main__ as nk
from nk_cli import alerts as command
from nk_common.api.alerts import Alert, AlertNotification, Alerts, AlertState
from nk_common.api.common import Text
from support.receivers import Mails, Webhooks

OPENED = datetime(2026, 1, 8, 3, 5, tzinfo=UTC)


def alert(state: AlertState) -> Alert:
    note = AlertNotification(
        channel="email", event="opened", sent_at=None, attempts=2, error="Refused [535]."
    )
    return Alert(
        id=1, code="disk-low", subject="lake", severity="critical", state=state, reason=Text(id="Penuh.", en="Full."),
        advice=Text(id="Hapus.", en="Run nk prune."), first_seen_at=OPENED, opened_at=OPENED,
        closed_at=OPENED if state == "closed" else None, notifications=[note] if state == "open" else [],
    )  # fmt: skip


def listed(monkeypatch: pytest.MonkeyPatch, found: Alerts, *words: str) -> Result:
    def answer(request: httpx.Request) -> httpx.Response:
        assert request.url.path == "/v1/pipeline/alerts"
        return httpx.Response(200, text=found.model_dump_json())

    def client() -> httpx.Client:
        return httpx.Client(base_url="http://api", transport=httpx.MockTransport(answer))

    monkeypatch.setattr(command, "_query_api", client)
    return CliRunner().invoke(nk.app, ["alerts", "list", *words])


@pytest.fixture
def somewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder without .env and without a lake, in which commands are run."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_what_lasts_is_listed_with_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    result = listed(monkeypatch, Alerts(total=2, open=1, alerts=[alert("open"), alert("closed")]))
    assert result.exit_code == 1
    assert "disk-low since 2026-01-08 03:05 UTC: Full." in result.output
    assert "What to do: Run nk prune." in result.output
    assert "Not sent by email yet: Refused [535]." in result.output
    assert "disk-low was, from 2026-01-08 03:05 UTC to 2026-01-08 03:05 UTC: Full." in result.output


def test_none_is_exit_code_0(monkeypatch: pytest.MonkeyPatch) -> None:
    result = listed(monkeypatch, Alerts(total=1, open=0, alerts=[alert("closed")]))
    assert result.exit_code == 0
    assert "No alert lasts." in result.output


def test_scripts_get_the_answer_of_the_api(monkeypatch: pytest.MonkeyPatch) -> None:
    found = Alerts(total=1, open=1, alerts=[alert("open")])
    assert Alerts.model_validate_json(listed(monkeypatch, found, "--json").output) == found


def test_a_test_reaches_every_channel_and_says_what_happened(
    somewhere: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    hooks: Webhooks,
    post: Mails,
) -> None:
    """In a process of its own, with the settings of .env: one channel takes it and one does not."""
    (somewhere / ".env").write_text(
        f"NK_ALERT_WEBHOOK_URL={hooks.url}\nNK_SMTP_HOST=127.0.0.1\nNK_SMTP_PORT={post.port}\nNK_SMTP_SECURITY=none\n"
        "NK_SMTP_FROM=nkdash@shop.example\nNK_ALERT_EMAIL_TO=owner@shop.example\nNK_LOG_LEVEL=DEBUG\n"
    )
    result = CliRunner().invoke(nk.app, ["alerts", "test"])
    said = capfd.readouterr()
    assert (result.exit_code, said.out) == (
        0,
        "webhook: sent. It was accepted.\nemail: sent. It was accepted.\n",
    )
    assert hooks.posted[0].document["schema"] == "nkdash.test.v1"
    assert post.received[0][2]["Subject"] == "nkdash: pesan percobaan"
    post.refuse = {"owner@shop.example"}
    result = CliRunner().invoke(nk.app, ["alerts", "test", "--json"])
    said = capfd.readouterr()
    email = json.loads(said.out)["channels"][1]
    assert (result.exit_code, email["accepted"]) == (1, False)
    assert email["says"] == "The mail server refused all 1 recipients. Check NK_ALERT_EMAIL_TO."
    assert "very-secret" not in said.out + said.err


def test_without_a_channel_a_test_says_what_to_set(
    somewhere: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert CliRunner().invoke(nk.app, ["alerts", "test"]).exit_code == 1
    assert "Set NK_ALERT_WEBHOOK_URL, or NK_SMTP_HOST" in capfd.readouterr().out


def test_a_digest_without_a_ledger_says_so(somewhere: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert CliRunner().invoke(nk.app, ["digest", "--day", "2026-01-08"]).exit_code == 1
    assert "There is no ledger yet" in capfd.readouterr().err


def test_half_a_mail_server_is_a_wrong_setting(somewhere: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (somewhere / ".env").write_text("NK_SMTP_HOST=mail.example.org\nNK_SMTP_PASSWORD=hidden\n")
    assert CliRunner().invoke(nk.app, ["alerts", "test"]).exit_code == 78
    said = capfd.readouterr().err
    assert "NK_SMTP_FROM" in said
    assert "hidden" not in said
