"""Data health on Data Sync: one line when all is well, else what is not, why, and what to do."""

from __future__ import annotations

import re
from typing import get_args

import httpx

from nk_common.api.common import Text
from nk_common.api.health import HealthState, OdooAway
from nk_web.api_client import ApiNotReadyError
from nk_web.pages.sync_health import HEALTH_NAMES, HEALTH_SIGNS
from support.fake_pipeline import finding
from support.fake_query_api import FakeQueryApi

HTMX = {"hx-request": "true"}


async def section(browser: httpx.AsyncClient, lang: str = "id", status: int = 200) -> str:
    answer = await browser.get(f"/operational/health?lang={lang}", headers=HTMX)
    assert answer.status_code == status
    return answer.text


def titles(text: str) -> list[str]:
    return re.findall(r"<strong>(.+?)</strong>", text)


def test_every_state_has_a_word_and_a_sign_of_its_own() -> None:
    """Colour is never the only thing that tells two states apart."""
    assert set(HEALTH_NAMES) == set(HEALTH_SIGNS) == set(get_args(HealthState))
    assert len(set(HEALTH_SIGNS.values())) == len(HEALTH_SIGNS)


async def test_all_is_well_in_one_line(browser: httpx.AsyncClient) -> None:
    text = await section(browser)
    assert "Kesehatan data" in text
    assert "Semua data terbaru dan lengkap." in text
    assert titles(text) == []


async def test_only_what_is_not_well_is_listed_the_worst_first(
    browser: httpx.AsyncClient, api: FakeQueryApi
) -> None:
    """Each with its state as sign and word, its age, every reason, and what to do once."""
    api.unwell = {
        "pos": [finding("late", "Terakhir dibaca 45 menit yang lalu.")],
        "products": [
            finding("failing", "Ditolak Odoo."),
            finding("late", "Dan satu hari hilang.", "missing-days"),
        ],
    }
    text = await section(browser)
    assert titles(text) == ["Produk", "Penjualan kasir"]
    assert 'data-health="failing"' in text
    assert "✕" in text
    assert ">bermasalah</span>" in text
    assert ">terlambat</span>" in text
    products = text[text.index("Produk") : text.index("Penjualan kasir")]
    assert "Ditolak Odoo." in products
    assert "Dan satu hari hilang." in products
    assert products.count("Periksa extractor.") == 1
    assert "dibaca 18 menit yang lalu" in products
    assert "Ada yang bermasalah." in text


async def test_english_readers_get_the_other_text(browser: httpx.AsyncClient, api: FakeQueryApi) -> None:
    api.unwell = {"pos": [finding("late", "reason")]}
    text = await section(browser, "en")
    assert "Data health" in text
    assert "en reason" in text
    assert ">late</span>" in text


async def test_an_odoo_that_is_away_is_said_also_while_nothing_is_late(
    browser: httpx.AsyncClient, api: FakeQueryApi
) -> None:
    api.odoo_away = OdooAway(
        since=api.now, tried_at=api.now, reason=Text(id="Odoo tidak menjawab.", en="No answer."),
        advice=Text(id="Periksa Odoo.", en="Check it."),
    )  # fmt: skip
    text = await section(browser)
    assert "Semua data terbaru dan lengkap." in text
    assert "Odoo tidak menjawab." in text
    assert "Periksa Odoo." in text


async def test_what_was_never_read_has_no_age(browser: httpx.AsyncClient, api: FakeQueryApi) -> None:
    api.unwell = {"products": [finding("failing", "Belum pernah dibaca.", "never-read")]}
    text = await section(browser)
    assert "belum pernah dibaca" in text
    assert "yang lalu" not in text


async def test_reasons_are_text(browser: httpx.AsyncClient, api: FakeQueryApi) -> None:
    """They may quote what Odoo said."""
    api.unwell = {"pos": [finding("failing", "<script>alert(1)</script>")]}
    text = await section(browser)
    assert "<script>" not in text
    assert "&lt;script&gt;" in text


async def test_health_that_is_not_known_is_not_called_good(
    browser: httpx.AsyncClient, api: FakeQueryApi
) -> None:
    api.errors = {"/v1/pipeline/health": ApiNotReadyError("There is no ledger yet.")}
    text = await section(browser, status=503)
    assert "There is no ledger yet." in text
    assert "Semua data" not in text


async def test_the_page_shows_it_at_once(browser: httpx.AsyncClient, api: FakeQueryApi) -> None:
    """And looks again by itself. While it is not known, the section asks alone, and the page stands."""
    api.unwell = {"pos": [finding("late", "Terakhir dibaca 45 menit yang lalu.")]}
    page = (await browser.get("/operational")).text
    assert "Terakhir dibaca 45 menit yang lalu." in page
    assert 'hx-get="/operational/health" hx-trigger="nk-pipeline from:body throttle:10s, every 60s"' in page
    api.errors = {"/v1/pipeline/health": ApiNotReadyError("There is no ledger yet.")}
    answer = await browser.get("/operational")
    assert answer.status_code == 200
    assert 'hx-get="/operational/health" hx-trigger="load, nk-pipeline' in answer.text
