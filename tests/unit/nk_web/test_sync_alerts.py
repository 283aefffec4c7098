"""Alerts on Data Sync: what lasts with what to do, what is over, and what could not be sent."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import get_args

import httpx

from nk_common.api.alerts import Alert, AlertNotification, AlertState, Severity
from nk_common.api.common import Text
from nk_web.api_client import ApiNotReadyError
from nk_web.pages.sync_alerts import LOOKS, SIGNS
from support.fake_query_api import FakeQueryApi

HTMX = {"hx-request": "true"}
OPENED = datetime(2026, 11, 23, 6, 5, tzinfo=UTC)


def alert(
    state: AlertState = "open", reason: str = "Terlambat.", notes: list[AlertNotification] | None = None
) -> Alert:
    return Alert(
        id=1, code="dataset-late", subject="pos", severity="critical", state=state, reason=Text(id=reason, en="Late."),
        advice=Text(id="Periksa extractor.", en="Check it."), first_seen_at=OPENED, opened_at=OPENED,
        closed_at=datetime(2026, 11, 23, 6, 45, tzinfo=UTC) if state == "closed" else None, notifications=notes or [],
    )  # fmt: skip


async def section(browser: httpx.AsyncClient, lang: str = "id", status: int = 200) -> str:
    answer = await browser.get(f"/operational/alerts?lang={lang}", headers=HTMX)
    assert answer.status_code == status
    return answer.text


def test_every_severity_has_a_sign_of_its_own() -> None:
    assert set(SIGNS) == set(LOOKS) == set(get_args(Severity))
    assert len(set(SIGNS.values())) == len(SIGNS)


async def test_none_is_said(browser: httpx.AsyncClient) -> None:
    text = await section(browser)
    assert "Peringatan" in text
    assert "Tidak ada yang masih berlangsung." in text


async def test_what_lasts_says_what_to_do_and_what_is_over_does_not(
    browser: httpx.AsyncClient, api: FakeQueryApi
) -> None:
    api.alerts = [alert(), alert("closed", "Disk hampir penuh.")]
    lasting, over = (await section(browser)).split('data-alert-state="closed"')
    assert '<span class="number">1</span>' in lasting
    assert "Terlambat." in lasting
    assert "Periksa extractor." in lasting
    assert "sejak 13.05" in lasting
    assert "Disk hampir penuh." in over
    assert "berlangsung dari 13.05 sampai 13.45" in over
    assert "Periksa extractor." not in over


async def test_what_a_channel_did_not_take_is_said(browser: httpx.AsyncClient, api: FakeQueryApi) -> None:
    """One that was not tried yet is no trouble, and neither is one that was sent in the end."""
    api.alerts = [
        alert(
            notes=[
                AlertNotification(
                    channel="email", event="opened", sent_at=None, attempts=3, error="It refused <you>."
                ),
                AlertNotification(channel="webhook", event="opened", sent_at=None, attempts=0, error=None),
            ]
        )
    ]
    text = await section(browser)
    assert "Belum terkirim lewat e-mail, dicoba lagi sendiri: It refused &lt;you&gt;." in text
    assert "lewat webhook" not in text


async def test_english_readers_get_the_other_text(browser: httpx.AsyncClient, api: FakeQueryApi) -> None:
    api.alerts = [alert()]
    text = await section(browser, "en")
    assert "Late." in text
    assert "since 13:05" in text


async def test_alerts_that_are_not_known_are_not_called_none(
    browser: httpx.AsyncClient, api: FakeQueryApi
) -> None:
    api.errors = {"/v1/pipeline/alerts": ApiNotReadyError("There is no ledger yet.")}
    text = await section(browser, status=503)
    assert "There is no ledger yet." in text
    assert "Tidak ada yang" not in text


async def test_the_page_asks_for_them(browser: httpx.AsyncClient) -> None:
    assert 'hx-get="/operational/alerts"' in (await browser.get("/operational")).text
