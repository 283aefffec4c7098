"""Pictures of every page for the documents: `make screenshots`.

Each page in both themes on a phone and on a laptop, as `docs/screenshots/<page>-<theme>-<device>.webp`. Without
addresses a demo shop with everything behind it is started for the pictures, and stopped.
"""

from __future__ import annotations

import base64
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path

import httpx
from playwright.sync_api import Browser, Page, sync_playwright

from nk_common.datasets import DAILY
from nk_demo.server import running as demo_running
from support.looking import SCHEMES, Scheme, opened
from support.pages import filled, page_paths
from support.shop_clock import shop_settings, shop_today
from support.system import AS_SHIPPED, WORKERS, running, wait_until

TARGET = Path(__file__).resolve().parents[1] / "docs" / "screenshots"
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync"]
DEVICES = {"phone": (360, 800), "laptop": (1440, 900)}
QUALITY = 80
DAYS = 60


def main(addresses: list[str]) -> None:
    """`addresses` of a web service and of the query API behind it, or none."""
    if addresses:
        shoot_all(*addresses)
        return
    with _demo_system() as (web, api):
        shoot_all(web, api)


def shoot_all(web: str, api: str) -> None:
    TARGET.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
        for name, path in page_paths().items():
            for scheme in SCHEMES:
                for device in DEVICES:
                    _shoot(browser, web, filled(path, api), f"{name}-{scheme}-{device}")
        browser.close()


def _shoot(browser: Browser, web: str, address: str, name: str) -> None:
    *_, scheme, device = name.split("-")
    width, height = DEVICES[device]
    theme: Scheme = "dark" if scheme == "dark" else "light"
    with opened(browser, web, address, width, theme, height) as (page, _):
        file = TARGET / f"{name}.webp"
        file.write_bytes(_picture(page))
        print(f"{file.name}: {file.stat().st_size / 1000:.0f} kB")


def _picture(page: Page) -> bytes:
    """What is in the window. Playwright writes no WebP, the browser does."""
    session = page.context.new_cdp_session(page)
    taken = session.send("Page.captureScreenshot", {"format": "webp", "quality": QUALITY})
    return base64.b64decode(taken["data"])


@contextmanager
def _demo_system() -> Iterator[tuple[str, str]]:
    """Addresses of a web service and a query API with the demo shop's last days."""
    today = shop_today()
    settings = {"NK_INITIAL_DAYS": str(DAYS), "NK_DESIGN_PAGE": "1", **AS_SHIPPED}
    services = (*WORKERS, "query-api", "web")
    with (
        tempfile.TemporaryDirectory() as folder,
        demo_running(shop_settings()) as demo,
        running(Path(folder), demo, services, **settings) as system,
    ):
        first = today - timedelta(days=DAYS - 1)
        system.wait_loaded(first, today, *(dataset.name for dataset in DAILY), patience=900)
        _compare(system.url("query-api"), first, today)
        yield system.url("web"), system.url("query-api")


def _compare(api: str, first: date, last: date) -> None:
    """A comparison with Odoo, for the pages that show one."""
    days = {"start": str(first), "end": str(last)}
    asked = httpx.post(f"{api}/v1/reconciliations", json=days).raise_for_status().json()["command_id"]

    def is_over() -> bool:
        answer = httpx.get(f"{api}/v1/reconciliations/{asked}")
        return answer.is_success and answer.json()["reconciliation"]["state"] in {"done", "failed"}

    wait_until(is_over, 900, "the days are compared with Odoo")


if __name__ == "__main__":
    main(sys.argv[1:])
