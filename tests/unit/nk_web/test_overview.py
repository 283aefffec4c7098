"""The overview page in every state it can be in."""

from __future__ import annotations

import html
import json
import re
from datetime import date, timedelta
from typing import Any

import httpx
import pytest

from nk_common.api.sales import BreakdownRow
from nk_web.api_client import (
    ApiDownError,
    ApiError,
    ApiFailedError,
    ApiNotReadyError,
    ApiRefusedError,
    ApiSlowError,
)
from support.fake_query_api import FakeQueryApi
from support.fake_shop import revenue_of

HTMX = {"hx-request": "true"}
EVIL = "<script>alert(1)</script><img src=x onerror=alert(2)>\"'"


def figure_in(text: str) -> dict[str, Any]:
    [attribute] = re.findall(r'data-figure="([^"]*)"', text)
    figure: dict[str, Any] = json.loads(html.unescape(attribute))
    return figure


async def test_the_first_answer_has_the_figures(browser: httpx.AsyncClient, api: FakeQueryApi) -> None:
    """Revenue and deltas are in the page itself: no script has to run for them."""
    days = [api.today - timedelta(days=at) for at in range(7)]
    revenue = f"{sum(map(revenue_of, days)):,.0f}".replace(",", ".")
    page = (await browser.get("/")).text
    assert f"Rp\u00a0{revenue}" in page
    assert re.search(r"(naik|turun) \d", page)
    assert 'hx-get="/panels/overview/trend?range=7d&amp;compare=previous"' in page


async def test_english_by_address_and_cookie(browser: httpx.AsyncClient) -> None:
    """?lang=en switches, is remembered, and stays in the addresses of the page."""
    page = await browser.get("/?range=7d&lang=en")
    assert '<html lang="en">' in page.text
    assert "lang=en" in page.text
    assert "nk_lang=en" in page.headers["set-cookie"]
    assert "<h1>Overview</h1>" in (await browser.get("/")).text


