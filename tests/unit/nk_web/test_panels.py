"""Panels over HTTP: each in every state, its downloads, its links, and the lists of the filter menu."""

from __future__ import annotations

import html
import json
import re
from datetime import date, timedelta
from typing import Any

import httpx
import pytest

from nk_common.api.sales import BreakdownRow
from nk_web.api_client import ApiFailedError, ApiMissingError, ApiSlowError
from nk_web.pages import FIGURES
from support.fake_query_api import FakeQueryApi
from support.panel_text import rows_of

HTMX = {"hx-request": "true"}
ALL_PANELS = [(page.slug, panel.name) for page in FIGURES.values() for panel in page.panels]


def address_of(page: str, panel: str) -> str:
    about = FIGURES[page].fixed or panel == "cost"
    return f"/panels/{page}/{panel}" + ("?product=7" if about else "")


def figure_in(text: str) -> dict[str, Any]:
    [attribute] = re.findall(r'data-figure="([^"]*)"', text)
    figure: dict[str, Any] = json.loads(html.unescape(attribute))
    return figure


def asked_of(api: FakeQueryApi, path: str) -> list[dict[str, str]]:
    return [dict(arguments) for name, arguments in api.asked if name == path]


@pytest.mark.parametrize(("page", "panel"), ALL_PANELS)
async def test_every_panel_answers_in_both_languages(
    browser: httpx.AsyncClient, page: str, panel: str
) -> None:
    """With its title, and asking for itself again when new days are loaded."""
    for lang in ("id", "en"):
        answer = await browser.get(address_of(page, panel), headers={**HTMX, "cookie": f"nk_lang={lang}"})
        assert answer.status_code == 200
        assert f'id="panel-{panel}"' in answer.text
        assert 'hx-trigger="nk-loaded from:body"' in answer.text
        assert "aria-busy" not in answer.text


@pytest.mark.parametrize(("page", "panel"), ALL_PANELS)
async def test_every_panel_fails_alone(
    browser: httpx.AsyncClient, api: FakeQueryApi, page: str, panel: str
) -> None:
    """With the reason and another try, and no figures."""
    api.error = ApiFailedError("disk full")
    answer = await browser.get(address_of(page, panel), headers=HTMX)
    assert answer.status_code == 502
    assert "disk full" in answer.text
    assert "Coba lagi" in answer.text
    assert "data-figure" not in answer.text


@pytest.mark.parametrize(("page", "panel"), ALL_PANELS)
async def test_the_skeleton_has_the_size_of_the_panel(
    browser: httpx.AsyncClient, page: str, panel: str
) -> None:
    """Same classes, same rows above and below: nothing moves when the figures come."""
    address = FIGURES[page].route.replace("{product}", "7") + ("?product=7" if panel == "cost" else "")
    skeleton = _section((await browser.get(address)).text, panel)
    loaded = _section((await browser.get(address_of(page, panel), headers=HTMX)).text, panel)
    assert 'aria-busy="true"' in skeleton
    for part in ("panel-head", "panel-sub", 'class="room', "panel-foot", "panel-tools", "size-", "span-"):
        assert (part in skeleton) == (part in loaded), part


async def test_days_without_data_are_not_zero(browser: httpx.AsyncClient, api: FakeQueryApi) -> None:
    """A panel says that nothing is loaded; one with gaps says how many."""
    api.missing = {api.today - timedelta(days=at) for at in range(90)}
    text = (await browser.get("/panels/sales/stores?range=7d", headers=HTMX)).text
    assert "Belum ada hari dalam rentang ini yang dimuat." in text
    assert "data-figure" not in text
    api.missing = {date(2026, 11, 20)}
    assert "1 hari belum ada" in (await browser.get("/panels/sales/stores?range=7d", headers=HTMX)).text


async def test_what_is_not_known_of_the_comparison_is_no_change(
    browser: httpx.AsyncClient, api: FakeQueryApi
) -> None:
    """A day that was never loaded is no day without sales: lists of changes say what the cards say, and name nobody."""
    api.missing = {date(2026, 11, 12)}
    said = "1 hari pembanding belum dimuat, jadi tidak ada yang dibandingkan."
    assert said in (await browser.get("/figures/overview?range=7d", headers=HTMX)).text
    for panel in ("rising", "falling"):
        text = (await browser.get(f"/panels/overview/{panel}?range=7d", headers=HTMX)).text
        assert text.count(said) == 1
        assert "data-figure" not in text
    stores = (await browser.get("/panels/sales/stores?range=7d", headers=HTMX)).text
    assert said in stores
    assert len(figure_in(stores)["data"]) == 1
    products = (await browser.get("/panels/sales/products?range=7d", headers=HTMX)).text
    assert said in products
    assert {row[2] for row in rows_of(products)} == {"–"}


