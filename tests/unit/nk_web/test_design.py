"""The page /design: nothing that pages are made of is missing from it."""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections import Counter

import httpx
import pytest
from fastapi import FastAPI

from nk_web import charts
from nk_web.app import build_app
from nk_web.pages.design import THEMES
from nk_web.settings import WebSettings
from support.fake_query_api import FakeQueryApi

from .conftest import FixedClock

KINDS = {
    name.removesuffix("_figure")
    for module in pkgutil.iter_modules(charts.__path__)
    for name in vars(importlib.import_module(f"nk_web.charts.{module.name}"))
    if name.endswith("_figure") and not name.startswith("_")
}


@pytest.fixture
def app(api: FakeQueryApi, monkeypatch: pytest.MonkeyPatch) -> FastAPI:
    monkeypatch.setenv("NK_DESIGN_PAGE", "1")
    return build_app(WebSettings(), api, FixedClock())


async def test_every_kind_of_chart_is_on_the_design_page(browser: httpx.AsyncClient) -> None:
    """Drawn, in both themes. A new kind of chart fails here until it has a sample."""
    text = (await browser.get("/design")).text
    panels = re.findall(r'id="panel-(\w+)-(\w+)"(.*?)</section>', text, re.DOTALL)
    drawn = {(theme, name) for theme, name, panel in panels if "data-figure" in panel}
    assert drawn >= {(theme, kind) for theme in THEMES for kind in KINDS}
    assert {"sunburst", "paired", "parts", "steps"} <= KINDS


async def test_what_is_no_chart_is_there_too(browser: httpx.AsyncClient) -> None:
    """Sums, segments, lists, and a badge that leads to single days; every id once."""
    text = (await browser.get("/design")).text
    for part in (
        'class="ledger"',
        'class="segment-list"',
        'class="list-search"',
        'class="trust-days"',
        'class="brief"',
    ):
        assert text.count(part) == len(THEMES), part
    ids = Counter(re.findall(r'\sid="([^"]*)"', text))
    assert [name for name, count in ids.items() if count > 1] == []
