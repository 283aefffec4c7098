"""What holds for every answer: headers, caching, other sites, probes and the event stream."""

from __future__ import annotations

import asyncio
import gzip
import re
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from starlette.datastructures import Headers

from nk_web.api_client import ApiDownError
from nk_web.pages import FIGURES
from nk_web.security import CONTENT_SECURITY_POLICY, is_own_request
from nk_web.settings import WebSettings
from support.fake_query_api import FakeQueryApi


@pytest.mark.parametrize("path", ["/", "/operational", "/nowhere", "/healthz", "/panels/overview/trend"])
async def test_every_answer_has_a_strict_policy(browser: httpx.AsyncClient, path: str) -> None:
    """Scripts only from files of this host."""
    headers = (await browser.get(path)).headers
    assert headers["content-security-policy"] == CONTENT_SECURITY_POLICY
    assert "script-src 'self';" in CONTENT_SECURITY_POLICY
    assert "unsafe-eval" not in CONTENT_SECURITY_POLICY
    assert headers["x-content-type-options"] == "nosniff"


ADDRESSES = [page.route.replace("{product}", "7") for page in FIGURES.values()]
PARTS = [f"/panels/{page.slug}/{panel.name}?product=7" for page in FIGURES.values() for panel in page.panels]


@pytest.mark.parametrize("address", [*ADDRESSES, *PARTS, "/operational", "/design"])
async def test_pages_have_no_inline_script_and_no_foreign_address(
    browser: httpx.AsyncClient, address: str
) -> None:
    """The policy would stop the one, and the shop's network may not have the other."""
    text = (await browser.get(address)).text
    assert not re.search(r"<script(?![^>]*\bsrc=)", text)
    assert not re.search(r"\son\w+=", text)
    assert not re.search(r"(?:src|href|action)=\"(?:https?:)?//", text)


@pytest.mark.parametrize(
    ("headers", "own"),
    [
        ({"sec-fetch-site": "same-origin"}, True),
        ({"sec-fetch-site": "same-origin", "origin": "http://shop.test"}, True),
        ({"origin": "http://shop.test"}, True),
        ({"sec-fetch-site": "cross-site"}, False),
        ({"sec-fetch-site": "same-site"}, False),
        ({"sec-fetch-site": "none"}, False),
        ({"origin": "http://evil.test"}, False),
        ({"origin": "null"}, False),
        ({"sec-fetch-site": "same-origin", "origin": "http://evil.test"}, False),
        ({}, False),
    ],
)
def test_whose_post_is_it(headers: dict[str, str], own: bool) -> None:
    """Only a page of this host may post."""
    assert is_own_request(Headers({"host": "shop.test", **headers})) is own


async def test_a_post_from_another_site_is_refused(app: FastAPI, api: FakeQueryApi) -> None:
    """Before anything is read of it."""
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://shop.test") as stranger:
        form = "dataset=pos&start=2026-11-01&end=2026-11-02"
        headers = {"origin": "http://evil.test", "sec-fetch-site": "cross-site"}
        answer = await stranger.post("/operational/backfill", content=form, headers=headers)
    assert answer.status_code == 403
    assert api.asked == []


async def test_static_files_are_cached_for_good(browser: httpx.AsyncClient) -> None:
    """Under an address that changes with the content; another address finds nothing."""
    page = (await browser.get("/")).text
    for address in set(re.findall(r'(?:href|src|content)="(/static/[^"]+)"', page)):
        answer = await browser.get(address, headers={"accept-encoding": "gzip"})
        assert answer.status_code == 200
        assert "immutable" in answer.headers["cache-control"]
        assert answer.headers["content-encoding"] == "gzip"
        assert answer.headers["content-type"].split(";")[0] in {
            "text/css",
            "text/javascript",
            "image/svg+xml",
        }
    old = await browser.get(re.sub(r"/static/\w+/", "/static/0000000000000000/", address))
    assert (old.status_code, old.headers["cache-control"]) == (404, "no-store")
    assert (await browser.get(address.rsplit("/", 1)[0] + "/../app.py")).status_code == 404


async def test_pages_are_compressed_and_never_stored(browser: httpx.AsyncClient) -> None:
    """They hold the shop's figures."""
    async with browser.stream("GET", "/", headers={"accept-encoding": "gzip"}) as answer:
        raw = b"".join([chunk async for chunk in answer.aiter_raw()])
    assert b"Ringkasan" in gzip.decompress(raw)
    assert answer.headers["cache-control"] == "no-store"


