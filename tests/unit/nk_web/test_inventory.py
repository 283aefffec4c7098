"""The pages of the inventory: tabs, the day, one-press filters, and what they ask the API."""

from __future__ import annotations

import re
from datetime import date

import httpx
import pytest

from nk_web.api_client import ApiFailedError
from nk_web.filters import SALES_FILTERS
from nk_web.pages.inventory import movements, sell_through, stock
from nk_web.pages.inventory.tabs import TABS
from nk_web.periods import parse_as_of
from nk_web.state import PageState, TableState, Takes, parse_state
from support.fake_query_api import FakeQueryApi

HTMX = {"hx-request": "true"}
TODAY = date(2026, 11, 23)
PATHS = [tab.route for tab in TABS]


def asked_of(api: FakeQueryApi, path: str) -> list[dict[str, str]]:
    return [dict(params) for asked, params in api.asked if asked == f"/v1/inventory/{path}"]


def state_of(*pairs: tuple[str, str]) -> PageState:
    return parse_state(pairs, TODAY, lambda _: "/inventory", stock.PAGE.takes)


@pytest.mark.parametrize("path", PATHS)
async def test_tabs_are_links_and_say_which_is_open(browser: httpx.AsyncClient, path: str) -> None:
    """Four links, the open one marked; the days go along."""
    page = (await browser.get(f"{path}?range=30d&brand=2")).text
    tabs = re.findall(r'<a class="tab"[^>]*?href="([^"]*)"[^>]*?(aria-current="page")?>', page)
    assert [address.partition("?")[0] for address, _ in tabs] == PATHS
    assert [bool(current) for _, current in tabs] == [each == path for each in PATHS]
    assert all("range=30d" in address and "brand=2" in address for address, _ in tabs)


def sent_by_form(page: str) -> dict[str, str]:
    """What the form of the bar sends when nothing in it is touched."""
    form = page.split('<form class="filters"')[1].split("</form>")[0]
    fields = re.findall(r'<input type="(?:hidden|date)" name="(\w+)" value="([^"]*)"', form)
    selects = re.findall(r'<select name="(\w+)".*?<option value="(\w+)" selected>', form, re.DOTALL)
    return dict([*fields, *selects])


@pytest.mark.parametrize("path", [*PATHS, "/sales"])
@pytest.mark.parametrize(
    "days", [{"range": "last-quarter"}, {"range": "custom", "start": "2026-11-02", "end": "2026-11-04"}]
)
async def test_what_a_page_has_no_control_for_is_sent_all_the_same(
    browser: httpx.AsyncClient, path: str, days: dict[str, str]
) -> None:
    """Days, comparison and hours are those of the address where a tab, or the menu, leads to."""
    carried = {**days, "compare": "year", "hour_from": "9", "hour_to": "11"}
    page = (await browser.get(path, params=carried)).text
    sent = sent_by_form(page)
    assert {name: sent.get(name) for name in carried} == carried
    assert 'name="hour_from"' not in (await browser.get("/inventory")).text


async def test_a_tab_takes_only_filters_that_it_understands(browser: httpx.AsyncClient) -> None:
    """Sales know no stock location."""
    page = (await browser.get("/inventory/movements?location=20&type=scrap")).text
    tabs = re.findall(r'<a class="tab"[^>]*?href="([^"]*)"', page)
    assert ["location=20" in address for address in tabs] == [True, False, False, True]
    assert ["type=scrap" in address for address in tabs] == [False, False, False, True]
    assert not {"location", "type"} & set(SALES_FILTERS)


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("lang", ["id", "en"])
async def test_every_panel_answers(browser: httpx.AsyncClient, path: str, lang: str) -> None:
    """In both languages, with a title, and with a download where the API has one."""
    page = (await browser.get(f"{path}?lang={lang}")).text
    panels = re.findall(r'hx-get="(/panels/[^"]*)"', page)
    assert len(panels) >= 2
    for address in panels:
        answer = await browser.get(address.replace("&amp;", "&"), headers=HTMX)
        assert answer.status_code == 200
        assert "<h2" in answer.text


