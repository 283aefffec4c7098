"""A web service with a fake query API behind it, on a day that never changes."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from datetime import UTC, date, datetime

import httpx
import pytest
from fastapi import FastAPI

from nk_web.app import build_app
from nk_web.format import Formats
from nk_web.settings import WebSettings
from support.fake_query_api import FakeQueryApi

TODAY = date(2026, 11, 23)  # a Monday


class FixedClock:
    def now(self) -> datetime:
        return datetime(2026, 11, 23, 7, 45, tzinfo=UTC)


@pytest.fixture
def api() -> FakeQueryApi:
    return FakeQueryApi(TODAY)


@pytest.fixture
def app(api: FakeQueryApi, monkeypatch: pytest.MonkeyPatch) -> FastAPI:
    for name in ("NK_LOCALE", "NK_TIMEZONE", "NK_QUERY_API_URL"):
        monkeypatch.delenv(name, raising=False)
    return build_app(WebSettings(), api, FixedClock())


@pytest.fixture
async def browser(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """Asks as a browser that is on the page: its posts come from the same origin."""
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    headers = {"sec-fetch-site": "same-origin", "accept-encoding": "identity"}
    async with httpx.AsyncClient(transport=transport, base_url="http://shop.test", headers=headers) as client:
        yield client


@pytest.fixture
def formats() -> Callable[[str], Formats]:
    def build(lang: str) -> Formats:
        return Formats("id" if lang == "id" else "en", WebSettings().zone)

    return build
