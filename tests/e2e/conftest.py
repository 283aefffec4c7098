"""The whole system with the demo shop, and a real browser in front of it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from nk_common.datasets import DAILY
from nk_demo.server import DemoServer
from nk_demo.server import running as demo_running
from support.shop_clock import shop_settings, shop_today
from support.system import AS_SHIPPED, WORKERS, System, running, wait_until

CHROMIUM = "/usr/bin/chromium"
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip
DAYS = 12
ARTIFACTS = Path(os.environ.get("NK_ARTIFACTS", "artifacts"))


@pytest.fixture(scope="session")
def demo() -> Iterator[DemoServer]:
    with demo_running(shop_settings(days=40, orders_per_day=50, products=60, customers=80)) as server:
        yield server


@pytest.fixture(scope="session")
def today() -> date:
    return shop_today()


@pytest.fixture(scope="session")
def system(demo: DemoServer, today: date, tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """Everything running, the last days loaded, the change watch on."""
    services = (*WORKERS, "query-api", "notifier", "web")
    settings = {
        "NK_INITIAL_DAYS": str(DAYS),
        "NK_WATCH": "1",
        "NK_WATCH_INTERVAL": "1",
        "NK_DESIGN_PAGE": "1",
        **AS_SHIPPED,
        "NK_SCHEDULE_HEALTH": "* * * * *",  # loads nothing, and is seen to fire while the tests run
        "NK_SCHEDULE_RECONCILE": "",
        "NK_ALERT_INTERVAL": "1",
        "NK_ALERT_AFTER": "3",
        "NK_ALERT_RECOVER_AFTER": "1",
    }
    with running(tmp_path_factory.mktemp("e2e"), demo, services, **settings) as system:
        system.wait_loaded(today - timedelta(days=DAYS - 1), today, *(dataset.name for dataset in DAILY))
        wait_until(lambda: _all_answered(system, today), 30, "the API has all days")
        yield system


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Browser, system: System, request: pytest.FixtureRequest) -> Iterator[Page]:
    """A laptop's page in Indonesian; any console error fails the test. A screenshot stays as an artefact."""
    context = browser.new_context(
        viewport={"width": 1440, "height": 1000}, locale="id-ID", base_url=system.url("web")
    )
    page = context.new_page()
    errors: list[str] = []
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.set_default_timeout(15_000)
    expect.set_options(timeout=15_000)
    yield page
    ARTIFACTS.mkdir(exist_ok=True)
    page.screenshot(path=ARTIFACTS / f"{request.node.name}.png", full_page=True)
    context.close()
    assert errors == []


def _all_answered(system: System, today: date) -> bool:
    start = today - timedelta(days=DAYS - 1)
    days = httpx.get(f"{system.url('query-api')}/v1/sales/summary?start={start}&end={today}").json()["meta"][
        "days"
    ]
    return bool(days["loaded"] == DAYS)
