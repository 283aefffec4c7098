"""Settings of the notifier: what they mean, and what is refused before it matters."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from nk_notifier.digest.due import Hours
from nk_notifier.sending import wait_after
from support.notifying import settings


@pytest.mark.parametrize(
    ("asked", "bytes_free"), [("5%", 50), ("0.5 %", 5), ("20GB", 20_000_000_000), ("500 MB", 500_000_000)]
)
def test_room_is_a_share_or_a_size(tmp_path: Path, asked: str, bytes_free: int) -> None:
    assert settings(tmp_path, alert_disk_free=asked).least_free(1000) == bytes_free


@pytest.mark.parametrize(
    "wrong",
    [
        {"alert_disk_free": "5"},
        {"alert_disk_free": "much"},
        {"digest_at": "7:30"},
        {"digest_latest": "24:00"},
        {"alert_webhook_url": "hooks.example.org/secret"},
        {"smtp_host": "mail.example.org", "smtp_from": "a@example.org"},
        {"smtp_host": "mail.example.org", "alert_email_to": "a@example.org"},
    ],
)
def test_what_cannot_work_is_refused_at_the_start(tmp_path: Path, wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        settings(tmp_path, **wrong)


def test_nothing_is_not_set(tmp_path: Path) -> None:
    """As compose and .env hand it on: an empty value."""
    empty: dict[str, Any] = dict.fromkeys(
        ("alert_webhook_url", "alert_webhook_secret", "smtp_password", "public_url", "alert_email_to"), ""
    )
    found = settings(tmp_path, **empty)
    assert (found.alert_webhook_url, found.smtp_password, found.public_url) == (None, None, None)
    assert found.alert_email_to == []
    assert Hours.of("", "").at is None


def test_secrets_are_not_shown(tmp_path: Path) -> None:
    shown = repr(
        settings(tmp_path, alert_webhook_url="https://hooks.example.org/very-secret", smtp_password="pw-1")
    )
    assert "very-secret" not in shown
    assert "pw-1" not in shown


def test_attempts_come_later_and_later() -> None:
    """Half a minute, a minute, two ... and never more than half an hour."""
    minutes = [wait_after(attempt).total_seconds() / 60 for attempt in (1, 2, 3, 4, 7, 8, 1000)]
    assert minutes == [0.5, 1, 2, 4, 30, 30, 30]
