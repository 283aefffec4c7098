"""Pictures of the pages for the README: `python scripts/screenshots.py ADDRESS`, with nkdash running there."""

from __future__ import annotations

import sys
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

TARGET = Path(__file__).resolve().parents[1] / "docs" / "screenshots"
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync"]
SHOTS = {
    "overview": ("/", 1280, 900, "light"),
    "overview-dark-en": ("/?lang=en", 1280, 900, "dark"),
    "overview-phone": ("/", 390, 844, "light"),
    "data-sync": ("/operational", 1280, 800, "light"),
}


def main(address: str) -> None:
    TARGET.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
        for name in SHOTS:
            shoot(browser, address, name)
        browser.close()


def shoot(browser: Browser, address: str, name: str) -> None:
    path, width, height, scheme = SHOTS[name]
    page = browser.new_page(
        base_url=address,
        viewport={"width": width, "height": height},
        color_scheme="dark" if scheme == "dark" else "light",
        locale="id-ID",
    )
    page.goto(path)
    page.wait_for_timeout(2500)  # the charts draw themselves after the figures
    page.screenshot(path=TARGET / f"{name}.png", full_page=width > 800)
    page.close()


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:8080")
