"""Inventory: stock and moves on the pages are the shop's own, and the tabs do what a person expects."""

from __future__ import annotations

import csv
import html
import io
import json
import re
from collections import Counter
from datetime import date, timedelta
from math import ceil
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Browser, Locator, Page, Route, expect

from nk_demo.server import DemoServer
from nk_demo.totals.stock import move_totals, stock_totals
from support.system import System

PAGES = ("/inventory", "/inventory/sell-through", "/inventory/abc", "/inventory/movements")


def number(value: float) -> str:
    """As the page writes whole numbers, in Indonesian."""
    return f"{round(value):,}".replace(",", ".").replace("-", "−")


def plain(locator: Locator) -> str:
    return locator.inner_text().replace("\u00a0", " ").strip()


def on_hand(demo: DemoServer, day: date) -> Counter[int]:
    """Pieces by product at the end of a day, from the demo's own plan."""
    [found] = stock_totals(demo.world, day, day)
    pieces: Counter[int] = Counter()
    for (product, _), units in found.on_hand.items():
        pieces[product] += units
    return pieces


def effects(demo: DemoServer, start: date, end: date) -> Counter[str]:
    """What moves did to stock, by kind."""
    found: Counter[str] = Counter()
    for day in move_totals(demo.world, start, end):
        found.update(day.kinds)
    return found


def ledger(page: Page, panel: str) -> dict[str, str]:
    """The lines of a sum by name, each with its sign."""
    rows = page.locator(f"#panel-{panel} .ledger tr")
    expect(rows.first).to_be_visible()
    found = {}
    for row in rows.all():
        name = plain(row.locator("th")).split("\n")[0]
        found[name] = f"{plain(row.locator('td').first)}{plain(row.locator('td').last)}"
    return found


def test_stock_of_a_day_is_the_shop_s_own(page: Page, demo: DemoServer, today: date) -> None:
    """All of it on the card, one product's in the list; a day that is over does not change any more."""
    yesterday = today - timedelta(days=1)
    pieces = on_hand(demo, yesterday)
    page.goto(f"/inventory?as_of={yesterday}")
    card = page.locator(".kpi").filter(has=page.get_by_role("heading", name="Stok", exact=True))
    assert plain(card.locator(".kpi-value")) == number(sum(pieces.values()))
    page.get_by_role("link", name="Stok", exact=True).filter(has=page.locator(".sort-sign")).click()
    page.wait_for_url(re.compile(r"products\.sort=on_hand"))
    first = page.locator("#panel-products tbody tr").first.locator("td").first
    expect(first).to_have_text(number(max(pieces.values())))


def test_one_press_shows_what_is_low_and_the_address_says_so(page: Page) -> None:
    """Filter, search, reload, back: the list is what the address says."""
    page.goto("/inventory")
    page.locator("#products-status-overstock").click()
    page.wait_for_url(re.compile("status=overstock"))
    expect(page.locator("#products-status-overstock")).to_have_attribute("aria-current", "true")
    page.locator("#products-search").fill("tidak ada yang bernama begini")
    page.wait_for_url(re.compile(r"products\.q=tidak"))
    expect(page.locator("#panel-products .state-empty")).to_be_visible()
    page.reload()
    expect(page.locator("#products-search")).to_have_value("tidak ada yang bernama begini")
    expect(page.locator("#products-status-overstock")).to_have_attribute("aria-current", "true")


def test_a_card_sets_what_the_list_shows_and_takes_it_back(page: Page) -> None:
    """Also when the list's own buttons have been pressed since the card was drawn; only what is searched for stays."""
    page.goto("/inventory?products.sort=label&products.page=2&products.q=a")
    card = page.locator(".kpi").filter(has=page.get_by_role("heading", name="Stok berlebih", exact=True))
    choice = page.locator("#products-status-overstock")
    card.locator(".kpi-link").click()
    page.wait_for_url(re.compile("status=overstock"))
    expect(choice).to_have_attribute("aria-current", "true")
    assert parse_qs(urlsplit(page.url).query) == {
        "range": ["7d"], "compare": ["previous"], "status": ["overstock"], "products.q": ["a"],
    }  # fmt: skip
    card.locator(".kpi-link").click()
    page.wait_for_url(re.compile("^(?!.*status=)"))
    expect(page.locator("#products-status-all")).to_have_attribute("aria-current", "true")
    choice.click()
    page.wait_for_url(re.compile("status=overstock"))
    expect(choice).to_have_attribute("aria-current", "true")
    card.locator(".kpi-link").click()
    page.wait_for_url(re.compile("^(?!.*status=)"))
    expect(page.locator("#products-status-all")).to_have_attribute("aria-current", "true")


