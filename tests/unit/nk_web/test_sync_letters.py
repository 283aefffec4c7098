"""Unusable messages on Data Sync: what happened, what is in them, and what is to be done about them."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest

from nk_common.api.dead_letters import (
    DeadLetter,
    DiscardLetterRequest,
    LetterContent,
    LetterTable,
    RetryLetterRequest,
)
from nk_common.events.topics import TOPICS
from nk_web.api_client import ApiDownError, ApiRefusedError
from nk_web.pages.sync_letters import happened
from support.fake_query_api import FakeQueryApi

HTMX = {"hx-request": "true"}
PATH = "/operational/dead-letters"
AT = datetime(2026, 11, 20, 7, 0, tzinfo=UTC)


def letter(number: int, **other: Any) -> DeadLetter:
    given = {
        "id": number,
        "at": AT,
        "topic": "nk.control.v1",
        "error": "BadCommandError",
        "message": "no such <dataset>",
    }
    return DeadLetter.model_validate({**given, **other})


async def shown(browser: httpx.AsyncClient, path: str = PATH) -> str:
    return (await browser.get(path, headers=HTMX)).text


async def post(browser: httpx.AsyncClient, action: str, fields: dict[str, str]) -> httpx.Response:
    headers = {"content-type": "application/x-www-form-urlencoded", **HTMX}
    return await browser.post(f"{PATH}/{action}", content=urlencode(fields), headers=headers)


async def test_that_there_are_none_is_said(browser: httpx.AsyncClient) -> None:
    text = await shown(browser)
    assert "Semua pesan terpakai." in text
    assert "sudah ditangani" not in text


async def test_open_letters_say_what_happened_and_what_it_means(
    browser: httpx.AsyncClient, api: FakeQueryApi
) -> None:
    api.letters = [
        letter(12),
        letter(13, topic="nk.extract.requested.v1", dataset="pos", day=date(2026, 11, 19), retry_of=11),
    ]
    text = await shown(browser)
    for words in (
        "Sebuah perintah tidak dijalankan.", "no such &lt;dataset&gt;", "20 Nov 2026 14.00", "BadCommandError",
        "Data tidak bisa dibaca dari Odoo.", "19 Nov 2026", "percobaan ulang nomor 11", '<span class="number">2</span>',
    ):  # fmt: skip
        assert words in text
    assert text.count('action="/operational/dead-letters/retry"') == 2


async def test_resolved_letters_are_folded_below_with_who_and_why(
    browser: httpx.AsyncClient, api: FakeQueryApi
) -> None:
    done = {
        "resolution": "discarded",
        "resolved_at": AT,
        "resolved_by": "ani",
        "resolution_reason": "uji <coba>",
    }
    api.letters = [letter(12, **done)]
    text = await shown(browser)
    assert "Tidak ada lagi yang perlu dilihat." in text
    folded = text.split('<details class="letters-done">')[1]
    for words in ("1 sudah ditangani", "dibuang", "oleh ani", "uji &lt;coba&gt;"):
        assert words in folded
    assert "/retry" not in text


async def test_what_settled_by_itself_asks_nobody_to_act(
    browser: httpx.AsyncClient, api: FakeQueryApi
) -> None:
    api.letters = [letter(12, resolution="healed", resolved_at=AT, resolved_by="nkdash")]
    text = await shown(browser)
    assert "beres sendiri: harinya sudah dimuat sesudahnya" in text.split('<details class="letters-done">')[1]
    assert "/retry" not in text
    assert "oleh nkdash" not in text


def test_every_topic_has_plain_words() -> None:
    """Topics whose messages services handle; a new one is thought of here."""
    other = happened(letter(1, topic="nk.unknown.v1"))
    unnamed = {topic.name for topic in TOPICS if happened(letter(1, topic=topic.name)) == other}
    assert unnamed == {"nk.day.loaded.v1", "nk.dead-letter.v1"}


async def test_a_message_is_read_as_what_it_is(browser: httpx.AsyncClient, api: FakeQueryApi) -> None:
    common: dict[str, Any] = {"bytes": 9, "key": None, "headers": {}}
    rows = LetterTable(
        name="partners", columns=["id", "name"], rows=9, first=[["1", "•••"], ["2", None]], masked=["name"]
    )
    api.letters = [letter(12, attempts=4, run_id="r"), letter(13, retry_of=12)]
    for content, words in (
        (LetterContent(kind="json", document={"type": "<drop>"}, **common), "&lt;drop&gt;"),
        (LetterContent(kind="table", table=rows, **common), "Data pribadi orang tidak ditampilkan."),
        (LetterContent(kind="bytes", preview="<b>", **common), "&lt;b&gt;"),
        (None, "Pesan ini sudah tidak disimpan."),
    ):
        api.content = content
        text = await shown(browser, f"{PATH}/12")
        assert words in text
        assert "<drop>" not in text
        assert "itu nomor 13" in text


async def test_buttons_become_requests(browser: httpx.AsyncClient, api: FakeQueryApi) -> None:
    assert "Sudah diminta" in (await post(browser, "retry", {"letter": "12"})).text
    asked: list[tuple[str, object]] = [("retry_letter", (12, RetryLetterRequest()))]
    assert api.asked == asked
    assert (await post(browser, "discard", {"letter": "12", "reason": " uji coba "})).status_code == 200
    assert api.asked == [*asked, ("discard_letter", (12, DiscardLetterRequest(reason="uji coba")))]


@pytest.mark.parametrize(
    "fields", [{}, {"letter": "0"}, {"letter": "x"}, {"letter": "9" * 30}, {"letter": "-1"}]
)
async def test_a_form_that_names_no_letter_asks_for_nothing(
    browser: httpx.AsyncClient, api: FakeQueryApi, fields: dict[str, str]
) -> None:
    for action in ("retry", "discard"):
        assert (await post(browser, action, {"reason": "x", **fields})).status_code == 422
    assert api.asked == []
    assert (await browser.get(f"{PATH}/{fields.get('letter') or 'none'}", headers=HTMX)).status_code == 404


async def test_nothing_is_discarded_without_a_reason(browser: httpx.AsyncClient, api: FakeQueryApi) -> None:
    answer = await post(browser, "discard", {"letter": "12", "reason": "  "})
    assert (answer.status_code, "mengapa pesan ini dibuang" in answer.text) == (422, True)
    assert api.asked == []


async def test_what_the_api_refuses_is_said(browser: httpx.AsyncClient, api: FakeQueryApi) -> None:
    api.letters = [letter(12)]
    api.error = ApiRefusedError("Dead letter 12 was retried already, so nothing was done.")
    answer = await post(browser, "retry", {"letter": "12"})
    assert (answer.status_code, "was retried already" in answer.text) == (422, True)
    api.error = ApiDownError("")
    for path in (PATH, f"{PATH}/12"):
        assert (await browser.get(path, headers=HTMX)).status_code == 503
