"""The dashboard at scale M: what its pages cost the server, the network and the reader.

`python -m benchmarks pages`: the query API over a copy (by links) of the lake, the web service before it, Chromium.
Every page is asked for the 30 newest days.

* HTML: the whole page without its panels, from request to last byte; median.
* first load: bytes over the wire, compressed, with an empty cache and everything that the page fetches but
  plotly.js; second page: the same with what another page has left in the cache.
* key figures, charts: from the start of the navigation, which another page of the dashboard was left for, until the
  first KPI card, and until every panel and every chart, is on the screen; plotly.js is in the cache; medians.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright
from rich.table import Table

from benchmarks.reloading import copies, serving_process, until_ready
from benchmarks.scale_world import LAST_DAY
from support.pages import filled, page_paths
from support.system import free_port

CHROMIUM = "/usr/bin/chromium"
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
PATIENCE_MS = 120_000
ROUNDS_HTML, ROUNDS_BROWSER = 21, 5
TARGETS = {
    "HTML ms": 50,
    "first load kB": 150,
    "second page kB": 60,
    "key figures ms": 300,
    "charts ms": 1500,
}
START, END = LAST_DAY - timedelta(days=29), LAST_DAY

# Looks once per frame; what it finds has been laid out, and is painted with this frame.
WATCH = """(() => {
  window.nkSeen = {};
  const look = () => {
    const seen = window.nkSeen, all = (s) => [...document.querySelectorAll(s)];
    if (!seen.figures && document.querySelector('.kpi-value')) seen.figures = performance.now();
    if (!seen.charts && document.readyState === 'complete' && !document.querySelector('[aria-busy="true"]')
        && all('.chart[data-figure]').every((chart) => chart.querySelector('.main-svg')))
      seen.charts = performance.now();
    else requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
})()"""


@dataclass(frozen=True)
class Measured:
    html_ms: float
    first_kb: float
    second_kb: float
    figures_ms: float | None
    """None where the page has no KPI cards."""
    charts_ms: float

    @property
    def row(self) -> list[str]:
        values = (self.html_ms, self.first_kb, self.second_kb, self.figures_ms, self.charts_ms)
        return [
            "–" if value is None else f"{value:.0f}{'*' if value > target else ''}"
            for value, target in zip(values, TARGETS.values(), strict=True)
        ]


def run() -> Table:
    """One row for each page."""
    table = Table(
        title=f"Pages at scale M, 30 days (medians of {ROUNDS_HTML} and {ROUNDS_BROWSER}; * above target)"
    )
    table.add_column("page")
    for name, target in TARGETS.items():
        table.add_column(f"{name} ({target})", justify="right")
    with _services() as (web, api), sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        for name, path in page_paths().items():
            if name != "design":
                measured = _measure(browser, web, _address(path, api))
                table.add_row(name, *measured.row)
        browser.close()
    return table


@contextmanager
def _services() -> Iterator[tuple[str, str]]:
    """Addresses of the web service and of the query API."""
    with tempfile.TemporaryDirectory() as folder:
        lake, serving = copies(Path(folder))
        with serving_process(lake, serving) as (client, _, _):
            until_ready(client)
            api = str(client.base_url).rstrip("/")
            with _web(api) as web:
                yield web, api


@contextmanager
def _web(api: str) -> Iterator[str]:
    port = free_port()
    settings = {"NK_WEB_PORT": str(port), "NK_QUERY_API_URL": api, "NK_LOG_LEVEL": "ERROR"}
    process = subprocess.Popen([sys.executable, "-m", "nk_web"], env={**os.environ, **settings})
    address = f"http://127.0.0.1:{port}"
    try:
        _until_alive(address)
        yield address
    finally:
        process.terminate()
        process.wait(30)


def _until_alive(address: str) -> None:
    for _ in range(200):
        try:
            httpx.get(f"{address}/healthz", trust_env=False).raise_for_status()
        except httpx.HTTPError:
            time.sleep(0.1)
        else:
            return
    raise AssertionError("The web service did not answer within 20 seconds.")


def _address(path: str, api: str) -> str:
    path = filled(path, api, start=str(START), end=str(END))
    return f"{path}{'&' if '?' in path else '?'}range=custom&start={START}&end={END}"


def _measure(browser: Browser, web: str, address: str) -> Measured:
    """Two readers: one who opens this page first, and one who comes to it from another page, again and again."""
    other = f"{'/sales' if address.startswith('/?') else '/'}?range=custom&start={START}&end={END}"
    with _reader(browser, web) as (page, taken):
        first = _opened(page, taken, address)[0]
    with _reader(browser, web) as (page, taken):
        found = [_came_from(page, taken, other, address) for _ in range(ROUNDS_BROWSER)]
    figures = [seen["figures"] for _, seen in found if "figures" in seen]
    return Measured(
        html_ms=_html_ms(web + address),
        first_kb=first / 1000,
        second_kb=found[0][0] / 1000,
        figures_ms=statistics.median(figures) if figures else None,
        charts_ms=statistics.median(seen["charts"] for _, seen in found),
    )


@contextmanager
def _reader(browser: Browser, web: str) -> Iterator[tuple[Page, dict[str, int]]]:
    """A tab with an empty cache, and the bytes that it takes."""
    context = browser.new_context(viewport={"width": 1440, "height": 900}, base_url=web)
    context.add_init_script(WATCH)
    page = context.new_page()
    try:
        yield page, _count_bytes(context, page)
    finally:
        context.close()


def _came_from(page: Page, taken: dict[str, int], other: str, address: str) -> tuple[int, dict[str, float]]:
    _opened(page, taken, other)
    return _opened(page, taken, address)


def _html_ms(url: str) -> float:
    times = []
    with httpx.Client(trust_env=False, timeout=30) as client:
        for _ in range(ROUNDS_HTML):
            started = time.perf_counter()
            client.get(url)
            times.append(time.perf_counter() - started)
    return statistics.median(times) * 1000


def _opened(page: Page, taken: dict[str, int], address: str) -> tuple[int, dict[str, float]]:
    """Bytes over the wire without plotly.js, and the milliseconds at which things were seen."""
    taken.clear()
    page.goto(address, wait_until="commit", timeout=PATIENCE_MS)
    page.wait_for_function("() => window.nkSeen?.charts", timeout=PATIENCE_MS)
    seen: dict[str, float] = page.evaluate("window.nkSeen")
    return sum(taken.values()), seen


def _count_bytes(context: BrowserContext, page: Page) -> dict[str, int]:
    """By request, headers included; what comes from the cache counts nothing. Filled while the page loads."""
    taken: dict[str, int] = {}
    session = context.new_cdp_session(page)
    session.send("Network.enable")
    ignored: set[str] = set()

    def asked(event: dict[str, Any]) -> None:
        if "plotly" in event["request"]["url"]:
            ignored.add(event["requestId"])

    def finished(event: dict[str, Any]) -> None:
        if event["requestId"] not in ignored:
            taken[event["requestId"]] = int(event["encodedDataLength"])

    session.on("Network.requestWillBeSent", asked)
    session.on("Network.loadingFinished", finished)
    return taken