def test_names_are_cut_as_they_are_read(page: Page) -> None:
    """On a phone there is room for eighteen letters; an ampersand is one of them, and not the five it is sent as."""

    def named(route: Route) -> None:
        answer = route.fetch()
        [attribute] = re.findall(r'data-figure="([^"]*)"', answer.text())
        figure = json.loads(html.unescape(attribute))
        figure["layout"]["yaxis"]["ticktext"][:3] = [
            "Perawatan Bayi &amp; Anak", "&lt;b&gt;Perawatan&lt;/b&gt; Bayi Kembar", "Bayi &amp; Anak &amp; Ibu",
        ]  # fmt: skip
        route.fulfill(response=answer, body=answer.text().replace(attribute, html.escape(json.dumps(figure))))

    page.set_viewport_size({"width": 360, "height": 800})
    page.route("**/panels/inventory/categories?*", named)
    page.goto("/inventory")
    names = page.locator("#panel-categories .ytick text")
    expect(names.nth(0)).to_have_text("Perawatan Bayi &…")
    expect(names.nth(1)).to_have_text("<b>Perawatan</b>…")
    expect(names.nth(2)).to_have_text("Bayi & Anak & Ibu")


def test_tabs_work_from_the_keyboard_and_keep_the_days(page: Page) -> None:
    page.goto("/inventory/abc?range=yesterday")
    page.locator("#tab-4").focus()
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("/inventory/movements.*range=yesterday"))
    expect(page.locator("#tab-4")).to_have_attribute("aria-current", "page")
    expect(page.locator("#range-yesterday")).to_have_attribute("aria-current", "true")
    page.go_back()
    page.wait_for_url(re.compile("/inventory/abc"))
    expect(page.locator("#tab-3")).to_have_attribute("aria-current", "page")


def test_moves_and_stock_come_out_even(page: Page, demo: DemoServer, today: date) -> None:
    """Begin and moves are the end, kind by kind, as the demo's plan has them."""
    end, start = today - timedelta(days=1), today - timedelta(days=5)
    begin_units = sum(on_hand(demo, start - timedelta(days=1)).values())
    end_units = sum(on_hand(demo, end).values())
    kinds = effects(demo, start, end)
    kinds.pop("transfer", None)
    came, went = (sum(v for v in kinds.values() if v * sign > 0) for sign in (1, -1))
    # What is on its way from one shop to another when the last day ends lies in no shop.
    under_way = end_units - begin_units - came - went
    came, went = came + max(under_way, 0), went + min(under_way, 0)
    page.goto(f"/inventory/movements?range=custom&start={start}&end={end}")
    shown = ledger(page, "ledger")
    assert shown["Stok awal"] == number(begin_units)
    assert (shown["Masuk"], shown["Keluar"]) == (f"+{number(came)}", f"−{number(-went)}")
    assert (shown["Seharusnya"], shown["Stok akhir"]) == (f"={number(end_units)}", number(end_units))
    assert shown["Selisih"] == "=0"
    page.locator("#data-types summary").click()
    row = page.locator("#data-types tr").filter(has=page.get_by_role("rowheader", name="Keluar ke pelanggan"))
    assert plain(row.locator("td").last) == number(kinds["outgoing"])


def test_a_kind_of_move_lists_its_moves(page: Page, today: date) -> None:
    page.goto(
        f"/inventory/movements?range=custom&start={today - timedelta(days=5)}&end={today - timedelta(days=1)}"
    )
    page.locator("#data-types summary").click()
    page.locator("#data-types").get_by_role("link", name="Keluar ke pelanggan").click()
    page.wait_for_url(re.compile("type=outgoing"))
    first = page.locator("#panel-moved tbody tr").first
    assert plain(first.locator("td").nth(1)) == "0"
    assert plain(first.locator("td").last).startswith("−")


def test_sell_through_is_of_what_there_was(page: Page, demo: DemoServer, today: date) -> None:
    """Begin and received by the demo's plan, with and without adjustments."""
    end, start = today - timedelta(days=1), today - timedelta(days=5)
    begin = sum(on_hand(demo, start - timedelta(days=1)).values())
    kinds = effects(demo, start, end)
    received = kinds["incoming"] + kinds["production_in"]
    page.goto(f"/inventory/sell-through?range=custom&start={start}&end={end}")
    shown = ledger(page, "total")
    assert (shown["Stok awal"], shown["Diterima"]) == (number(begin), f"+{number(received)}")
    assert shown["Tersedia untuk dijual"] == f"={number(begin + received)}"
    page.locator("#production-without").click()
    page.wait_for_url(re.compile("production=without"))
    assert ledger(page, "total")["Diterima"] == f"+{number(kinds['incoming'])}"