async def test_probes(browser: httpx.AsyncClient, api: FakeQueryApi) -> None:
    """Alive is not ready: without the API the service lives but has nothing to show."""
    assert (await browser.get("/readyz")).json() == {"status": "ready", "query_api": True}
    api.error = ApiDownError("away")
    assert (await browser.get("/healthz")).status_code == 200
    assert (await browser.get("/readyz")).status_code == 503


async def test_metrics_count_by_route(browser: httpx.AsyncClient, api: FakeQueryApi) -> None:
    """And failures of the API by kind."""
    api.error = ApiDownError("away")
    await browser.get("/?range=7d")
    text = (await browser.get("/metrics")).text
    assert 'nk_web_requests_total{method="GET",route="/",status="503"} 1.0' in text
    assert 'nk_web_api_errors_total{kind="down"} 1.0' in text


async def test_an_unknown_page_is_a_page(browser: httpx.AsyncClient) -> None:
    """In the reader's language, with a way on."""
    answer = await browser.get("/nowhere?lang=en")
    assert answer.status_code == 404
    assert "There is no such page." in answer.text
    assert (await browser.post("/", content="")).status_code == 405


async def test_a_bug_is_a_page_and_no_trace(browser: httpx.AsyncClient, api: FakeQueryApi) -> None:
    """What broke is for the log."""
    api.errors = {"/v1/sales/summary": RuntimeError("secret")}  # type: ignore[dict-item]
    answer = await browser.get("/")
    assert answer.status_code == 500
    assert "Halaman ini gagal dibuat." in answer.text
    assert "secret" not in answer.text


class Listener:
    """A browser on `/events`, spoken to in ASGI, because httpx waits for the end of an answer."""

    def __init__(self, app: FastAPI) -> None:
        self.sent: list[dict[str, Any]] = []
        self.left = asyncio.Event()
        self.news = asyncio.Event()
        scope = {
            "type": "http", "asgi": {"version": "3.0", "spec_version": "2.4"}, "http_version": "1.1",
            "method": "GET", "path": "/events", "raw_path": b"/events", "query_string": b"", "scheme": "http",
            "headers": [(b"host", b"shop.test"), (b"accept-encoding", b"gzip")], "server": ("shop.test", 80),
            "client": ("127.0.0.1", 1), "root_path": "",
        }  # fmt: skip
        self.task = asyncio.create_task(app(scope, self._receive, self._send))

    async def _receive(self) -> dict[str, Any]:
        await self.left.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: Any) -> None:
        self.sent.append(message)
        self.news.set()

    @property
    def text(self) -> str:
        return b"".join(message.get("body", b"") for message in self.sent).decode()

    async def until(self, part: str) -> None:
        async with asyncio.timeout(2):
            while part not in self.text:
                self.news.clear()
                await self.news.wait()


async def test_events_are_handed_on(app: FastAPI, api: FakeQueryApi) -> None:
    """As they come, uncompressed, until the reader leaves; then the API is let go at once."""
    listener = Listener(app)
    await listener.until("event: online")
    api.publish("loaded", '{"day":"2026-11-23"}')
    await listener.until('event: loaded\ndata: {"day":"2026-11-23"}')
    assert listener.text.startswith("retry: 3000")
    assert api.listeners == 1
    listener.left.set()
    await asyncio.wait_for(listener.task, 2)
    assert api.listeners == 0


async def test_a_stopping_server_ends_the_streams(app: FastAPI, api: FakeQueryApi) -> None:
    """Properly, so that the browser comes back when the server does."""
    listener = Listener(app)
    await listener.until("event: online")
    app.state.site.closing.set()
    await asyncio.wait_for(listener.task, 2)
    assert listener.sent[-1] == {"type": "http.response.body", "body": b"", "more_body": False}
    assert api.listeners == 0


async def test_without_the_api_the_stream_says_so_and_ends(app: FastAPI, api: FakeQueryApi) -> None:
    """It opens all the same: a browser that gets an error would never ask again."""
    api.error = ApiDownError("away")
    listener = Listener(app)
    await asyncio.wait_for(listener.task, 2)
    assert listener.sent[0]["status"] == 200
    assert "event: offline" in listener.text


def test_settings_refuse_an_unknown_time_zone(monkeypatch: pytest.MonkeyPatch) -> None:
    """At start, with a sentence, and not on the first page."""
    monkeypatch.setenv("NK_TIMEZONE", "Asia/Jakata")
    with pytest.raises(ValueError, match="use a name such as Asia/Jakarta"):
        WebSettings()