async def test_a_product_without_sales_before_rose_from_nothing(
    browser: httpx.AsyncClient, api: FakeQueryApi
) -> None:
    """All days of the comparison are loaded, and it was on none of them: that is 0, and known."""
    api.rows = [
        BreakdownRow(
            key="5", label="Baru", path=["Baru"], revenue=7e6, quantity=1, transactions=1, share=1.0,
            previous={"revenue": None},
        )
    ]  # fmt: skip
    text = (await browser.get("/panels/overview/rising?range=7d", headers=HTMX)).text
    assert figure_in(text)["data"][0]["text"] == ["+Rp\u00a07\u00a0jt"]
    products = (await browser.get("/panels/sales/products?range=7d", headers=HTMX)).text
    assert rows_of(products)[0][2] == "+Rp 7 jt"
    assert "Dibanding 10–16 Nov 2026" in products


async def test_filters_go_to_the_api_as_they_are(browser: httpx.AsyncClient, api: FakeQueryApi) -> None:
    """All sales are asked about; till or invoices only is a filter like any other."""
    await browser.get("/panels/sales/stores?range=7d&brand=3&brand=4&source=pos&hour_from=9", headers=HTMX)
    [(_, asked)] = api.asked
    assert ("brand", "3") in asked
    assert ("brand", "4") in asked
    assert ("source", "pos") in asked
    assert ("hour_to", "23") in asked
    await browser.get("/panels/sales/trend?range=7d", headers=HTMX)
    assert "source" not in dict(api.asked[-1][1])


async def test_a_press_on_a_bar_filters_and_the_next_one_takes_it_back(
    browser: httpx.AsyncClient, api: FakeQueryApi
) -> None:
    """The chart and the row of its table lead to the same address."""
    api.rows = [
        BreakdownRow(
            key="5", label="Kemang", path=["Kemang"], revenue=5, quantity=1, transactions=1, share=1.0
        )
    ]
    text = (await browser.get("/panels/sales/stores?range=7d", headers=HTMX)).text
    assert figure_in(text)["data"][0]["customdata"] == ["/sales?range=7d&compare=previous&store=5"]
    assert 'href="/sales?range=7d&amp;compare=previous&amp;store=5"' in text
    text = (await browser.get("/panels/sales/stores?range=7d&store=5", headers=HTMX)).text
    assert figure_in(text)["data"][0]["customdata"] == ["/sales?range=7d&compare=previous"]


async def test_a_press_on_nobody_in_the_flow_is_understood(
    browser: httpx.AsyncClient, api: FakeQueryApi
) -> None:
    """Said in the reader's language, and asked for as the API calls it."""
    path = ["(no category)", "(no category)", "(no brand)"]
    api.rows = [
        BreakdownRow(key="-1:-1", label=path[-1], path=path, revenue=5, quantity=1, transactions=1, share=1.0)
    ]
    node = figure_in((await browser.get("/panels/sales/flow?range=7d", headers=HTMX)).text)["data"][0]["node"]
    assert node["label"] == ["Tanpa kategori", "Tanpa kategori", "Tanpa merek"]
    assert [address.partition("compare=previous&")[2] for _, address in node["customdata"]] == [
        "parent_category=%28no+category%29", "category=-1", "brand=-1",
    ]  # fmt: skip


async def test_a_press_on_a_day_shows_that_day(browser: httpx.AsyncClient) -> None:
    """Also a week, as far as it lies in the range."""
    text = (await browser.get("/panels/sales/trend?range=7d", headers=HTMX)).text
    assert figure_in(text)["data"][-1]["customdata"][0] == (
        "/sales?range=custom&start=2026-11-17&end=2026-11-17&compare=previous"
    )
    text = (await browser.get("/panels/sales/trend?range=7d&grain=week", headers=HTMX)).text
    assert figure_in(text)["data"][-1]["customdata"][0] == (
        "/sales?range=custom&start=2026-11-17&end=2026-11-22&compare=previous&grain=week"
    )