def test_classes_are_shares_of_all_products(page: Page) -> None:
    """Of n products the first fifth, rounded up, is A, and the first half A or B."""
    page.goto("/inventory/abc?range=7d")
    expect(page.locator("#panel-pareto .main-svg").first).to_be_visible()
    page.locator("#data-classes summary").click()
    counts = [int(plain(row.locator("td").first)) for row in page.locator("#data-classes tr:has(td)").all()]
    *classes, whole = counts
    assert sum(classes) == whole
    assert classes[0] <= ceil(0.2 * whole)
    assert classes[0] + classes[1] <= ceil(0.5 * whole)
    page.locator("#products-class-A").click()
    page.wait_for_url(re.compile("class=A"))
    expect(page.locator("#panel-products .list-count")).to_contain_text(f"dari {classes[0]}")


def test_a_class_in_the_table_lists_its_products(page: Page) -> None:
    """The list below shows them, whatever it showed before, and from its first page; pressed again, all are back."""
    page.goto("/inventory/abc?range=7d&products.page=2")
    listed = page.locator("#panel-products .list-count")
    whole = plain(listed).rpartition(" ")[2]
    table = page.locator("#data-classes")
    for abc in "CB":
        table.evaluate("details => (details.open = true)")
        row = table.locator("tbody tr").filter(has=page.get_by_role("link", name=abc, exact=True))
        count = plain(row.locator("td").first)
        row.get_by_role("link").click()
        page.wait_for_url(re.compile(f"class={abc}"))
        expect(page.locator(f"#products-class-{abc}")).to_have_attribute("aria-current", "true")
        expect(listed).to_contain_text(f"dari {count}")
        assert "products.page" not in page.url
    table.evaluate("details => (details.open = true)")
    table.get_by_role("link", name="B", exact=True).click()
    page.wait_for_url(re.compile("^(?!.*class=)"))
    expect(listed).to_contain_text(f"dari {whole}")


def test_the_file_holds_the_whole_list(page: Page, tmp_path: Path) -> None:
    """As many rows as the list says that there are, not only those of its page."""
    page.goto("/inventory")
    count = plain(page.locator("#panel-products .list-count"))
    with page.expect_download() as started:
        page.locator("#panel-products .downloads a").first.click()
    started.value.save_as(tmp_path / "stock.csv")
    rows = list(csv.DictReader(io.StringIO((tmp_path / "stock.csv").read_text("utf-8-sig"))))
    assert len(rows) == int(count.rpartition(" ")[2].replace(".", ""))
    assert {"label", "on_hand", "stock_value_cost", "days_of_cover", "status"} <= set(rows[0])


def test_the_file_of_the_sum_says_what_the_sum_says(page: Page, today: date, tmp_path: Path) -> None:
    """One row: begin, what moves did, what should be there and what is."""
    end, start = today - timedelta(days=1), today - timedelta(days=5)
    page.goto(f"/inventory/movements?range=custom&start={start}&end={end}")
    shown = ledger(page, "ledger")
    with page.expect_download() as started:
        page.locator("#panel-ledger .downloads a").first.click()
    started.value.save_as(tmp_path / "sum.csv")
    [row] = csv.DictReader(io.StringIO((tmp_path / "sum.csv").read_text("utf-8-sig")))
    names = ("begin_on_hand", "expected", "end_on_hand", "unexplained")
    figures = [number(float(row[name])) for name in names]
    assert figures == [shown["Stok awal"], shown["Seharusnya"][1:], shown["Stok akhir"], shown["Selisih"][1:]]
    assert float(row["moved"]) == float(row["expected"]) - float(row["begin_on_hand"])


@pytest.mark.parametrize("address", PAGES)
@pytest.mark.parametrize("width", [360, 768, 1440])
def test_no_page_scrolls_sideways(browser: Browser, system: System, address: str, width: int) -> None:
    context = browser.new_context(viewport={"width": width, "height": 800}, base_url=system.url("web"))
    try:
        page = context.new_page()
        page.goto(f"{address}?range=7d")
        page.locator("[aria-busy=true]").first.wait_for(state="detached")
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    finally:
        context.close()
