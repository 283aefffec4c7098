"""Opening a page in a browser and saying what is wrong with it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Browser, Page

Scheme = Literal["light", "dark"]
SCHEMES: tuple[Scheme, ...] = ("light", "dark")
WIDTHS = (360, 768, 1440)
PATIENCE_MS = 60_000
SERIOUS = frozenset({"serious", "critical"})

# Every part has its figures (what fetches none, as on /design, stays as it is) and every chart is drawn.
SETTLED = """() => document.readyState === 'complete'
  && !document.querySelector('[hx-get][aria-busy="true"]')
  && [...document.querySelectorAll('.chart[data-figure]')].every((chart) => chart.querySelector('.main-svg'))"""
WIDEST = """() => {
  const room = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth <= room) return null;
  const wide = [...document.querySelectorAll('body *')].filter((e) => e.getBoundingClientRect().right > room + 1);
  return `${document.documentElement.scrollWidth} px wide because of ` +
    wide.slice(0, 3).map((e) => `${e.tagName.toLowerCase()}.${e.className}#${e.id}`).join(', ');
}"""
BARRIERS = """async () => {
  const { violations } = await axe.run(document, { resultTypes: ['violations'] });
  return violations.map((v) => [v.impact, v.id, v.nodes.length, v.nodes[0].target.join(' '),
    v.nodes[0].failureSummary]);
}"""


@contextmanager
def opened(
    browser: Browser, base_url: str, path: str, width: int, scheme: Scheme, height: int = 900
) -> Iterator[tuple[Page, list[str]]]:
    """The page with everything on it, and the list that its console errors go into."""
    context = browser.new_context(
        viewport={"width": width, "height": height}, base_url=base_url, color_scheme=scheme, locale="id-ID"
    )
    errors: list[str] = []
    try:
        page = context.new_page()
        page.on("console", lambda said: errors.append(said.text) if said.type == "error" else None)
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto(path, wait_until="commit", timeout=PATIENCE_MS)
        page.wait_for_function(SETTLED, timeout=PATIENCE_MS)
        yield page, errors
    finally:
        context.close()


def resize(page: Page, width: int) -> None:
    """As when a phone is turned; charts follow a moment later."""
    page.set_viewport_size({"width": width, "height": 900})
    page.wait_for_timeout(400)


def sideways(page: Page) -> str | None:
    """Which elements make the page wider than the window; None when none does."""
    found: str | None = page.evaluate(WIDEST)
    return found


def barriers(page: Page) -> list[str]:
    """Serious and critical findings of axe-core, tables behind charts included."""
    page.evaluate("document.querySelectorAll('details.data').forEach((table) => (table.open = true))")
    page.evaluate(AXE_SCRIPT)
    found = page.evaluate(BARRIERS)
    return [
        f"{impact}: {rule} ({count} times), first at {place}: {why}"
        for impact, rule, count, place, why in found
        if impact in SERIOUS
    ]
