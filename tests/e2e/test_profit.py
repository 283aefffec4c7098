"""Profit: cards, trend, lists and files say the same, and add up to what the shop sold."""

from __future__ import annotations

import csv
import re
from datetime import date, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from nk_demo.server import DemoServer

from .shop import card, plain, sold


def number(text: str) -> float:
    """`Rp 1.234` and `36,1 %` as numbers."""
    sign = -1 if "\u2212" in text else 1
    digits = re.sub(r"[^\d,]", "", text).replace(",", ".")
    return sign * float(digits) / (100 if "%" in text else 1)


@pytest.fixture
def yesterday(today: date) -> date:
    """Whose figures do not change any more."""
    return today - timedelta(days=1)


def test_profit_and_cost_make_the_known_part_of_what_was_sold(
    page: Page, demo: DemoServer, yesterday: date
) -> None:
    """Gross profit + cost = revenue with a known cost, which is the coverage times the shop's own revenue."""
    revenue = sold(demo, yesterday, yesterday).revenue / 100
    page.goto("/profit?range=yesterday")
    profit = number(card(page, "Laba kotor"))
    known = profit + number(card(page, "Harga pokok penjualan"))
    assert known / revenue == pytest.approx(number(card(page, "Cakupan harga pokok")), abs=0.0006)
    assert profit / known == pytest.approx(number(card(page, "Margin")), abs=0.0006)


def test_the_trend_and_its_files_say_what_the_cards_say(page: Page, yesterday: date, tmp_path: Path) -> None:
    """Yesterday's row of the week's table is yesterday's card; the files have the same days."""
    page.goto("/profit?range=yesterday")
    profit, margin = card(page, "Laba kotor"), card(page, "Margin")
    page.goto("/profit?range=7d")
    expect(page.locator("#panel-trend .main-svg").first).to_be_visible()
    page.locator("#data-trend summary").click()
    cells = page.locator("#data-trend tbody tr").nth(5).locator("td")
    assert [plain(cells.nth(at).inner_text()) for at in (0, 1)] == [profit, margin]
    for at, column, shown in ((0, "gross_profit", profit), (2, "margin", margin)):
        with page.expect_download() as downloading:
            page.locator("#panel-trend .downloads a").nth(at).click()
        downloading.value.save_as(tmp_path / "trend.csv")
        rows = list(csv.DictReader((tmp_path / "trend.csv").read_text("utf-8").splitlines()))
        [day] = [row for row in rows if row["bucket"].startswith(yesterday.isoformat())]
        assert float(day[column]) == pytest.approx(
            number(shown), abs=0.51 if column == "gross_profit" else 0.0006
        )


def test_lines_below_cost_are_as_many_as_the_card_says(page: Page) -> None:
    page.goto("/profit?range=yesterday")
    lines = card(page, "Baris di bawah harga pokok")
    panel = page.locator("#panel-below")
    if lines == "0":
        expect(panel).to_contain_text("Tidak ada yang dijual di bawah harga pokok")
    else:
        expect(panel.locator(".list-count")).to_contain_text(f"dari {lines}")
        expect(panel.locator(".panel-sub")).to_contain_text(f"{lines} baris merugi")


def test_lines_below_cost_are_sorted_searched_and_downloaded(page: Page, tmp_path: Path) -> None:
    """By the server: the smallest loss first after two presses, and a file of what was searched for."""
    page.goto("/profit?range=30d")
    panel = page.locator("#panel-below")
    loss = panel.get_by_role("link", name="Rugi")
    loss.click()
    page.wait_for_url(re.compile("below.sort=loss&below.order=asc"))
    losses = [number(plain(cell)) for cell in panel.locator("tbody tr td:nth-of-type(1)").all_inner_texts()]
    assert losses
    assert losses == sorted(losses)
    name = panel.locator("tbody .list-name a").first.inner_text()
    page.locator("#below-search").fill(name)
    page.wait_for_url(re.compile("below.q="))
    expect(panel.locator("tbody .list-name a").first).to_have_text(name)
    found = int(panel.locator(".list-count").inner_text().rpartition(" ")[2])
    with page.expect_download() as downloading:
        panel.locator(".downloads a").first.click()
    downloading.value.save_as(tmp_path / "below.csv")
    rows = list(csv.DictReader((tmp_path / "below.csv").read_text("utf-8").splitlines()))
    assert len(rows) == found
    assert all(name in row["product"] for row in rows)
    assert [float(row["loss"]) for row in rows] == sorted(float(row["loss"]) for row in rows)


def test_a_product_leads_to_its_cost(page: Page) -> None:
    """Sorted by margin from below, searched for, pressed: the page is about it, and shows what it has cost."""
    page.goto("/profit?range=7d")
    page.locator("#panel-bottom").get_by_role("link", name="Margin").click()
    page.wait_for_url(re.compile("bottom.sort=margin"))
    name = page.locator("#panel-top tbody .list-name a").first.inner_text()
    page.locator("#costs-search").fill(name)
    page.wait_for_url(re.compile("costs.q="))
    link = page.locator("#panel-costs tbody .list-name a").first
    expect(link).to_have_text(name)
    link.click()
    page.wait_for_url(re.compile(r"product=\d+"))
    expect(page.locator("#panel-cost .main-svg, #panel-cost .state-empty").first).to_be_visible()
    expect(page.locator("#panel-top")).to_have_count(0)
    page.locator("#panel-coverage .more").click()
    page.wait_for_url(re.compile(r"/sales/products/\d+"))
    expect(page.get_by_role("heading", name=name)).to_be_visible()
    expect(page.locator("#panel-cost")).to_be_visible()


def test_a_category_narrows_the_page_down(page: Page) -> None:
    """The bar and the row of the table lead to the same page."""
    page.goto("/profit?range=7d")
    page.locator("#data-categories summary").click()
    row = page.locator("#data-categories tbody tr").first
    profit = plain(row.locator("td").first.inner_text())
    row.get_by_role("link").click()
    page.wait_for_url(re.compile(r"category=\d+"))
    expect(page.locator(".active-filter")).to_have_count(1)
    assert number(card(page, "Laba kotor")) == pytest.approx(number(profit), rel=0.05)