async def test_switching_the_language_keeps_the_page(browser: httpx.AsyncClient) -> None:
    """One click, and the same state in the other language; never to another host."""
    answer = await browser.get("/language/en", headers={"referer": "http://shop.test/?range=7d&lang=id"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/?range=7d&lang=en")
    for referer in ("http://evil.test/x", "http://shop.test//evil.test/", "http://shop.test/\\evil.test", ""):
        target = (await browser.get("/language/en", headers={"referer": referer})).headers["location"]
        assert re.match(r"/(?![/\\])", target)


async def test_htmx_gets_the_main_part_of_the_same_template(browser: httpx.AsyncClient) -> None:
    """A fragment has the content without the frame; going back gets the whole page."""
    fragment = await browser.get("/?range=7d", headers=HTMX)
    whole = await browser.get("/?range=7d")
    assert "<html" not in fragment.text
    assert "<title>Ringkasan · nkdash</title>" in fragment.text
    main = re.search(r'<main id="page".*?</main>', whole.text, re.DOTALL)
    assert main is not None
    assert "".join(main[0].split()) in "".join(fragment.text.split())
    assert "HX-Request" in whole.headers["vary"]
    back = await browser.get("/", headers={**HTMX, "hx-history-restore-request": "true"})
    assert "<html" in back.text


async def test_a_corrected_range_is_said_and_becomes_the_address(browser: httpx.AsyncClient) -> None:
    """The reader sees the correction; the address bar gets the corrected range."""
    address = "/?range=custom&start=2026-11-10&end=2026-11-01"
    answer = await browser.get(address, headers={**HTMX, "hx-current-url": "http://shop.test/"})
    assert "sudah ditukar" in answer.text
    assert "start=2026-11-01&end=2026-11-10" in answer.headers["hx-push-url"]


@pytest.mark.parametrize(
    "query", ["range=%00", "start=2026-13-45&end=x", "compare=%F0", "start=9999-12-31", "range=custom"]
)
async def test_no_address_breaks_the_page(browser: httpx.AsyncClient, query: str) -> None:
    """Nonsense in the address is answered with a page."""
    for path in (
        "/",
        "/figures/overview",
        "/panels/overview/trend",
        "/panels/overview/rings",
        "/operational",
    ):
        assert (await browser.get(f"{path}?{query}")).status_code == 200


async def test_an_empty_range_offers_to_load_it(browser: httpx.AsyncClient, api: FakeQueryApi) -> None:
    """Nothing loaded is not zero revenue."""
    api.missing = {api.today - timedelta(days=at) for at in range(90)}
    page = (await browser.get("/?range=7d")).text
    assert "Belum ada hari dalam rentang ini yang dimuat." in page
    assert 'href="/operational?start=2026-11-17&amp;end=2026-11-23#backfill"' in page
    assert 'class="kpi-value"' not in page
    assert "data-figure" not in (await browser.get("/panels/overview/trend?range=7d", headers=HTMX)).text
    assert "data-figure" not in (await browser.get("/panels/overview/rings?range=7d", headers=HTMX)).text


async def test_a_range_with_gaps_says_so(browser: httpx.AsyncClient, api: FakeQueryApi) -> None:
    """In words beside the figures, and as gaps in the chart."""
    api.missing = {date(2026, 11, 20)}
    page = (await browser.get("/?range=7d")).text
    assert "1 hari belum ada, jadi angka ini terlalu rendah:" in page
    trend = (await browser.get("/panels/overview/trend?range=7d", headers=HTMX)).text
    assert figure_in(trend)["data"][-1]["y"][3] is None
    assert "1 hari belum ada" in trend


async def test_a_delta_against_nothing_is_a_dash(browser: httpx.AsyncClient, api: FakeQueryApi) -> None:
    """Never 0 %, never infinity."""
    api.missing = {date(2026, 11, 23) - timedelta(days=at) for at in range(1, 60)}
    cards = (await browser.get("/figures/overview?range=today", headers=HTMX)).text
    assert '<span title="Tidak ada pembanding">–</span>' in cards
    assert "naik" not in cards


async def test_no_comparison_shows_no_deltas(browser: httpx.AsyncClient) -> None:
    """Cards without a comparison have no place for one."""
    assert 'class="delta' not in (await browser.get("/?compare=none")).text


async def test_a_slow_api_leaves_a_skeleton_that_asks_again(
    browser: httpx.AsyncClient, api: FakeQueryApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The page does not wait for its figures longer than a moment."""
    monkeypatch.setattr("nk_web.pages.dashboard.FIRST_ANSWER_SECONDS", 0.01)
    api.delay = 0.05
    answer = await browser.get("/")
    assert answer.status_code == 200
    assert 'hx-trigger="load, nk-loaded from:body"' in answer.text
    assert "kpi-value" in (await browser.get("/figures/overview", headers=HTMX)).text


async def test_an_api_that_is_down_is_one_sentence(browser: httpx.AsyncClient, api: FakeQueryApi) -> None:
    """The page says it once, draws no empty charts, and waits for the API by itself."""
    api.error = ApiDownError("refused")
    answer = await browser.get("/")
    assert answer.status_code == 503
    assert answer.text.count("Layanan data tidak menjawab.") == 1
    assert 'hx-get="/recover"' in answer.text
    assert "/panels/overview/trend" not in answer.text
    waiting = await browser.get("/recover")
    assert (waiting.status_code, waiting.headers.get("hx-refresh")) == (204, None)
    api.error = None
    assert (await browser.get("/recover")).headers["hx-refresh"] == "true"


@pytest.mark.parametrize(
    ("error", "status", "sentence"),
    [
        (ApiSlowError("late"), 504, "terlalu lama menjawab"),
        (ApiFailedError("disk full"), 502, "disk full"),
        (ApiRefusedError("too long a range"), 422, "too long a range"),
        (ApiDownError("refused"), 503, "tidak menjawab"),
    ],
)
async def test_one_failing_chart_leaves_the_others(
    browser: httpx.AsyncClient, api: FakeQueryApi, error: ApiError, status: int, sentence: str
) -> None:
    """Its place says what happened and offers another try; the rest of the page is untouched."""
    api.errors = {"/v1/sales/trend": error}
    trend = await browser.get("/panels/overview/trend", headers=HTMX)
    assert trend.status_code == status
    assert sentence in trend.text
    assert "Coba lagi" in trend.text
    assert (await browser.get("/panels/overview/rings", headers=HTMX)).status_code == 200
    assert (await browser.get("/")).status_code == 200


async def test_an_api_that_is_starting_says_what_it_waits_for(
    browser: httpx.AsyncClient, api: FakeQueryApi
) -> None:
    """Its own sentence, and the page comes back by itself."""
    api.errors = {
        "/v1/sales/summary": ApiNotReadyError("The serving database is being built: 40 of 365 days.")
    }
    answer = await browser.get("/")
    assert answer.status_code == 503
    assert "40 of 365 days" in answer.text
    assert 'hx-get="/?range=7d&amp;compare=previous" hx-trigger="every 5s" hx-target="#page"' in answer.text


async def test_names_are_text_wherever_they_appear(browser: httpx.AsyncClient, api: FakeQueryApi) -> None:
    """A brand called like a script is only a strange brand."""
    api.rows = [
        BreakdownRow(key="1", label=EVIL, path=[EVIL, EVIL], revenue=5, quantity=1, transactions=1, share=1.0)
    ]
    text = (await browser.get("/panels/overview/rings", headers=HTMX)).text
    assert "<script" not in text
    assert "<img" not in text
    assert "&lt;script&gt;" in text
    assert "<img" not in "".join(figure_in(text)["data"][0]["labels"])


async def test_messages_of_the_api_are_text(browser: httpx.AsyncClient, api: FakeQueryApi) -> None:
    """Its reasons may quote anything."""
    api.errors = {"/v1/sales/summary": ApiFailedError(EVIL)}
    text = (await browser.get("/")).text
    assert "alert(1)" in text
    assert "<script>alert" not in text


async def test_charts_have_their_figures_as_a_table(browser: httpx.AsyncClient) -> None:
    """For readers who do not see the drawing, and for a browser without scripts."""
    trend = (await browser.get("/panels/overview/trend?range=7d", headers=HTMX)).text
    assert trend.count('<th scope="row">') == 7
    ring = (await browser.get("/panels/overview/rings?range=7d", headers=HTMX)).text
    assert "Perawatan Kulit › " in ring