async def test_the_day_is_in_the_address(browser: httpx.AsyncClient, api: FakeQueryApi) -> None:
    """Cards, list and bars are all of that day; the newest is asked for by naming none."""
    page = (await browser.get("/inventory?as_of=2026-11-10")).text
    assert "10 Nov 2026" in page
    await browser.get("/panels/inventory/products?as_of=2026-11-10", headers=HTMX)
    assert {asked["as_of"] for asked in [*asked_of(api, "summary"), *asked_of(api, "stock")]} == {
        "2026-11-10"
    }
    api.asked.clear()
    await browser.get("/inventory")
    assert "as_of" not in asked_of(api, "summary")[0]


@pytest.mark.parametrize(
    ("text", "day", "notes"),
    [
        ("", None, 0),
        ("2026-11-23", TODAY, 0),
        ("2026-11-24", None, 1),
        ("soon", None, 1),
        ("0001-01-01", None, 1),
    ],
)
def test_an_impossible_day_is_the_newest(text: str, day: date | None, notes: int) -> None:
    found, said = parse_as_of(text, TODAY)
    assert (found, len(said)) == (day, notes)


def test_only_pages_that_show_a_day_take_one() -> None:
    assert parse_state([("as_of", "2026-11-01")], TODAY, lambda _: "/", Takes()).as_of is None


async def test_a_day_that_is_not_held_offers_the_nearest(
    browser: httpx.AsyncClient, api: FakeQueryApi
) -> None:
    """No figures, no zero, and one press to a day that there is."""
    api.missing = {date(2026, 11, 1)}
    page = (await browser.get("/inventory?as_of=2026-11-01")).text
    assert "Stok Min, 1 Nov 2026 tidak diketahui." in page
    assert 'class="kpi-value"' not in page
    assert "as_of=2026-11-23" in page


async def test_cards_lead_to_what_they_count(browser: httpx.AsyncClient) -> None:
    """Pressed again, all products are back. Each says what it sets, for the browser keeps what is chosen."""
    link = re.compile(r'class="kpi-link" href="[^"]*status=(\w+)"')
    page = (await browser.get("/inventory")).text
    assert link.findall(page) == ["low", "dead", "overstock"]
    assert re.findall(r'data-sets="([^"]*)"', page) == ["status=low", "status=dead", "status=overstock"]
    assert link.findall((await browser.get("/inventory?status=low")).text) == ["dead", "overstock"]


async def test_a_class_in_the_table_lists_its_products(browser: httpx.AsyncClient) -> None:
    """Pressed again, all are back."""
    for query, classes in (("", ["A", "B", "C"]), ("&class=A", ["", "B", "C"])):
        text = (await browser.get(f"/panels/abc/classes?range=7d{query}", headers=HTMX)).text
        links = re.findall(r'<th scope="row"><a href="[^"]*?(?:class=(\w))?" data-sets="class=(\w)"', text)
        assert links == list(zip(classes, "ABC", strict=True))


async def test_one_press_filters_begin_on_their_first_page(
    browser: httpx.AsyncClient, api: FakeQueryApi
) -> None:
    """And are sorted for what is chosen: what is low, by what runs out first."""
    address = "/panels/inventory/products?products.sort=label&products.page=3&products.q=serum"
    text = (await browser.get(address, headers=HTMX)).text
    [low] = re.findall(r'id="products-status-low" href="([^"]*)"', text)
    assert "products.q=serum" in low
    assert "page" not in low
    await browser.get(
        low.replace("&amp;", "&").replace("/inventory", "/panels/inventory/products"), headers=HTMX
    )
    last = asked_of(api, "stock")[-1]
    assert (last["status"], last["sort"], last["order"], last["search"], last["offset"]) == (
        "low", "days_of_cover", "asc", "serum", "0",
    )  # fmt: skip


def test_a_choice_lets_tables_begin_anew() -> None:
    state = state_of(("products.sort", "label"), ("products.q", "x"), ("products.page", "4"))
    assert state.with_choice(stock.PAGE.panels[0].choices[0], "dead").table("products") == TableState(
        search="x"
    )


