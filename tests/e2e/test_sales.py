"""Sales: the figures of every part are the shop's own, and every part leads somewhere."""

from __future__ import annotations

import csv
import re
from datetime import date, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from nk_demo.server import DemoServer

from .shop import card, plain, rupiah, sold

PANELS = ("trend", "flow", "week", "principals", "payments", "stores", "cashiers", "days")


@pytest.fixture
def yesterday(today: date) -> date:
    """Whose figures do not change any more."""
    return today - timedelta(days=1)


def rows_of(page: Page, panel: str) -> dict[str, str]:
    """The data table of a chart: name and first figure of every row."""
    page.locator(f"#data-{panel} summary").click()
    rows = page.locator(f"#data-{panel} tbody tr")
    return {
        plain(row.locator("th").inner_text()): plain(row.locator("td").first.inner_text())
        for row in rows.all()
    }


def test_every_chart_is_drawn(page: Page) -> None:
    page.goto("/sales?range=7d")
    for name in PANELS:
        expect(page.locator(f"#panel-{name} .main-svg").first).to_be_visible()
    assert card(page, "Pendapatan") != "–"


def test_stores_equal_the_shops_own(page: Page, demo: DemoServer, yesterday: date) -> None:
    """Each store's takings; what has no store was invoiced."""
    found = sold(demo, yesterday, yesterday)
    page.goto("/sales?range=yesterday")
    shown = rows_of(page, "stores")
    for store in demo.world.shop.people.stores:
        cents = found.stores.get(store.config_id, 0)
        if cents:
            assert shown[store.name] == rupiah(cents)
    invoiced = found.revenue - sum(found.stores.values())
    if invoiced:
        assert shown["Tanpa toko"] == rupiah(invoiced)


def test_a_press_on_a_store_shows_only_it(page: Page, demo: DemoServer, yesterday: date) -> None:
    """The chart's bar and the table's link lead to the same page; the filter can be taken off again."""
    found = sold(demo, yesterday, yesterday)
    store = max(demo.world.shop.people.stores, key=lambda one: found.stores.get(one.config_id, 0))
    page.goto("/sales?range=yesterday")
    page.locator("#data-stores summary").click()
    page.locator("#data-stores").get_by_role("link", name=store.name).click()
    page.wait_for_url(re.compile(rf"store={store.config_id}\b"))
    expect(page.locator(".active-filter")).to_contain_text(store.name)
    assert card(page, "Pendapatan") == rupiah(found.stores[store.config_id])
    page.locator(".active-filter").click()
    page.wait_for_url(lambda address: "store=" not in address)
    assert card(page, "Pendapatan") == rupiah(found.revenue)


def test_the_best_product_and_its_page(page: Page, demo: DemoServer, yesterday: date) -> None:
    """First in the list, with the revenue of all of its lines; its page says the same."""
    found = sold(demo, yesterday, yesterday)
    best = max(found.products, key=lambda product: found.products[product])
    page.goto("/sales?range=yesterday")
    first = page.locator("#panel-products tbody tr").first
    expect(first).to_be_visible()
    assert rupiah(found.products[best]) in plain(first.inner_text())
    first.get_by_role("link").click()
    page.wait_for_url(re.compile(rf"/sales/products/{best}\?range=yesterday"))
    assert card(page, "Pendapatan") == rupiah(found.products[best])
    expect(page.locator("#panel-trend .main-svg").first).to_be_visible()
    page.get_by_role("link", name="Penjualan").first.click()
    expect(page.get_by_role("heading", name="Penjualan", exact=True)).to_be_visible()


def test_the_list_is_sorted_searched_and_kept_in_the_address(page: Page) -> None:
    """Search, order, grain and days are all in the address: reload and back show the same page."""
    page.goto("/sales?range=7d")
    names = page.locator("#panel-products tbody .list-name a")
    expect(names.first).to_be_visible()
    page.get_by_role("link", name="Produk", exact=True).click()
    page.wait_for_url(re.compile("products.sort=label"))
    expect(page.locator("#panel-products th[aria-sort=ascending]")).to_be_visible()
    shown = names.all_inner_texts()
    assert shown == sorted(shown, key=str.casefold)
    page.locator("#products-search").fill(shown[0][:4])
    page.wait_for_url(re.compile("products.q="))
    expect(page.locator("#products-search")).to_be_focused()
    page.locator("#trend-grain-week").click()
    page.wait_for_url(re.compile("grain=week"))
    assert "products.q=" in page.url
    page.locator("#range-30d").click()
    page.wait_for_url(re.compile("range=30d"))
    assert "grain=week" in page.url
    page.reload()
    expect(page.locator("#trend-grain-week")).to_have_attribute("aria-current", "true")
    expect(page.locator("#products-search")).to_have_value(shown[0][:4])
    page.go_back()
    page.wait_for_url(re.compile("range=7d"))
    expect(page.locator("#range-7d")).to_have_attribute("aria-current", "true")


def test_a_download_has_the_rows_of_the_chart(
    page: Page, demo: DemoServer, yesterday: date, tmp_path: Path
) -> None:
    """CSV: the same members with the same figures."""
    found = sold(demo, yesterday, yesterday)
    page.goto("/sales?range=yesterday")
    expect(page.locator("#panel-stores .main-svg").first).to_be_visible()
    with page.expect_download() as downloading:
        page.locator("#panel-stores .downloads a").first.click()
    downloading.value.save_as(tmp_path / "stores.csv")
    lines = (tmp_path / "stores.csv").read_text("utf-8").splitlines()
    rows = {row["key"]: float(row["revenue"]) for row in csv.DictReader(lines)}
    for store, cents in found.stores.items():
        assert rows[str(store)] == pytest.approx(cents / 100, abs=0.01)


def test_the_filter_menu_combines(page: Page) -> None:
    """Two filters from the menu, searched for and ticked; both are on and named."""
    page.goto("/sales?range=7d")
    page.locator("#filter-open").click()
    page.locator("#filter-store > summary").click()
    page.locator("#filter-store input[type=checkbox]").nth(1).check()
    page.locator("#filter-product > summary").click()
    page.locator("#filter-product input[type=checkbox]").nth(2).check()
    name = page.locator("#filter-product li").nth(2).inner_text().splitlines()[0]
    page.locator("#find-product").fill("zzzz")
    expect(page.locator("#filter-product li")).to_have_count(1)
    page.locator("#filter-menu button[type=submit]").click()
    page.wait_for_url(re.compile(r"store=\d+.*product=\d+"))
    expect(page.locator(".active-filter")).to_have_count(2)
    expect(page.locator(".active-filters")).to_contain_text(name)


def test_the_last_choice_wins(page: Page) -> None:
    """Quick presses: whatever answers late, the page is that of the last one."""
    page.goto("/sales?range=7d")
    for name in ("30d", "today", "yesterday"):
        page.locator(f"#range-{name}").click(no_wait_after=True)
    page.wait_for_url(re.compile("range=yesterday"))
    page.wait_for_timeout(1500)
    assert "range=yesterday" in page.url
    expect(page.locator("#range-yesterday")).to_have_attribute("aria-current", "true")
    for panel in page.locator(".panel").all():
        assert "range=yesterday" in (panel.get_attribute("hx-get") or "")


def test_the_badge_leads_to_the_days(page: Page, today: date) -> None:
    page.goto("/sales?range=7d")
    badge = page.locator("#trust a")
    expect(badge).to_contain_text("7 hari, hari ini masih berjalan")
    badge.click()
    page.wait_for_url(re.compile(f"/operational.start={today - timedelta(days=6)}&end={today}"))