async def test_the_running_total_is_summed_up(browser: httpx.AsyncClient, api: FakeQueryApi) -> None:
    """Hour by hour; hours to come are unknown and not zero, and last week's day is there to its end."""
    text = (await browser.get("/panels/overview/running", headers=HTMX)).text
    before, now = figure_in(text)["data"]
    known = [value for value in now["y"] if value is not None]
    assert known == sorted(known)
    assert (len(known), now["y"][-1]) == (6, None)
    assert all(value is not None for value in before["y"])
    asked = asked_of(api, "/v1/sales/trend")
    assert [(a["start"], a["end"], a["grain"]) for a in asked] == [
        ("2026-11-23", "2026-11-23", "hour"), ("2026-11-16", "2026-11-16", "hour"),
    ]  # fmt: skip


async def test_hours_outside_the_shops_day_are_folded(browser: httpx.AsyncClient) -> None:
    """Hand-computed: two million at 05:00 of every day is the average of the first column."""
    text = (await browser.get("/panels/sales/week?range=30d", headers=HTMX)).text
    cells = figure_in(text)["data"][0]
    assert len(cells["z"]) == 7
    assert len(cells["z"][0]) == 18
    assert [row[0] for row in cells["z"]] == pytest.approx([2e6] * 7)
    assert [row[4] for row in cells["z"]] == pytest.approx([1e6] * 7)
    assert "Faktur tidak punya jam" in text


async def test_a_panel_that_does_not_fit_a_filter_says_so(
    browser: httpx.AsyncClient, api: FakeQueryApi
) -> None:
    """Nothing is asked that the API would refuse."""
    text = (await browser.get("/panels/sales/payments?brand=3", headers=HTMX)).text
    assert "Pembayaran milik seluruh nota" in text
    text = (await browser.get("/panels/sales/days?range=year", headers=HTMX)).text
    assert "paling banyak 93 hari" in text
    assert api.asked == []


async def test_a_list_is_sorted_searched_and_paged_by_the_server(
    browser: httpx.AsyncClient, api: FakeQueryApi
) -> None:
    """What the address says is what is asked; the heads and the pager are links to other addresses."""
    address = (
        "/panels/sales/products?products.sort=items_sold&products.order=asc&products.q=me&products.page=1"
    )
    text = (await browser.get(address, headers=HTMX)).text
    [asked] = asked_of(api, "/v1/sales/by/product")
    assert (asked["sort"], asked["order"], asked["search"], asked["offset"]) == (
        "items_sold",
        "asc",
        "me",
        "0",
    )
    assert 'aria-sort="ascending"' in text
    assert "products.sort=revenue&amp;products.order=desc&amp;products.q=me" in text
    assert 'value="me"' in text
    nothing = (await browser.get("/panels/sales/products?products.q=zzz", headers=HTMX)).text
    assert "Tidak ada yang bernama “zzz” di sini." in nothing


async def test_a_download_is_what_is_shown(browser: httpx.AsyncClient, api: FakeQueryApi) -> None:
    """The same question; a list is downloaded whole."""
    answer = await browser.get("/downloads/sales/stores.csv?range=7d&brand=3")
    assert answer.text == "key,revenue\n1,2\n"
    assert answer.headers["content-disposition"] == 'attachment; filename="sales-by-store.csv"'
    [(name, asked)] = api.asked
    assert (name, dict(asked)["brand"]) == ("sales-by-store.csv", "3")
    await browser.get("/downloads/sales/products.xlsx?products.page=4&products.q=a")
    name, asked = api.asked[-1]
    assert (name, "offset" in dict(asked), dict(asked)["search"]) == ("sales-by-product.xlsx", False, "a")


@pytest.mark.parametrize(
    "address",
    [
        "/panels/sales/nothing",
        "/panels/nowhere/trend",
        "/downloads/sales/stores.exe",
        "/downloads/overview/data.csv",
    ],
)
async def test_what_there_is_not(browser: httpx.AsyncClient, address: str) -> None:
    """A page that says so."""
    assert (await browser.get(address)).status_code == 404


async def test_a_download_that_fails_is_a_page_with_a_reason(
    browser: httpx.AsyncClient, api: FakeQueryApi
) -> None:
    """Not a file that is no file."""
    api.error = ApiSlowError("late")
    answer = await browser.get("/downloads/sales/stores.csv")
    assert answer.status_code == 504
    assert "terlalu lama menjawab" in answer.text