async def test_what_sells_in_a_location_is_not_known(browser: httpx.AsyncClient) -> None:
    """The list says why it is empty, instead of being empty."""
    text = (await browser.get("/panels/inventory/products?status=low&location=20", headers=HTMX)).text
    assert "Penjualan per lokasi stok tidak diketahui" in text


async def test_what_counts_as_received_is_asked(browser: httpx.AsyncClient, api: FakeQueryApi) -> None:
    """60 of 100 + 60 with adjustments."""
    text = (
        await browser.get("/panels/sell-through/total?adjustments=with&production=without", headers=HTMX)
    ).text
    last = asked_of(api, "sell-through")[-1]
    assert (last["include_production"], last["include_adjustments"]) == ("false", "true")
    assert "37,5\u00a0%" in text
    page = (await browser.get("/inventory/sell-through?adjustments=with")).text
    assert '<input type="hidden" name="adjustments" value="with">' in page


def test_top_and_bottom_are_two_orders() -> None:
    panel = sell_through.PAGE.panels[-1]
    for pairs, order in (([], "desc"), ([("rank", "bottom")], "asc")):
        state = parse_state(pairs, TODAY, lambda _: "/inventory/sell-through", sell_through.PAGE.takes)
        assert dict(panel.ask(state)[0].params)["order"] == order


def test_a_kind_of_move_narrows_the_list_and_nothing_else() -> None:
    """The chart keeps all kinds, and the reconciliation all moves."""
    state = parse_state([("type", "scrap")], TODAY, lambda _: "/inventory/movements", movements.PAGE.takes)
    asked = {panel.name: dict(panel.ask(state)[0].params).get("type") for panel in movements.PAGE.panels}
    assert asked == {"types": None, "ledger": None, "moved": "scrap", "differences": None}


async def test_lists_are_downloaded_whole(browser: httpx.AsyncClient, api: FakeQueryApi) -> None:
    for address in ("inventory/products", "inventory/categories", "movements/moved", "movements/differences"):
        assert (await browser.get(f"/downloads/{address}.csv")).status_code == 200
        assert not {"limit", "offset"} & {name for name, _ in api.asked[-1][1]}


@pytest.mark.parametrize(
    ("address", "file"),
    [
        ("abc/classes", "inventory-abc-classes"),
        ("abc/pareto", "inventory-abc-curve"),
        ("abc/categories", "inventory-abc-categories"),
        ("abc/products", "inventory-abc"),
        ("movements/ledger", "inventory-reconciliation-total"),
        ("movements/differences", "inventory-reconciliation"),
        ("sell-through/total", "inventory-sell-through-total"),
    ],
)
async def test_the_file_of_a_panel_has_what_the_panel_shows(
    browser: httpx.AsyncClient, api: FakeQueryApi, address: str, file: str
) -> None:
    """Of one answer, classes are the file of one panel and products that of another."""
    page = (await browser.get(f"/panels/{address}", headers=HTMX)).text
    assert f'href="/downloads/{address}.xlsx' in page
    await browser.get(f"/downloads/{address}.xlsx")
    assert api.asked[-1][0] == f"{file}.xlsx"


async def test_one_failing_question_leaves_the_others(browser: httpx.AsyncClient, api: FakeQueryApi) -> None:
    api.errors = {"/v1/inventory/stock": ApiFailedError("disk full")}
    text = (await browser.get("/panels/inventory/products", headers=HTMX)).text
    assert "disk full" in text
    assert "Coba lagi" in text
    assert (await browser.get("/inventory")).status_code == 200


async def test_places_are_chosen_by_their_whole_name(browser: httpx.AsyncClient, api: FakeQueryApi) -> None:
    """Every shop has a "Stock"; customers and vendors are no places of stock."""
    text = (await browser.get("/filters/movements/location", headers=HTMX)).text
    assert "KMG/Stock" in text
    assert "Customers" not in text
    found = (await browser.get("/filters/movements/location?find=kmg", headers=HTMX)).text
    assert "KMG/Stock" in found
    assert "SNY/Stock" not in found
