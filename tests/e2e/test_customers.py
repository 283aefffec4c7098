"""Customers: how many and who they are, as in the shop's own orders, and every part leads on."""

from __future__ import annotations

import re
from datetime import date, timedelta

from playwright.sync_api import Page, expect

from nk_demo.server import DemoServer

from .shop import card, count, customers_at_the_till, plain, rupiah


def test_customers_of_the_till_are_the_shops_own(page: Page, demo: DemoServer, today: date) -> None:
    """How many bought yesterday, who bought most, and for how much; a press shows the page of that one alone."""
    day = today - timedelta(days=1)
    paid = customers_at_the_till(demo, day, day)
    best = max(paid, key=lambda customer: paid[customer])
    page.goto("/customers?range=yesterday&source=pos")
    assert card(page, "Pelanggan aktif") == count(len(paid))
    first = page.locator("#panel-top tbody tr").first
    expect(first).to_be_visible()
    assert rupiah(paid[best]) in plain(first.inner_text())
    first.get_by_role("link").click()
    page.wait_for_url(re.compile(rf"customer={best}\b"))
    expect(page.locator(".active-filter").first).to_be_visible()
    assert card(page, "Pelanggan aktif") == "1"
    assert card(page, "Pendapatan per pelanggan") == rupiah(paid[best])


def test_a_segment_lists_as_many_customers_as_it_says(page: Page) -> None:
    """One press, and the list begins anew; the address holds it, and back shows the segment of before."""
    page.goto("/customers?range=7d&people.q=zzz&people.sort=name")
    line = page.locator(".segment-line").last
    name = line.locator("strong").inner_text()
    size = plain(line.locator("dd").first.inner_text()).split(" · ")[0]
    line.get_by_role("link").focus()
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("segment=lost"))
    expect(page.locator("#panel-people h2")).to_contain_text(name)
    if size != "0":
        expect(page.locator("#panel-people .list-count")).to_contain_text(f"dari {size}")
    assert "people." not in page.url
    page.reload()
    expect(page.locator("#panel-people h2")).to_contain_text(name)
    page.go_back()
    page.wait_for_url(lambda address: "segment=" not in address)


def test_new_and_returning_customers_are_drawn_and_listed(page: Page) -> None:
    """The table beside the columns has a row for every day; who comes back is drawn or said to need two months."""
    page.goto("/customers?range=7d")
    expect(page.locator("#panel-trend .main-svg").first).to_be_visible()
    page.locator("#data-trend summary").click()
    expect(page.locator("#data-trend tbody tr")).to_have_count(7)
    cohorts = page.locator("#panel-cohorts .main-svg, #panel-cohorts .state-empty")
    expect(cohorts.first).to_be_visible()