async def test_the_lists_of_the_filter_menu(browser: httpx.AsyncClient, api: FakeQueryApi) -> None:
    """Members by name; whatever is chosen stays in the list while somebody searches."""
    text = (await browser.get("/filters/sales/brand?brand=3&find=Member 1", headers=HTMX)).text
    assert re.findall(r'value="(\d+)"( checked)?', text) == [("3", " checked"), ("1", ""), ("10", "")]
    choice = (await browser.get("/filters/sales/source", headers=HTMX)).text
    assert re.findall(r'value="(\w+)"( checked)?', choice) == [
        ("all", " checked"),
        ("pos", ""),
        ("invoice", ""),
    ]
    assert (await browser.get("/filters/inventory/store", headers=HTMX)).status_code == 404
    api.error = ApiFailedError("x")
    assert (
        'type="hidden" name="brand" value="3"'
        in (await browser.get("/filters/sales/brand?brand=3", headers=HTMX)).text
    )


async def test_filters_that_are_on_are_named(browser: httpx.AsyncClient, api: FakeQueryApi) -> None:
    """Each with the address of the page without it; a name that cannot be had is a number."""
    page = (await browser.get("/sales?brand=3&brand=4&hour_from=9&hour_to=11")).text
    assert "Member 3, Member 4" in page
    assert 'href="/sales?range=7d&amp;compare=previous&amp;brand=3&amp;brand=4"' in page
    assert "09.00–11.59" in page
    api.errors = {"/v1/dimensions/brands/3": ApiFailedError("x")}
    assert "#3, Member 4" in (await browser.get("/sales?brand=3&brand=4")).text


async def test_sparks_are_drawn_where_they_can_be(browser: httpx.AsyncClient, api: FakeQueryApi) -> None:
    """Into the card of their KPI, by its id; without figures there is none."""
    text = (await browser.get("/sparks/overview?range=7d", headers=HTMX)).text
    assert text.count("<svg") == len(FIGURES["overview"].cards.slugs)  # type: ignore[union-attr]
    ids = re.findall(r'id="(spark-[\w-]+)"', text)
    page = (await browser.get("/?range=7d")).text
    assert set(re.findall(r'id="(spark-[\w-]+)"', page)) <= set(ids)
    api.errors = {"/v1/sales/trend": ApiFailedError("x")}
    assert "<svg" not in (await browser.get("/sparks/overview?range=7d", headers=HTMX)).text


async def test_a_products_page_is_about_it(browser: httpx.AsyncClient, api: FakeQueryApi) -> None:
    """Named, all of its parts asked about it alone, and not in the list of filters."""
    page = (await browser.get("/sales/products/12?range=7d")).text
    assert "<h1>Member 12</h1>" in page
    assert 'hx-get="/panels/product/trend?range=7d&amp;compare=previous&amp;product=12"' in page
    assert "active-filter" not in page
    assert asked_of(api, "/v1/sales/summary")[0]["product"] == "12"
    api.errors = {"/v1/dimensions/products/99": ApiMissingError("There is no such product.")}
    answer = await browser.get("/sales/products/99")
    assert answer.status_code == 404
    assert "Nomor itu tidak dikenal." in answer.text
    api.errors = {"/v1/dimensions/products/99": ApiFailedError("x")}
    assert "<h1>Produk</h1>" in (await browser.get("/sales/products/99")).text


def _section(text: str, panel: str) -> str:
    found = re.search(rf'<section[^>]*id="panel-{panel}".*?</section>', text, re.DOTALL)
    assert found is not None
    return found[0]


@pytest.mark.parametrize(
    ("address", "said", "raw"),
    [
        ("/sales?brand=-1", "Tanpa merek", "(no brand)"),
        ("/sales?store=-1", "Tidak diketahui", "(unknown)"),
        ("/sales?principal=(no+principal)", "Tanpa prinsipal", "</span> (no principal)"),
        ("/sales/products/-1", "<h1>Tanpa produk</h1>", "(no product)"),
    ],
)
async def test_nobody_is_said_in_the_reader_s_language(
    browser: httpx.AsyncClient, address: str, said: str, raw: str
) -> None:
    """Also as a filter that is on, and as what a page is about."""
    text = (await browser.get(address)).text
    assert said in text
    assert raw not in text
