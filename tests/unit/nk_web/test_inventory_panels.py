"""Panels of the inventory: sums that add up, what is not known stays a dash, links that narrow the page down."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from nk_common.api.common import DateRange
from nk_common.api.inventory import AbcAnalysis, Movements, SellThrough, StockLevels, StockReconciliation
from nk_web.filters import STOCK_FILTERS
from nk_web.format import Formats
from nk_web.i18n import read_catalogue
from nk_web.panels import abc as abc_panels
from nk_web.panels import movements as move_panels
from nk_web.panels import sell_through as sell_panels
from nk_web.panels.ledger import Ledger
from nk_web.panels.naming import short_names
from nk_web.panels.panel import Body, Look
from nk_web.panels.reconciliation import differences_body, expected, ledger_body, moved_by
from nk_web.panels.stock import category_value_body, rest_of, stock_by_category, stock_list_body
from nk_web.reader import Reader
from nk_web.state import Takes, parse_state
from support import fake_inventory
from support.fake_query_api import FakeQueryApi

TODAY = date(2026, 11, 23)
WEEK = DateRange(start=TODAY - timedelta(days=6), end=TODAY)
Build = Callable[[str], Formats]
WITH = {"include_production": "true", "include_adjustments": "false"}
NBSP = "\u00a0"


@pytest.fixture
def look(formats: Build) -> Look:
    state = parse_state([], TODAY, lambda _: "/inventory", Takes((*STOCK_FILTERS, "type")))
    now = datetime(2026, 11, 23, 7, 45, tzinfo=UTC)
    return Look(Reader("id", read_catalogue("id"), formats("id"), now, TODAY), state, "inventory", "products")


def stock(shop: FakeQueryApi, **asked: str) -> StockLevels:
    answer = fake_inventory.stock(shop, WEEK, asked, "")
    assert isinstance(answer, StockLevels)
    return answer


def sell_through(shop: FakeQueryApi, **asked: str) -> SellThrough:
    answer = fake_inventory.sell_through(shop, WEEK, {"group": "category", **WITH, **asked}, "")
    assert isinstance(answer, SellThrough)
    return answer


def abc(shop: FakeQueryApi) -> AbcAnalysis:
    answer = fake_inventory.abc(shop, WEEK, {}, "")
    assert isinstance(answer, AbcAnalysis)
    return answer


def moves(shop: FakeQueryApi, by: str = "type") -> Movements:
    answer = fake_inventory.movements(shop, WEEK, {"by": by}, "")
    assert isinstance(answer, Movements)
    return answer


def reconciled(shop: FakeQueryApi, **changes: Any) -> StockReconciliation:
    return fake_inventory.reconciliation(shop, WEEK).model_copy(update=changes)


def figure(body: Body) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    assert body.figure is not None
    return list(body.figure.traces), body.figure.layout


def texts(body: Body) -> list[list[str]]:
    """The cells of the data table, or of the list."""
    rows = body.table.rows if body.table else body.listing.rows if body.listing else ()
    return [[cell.text.replace(NBSP, " ") for cell in row] for row in rows]


def lines(body: Body) -> list[tuple[str, str, str]]:
    ledger = body.context["ledger"]
    assert isinstance(ledger, Ledger)
    return [(line.sign, line.name, line.value) for line in ledger.lines]


# -- stock -----------------------------------------------------------------------------------------


def test_a_row_says_what_is_there_and_for_how_long(api: FakeQueryApi, look: Look) -> None:
    """Dead stock never runs out: no days, and not 0 days."""
    [lipstick, cream, serum, _] = texts(stock_list_body(stock(api), look))
    assert serum[0:2] + serum[5:] == ["Serum Lumina", "6", "2", "3"]
    assert cream[-1] == "–"
    assert lipstick[3] == "Rp 3.000.000"
    listing = stock_list_body(stock(api), look).listing
    assert listing is not None
    assert [(row[-1].sub, row[-1].mood) for row in listing.rows] == [
        ("Berlebih", "warn"), ("Mati", "warn"), ("Menipis", "bad"), ("Menipis", "bad"),
    ]  # fmt: skip


def test_values_are_added_up_by_category(api: FakeQueryApi, look: Look) -> None:
    """Highest first; two categories of one name under two parents stay two, and are told apart."""
    groups = stock_by_category(stock(api).rows)
    assert [(group.path, group.cost) for group in groups] == [
        (("Rias", "Lipstik"), 3_000_000), (("Kulit", "Krim"), 1_000_000),
        (("Kulit", "Serum"), 240_000), (("Rias", "Serum"), 60_000),
    ]  # fmt: skip
    [trace], layout = figure(category_value_body(stock(api), look))
    assert trace["x"] == [3_000_000, 1_000_000, 240_000, 60_000]
    assert layout["yaxis"]["ticktext"] == ["Lipstik", "Krim", "Kulit › Serum", "Rias › Serum"]
    # 3,000,000 of 4,300,000
    assert texts(category_value_body(stock(api), look))[0][1:3] == ["Rp 3.000.000", "69,8 %"]


def test_products_beyond_those_listed_are_one_rest(api: FakeQueryApi, look: Look) -> None:
    """The parts and the rest are the whole, and the panel says so."""
    answer = stock(api)
    few = answer.model_copy(update={"rows": answer.rows[:2]})
    assert rest_of(few, stock_by_category(few.rows)) == 300_000
    assert any("Rp\u00a0300\u00a0rb" in note for note in category_value_body(few, look).foot)
    assert rest_of(answer, stock_by_category(answer.rows)) == 0


def test_an_unknown_cost_is_not_nothing(api: FakeQueryApi, look: Look) -> None:
    answer = stock(api)
    values = {**answer.rows[0].values, "stock_value_cost": None}
    free = answer.model_copy(update={"rows": [answer.rows[0].model_copy(update={"values": values})]})
    assert stock_by_category(free.rows)[0].cost is None
    assert category_value_body(free, look).empty


def test_a_day_that_is_not_held_is_said(api: FakeQueryApi, look: Look) -> None:
    """Not an empty list, which would read as no stock."""
    api.missing = {date(2026, 11, 1)}
    for body in (stock_list_body, category_value_body):
        assert "tidak diketahui" in body(stock(api, as_of="2026-11-01"), look).empty


def test_names_are_short_and_distinct(look: Look) -> None:
    paths = [["A", "Oil"], ["B", "Oil"], ["A", "Gel"], []]
    assert short_names(paths, look) == ["A › Oil", "B › Oil", "Gel", ""]


# -- sell-through ----------------------------------------------------------------------------------


def test_sell_through_is_written_out(api: FakeQueryApi, look: Look) -> None:
    """60 sold of 100 + 50."""
    assert lines(sell_panels.total_body(sell_through(api), look)) == [
        ("", "Stok awal", "100"), ("+", "Diterima", "50"), ("=", "Tersedia untuk dijual", "150"),
        ("", "Terjual", "60"), ("=", "Sell-through", f"40{NBSP}%"),
    ]  # fmt: skip


def test_bars_of_sell_through_lead_to_their_member(api: FakeQueryApi, look: Look) -> None:
    """40 of 80 and 20 of 70; a press narrows the page, another one takes that back."""
    body = sell_panels.group_body(sell_through(api), look, "category")
    [trace], _ = figure(body)
    assert trace["x"] == [0.5, 0.285714]
    assert trace["hovertext"][0] == f"<b>Serum</b><br>50{NBSP}% · terjual 40 dari 80"
    assert "category=3" in trace["customdata"][0]
    narrowed = Look(look.reader, look.state.with_filter("category", "3"), look.page, look.panel)
    [pressed], _ = figure(sell_panels.group_body(sell_through(api), narrowed, "category"))
    assert "category=3" not in pressed["customdata"][0]


def test_without_the_stock_at_the_start_there_is_no_sell_through(api: FakeQueryApi, look: Look) -> None:
    api.missing = {TODAY - timedelta(days=at) for at in range(30)}
    for body in (
        sell_panels.total_body(sell_through(api), look),
        sell_panels.group_body(sell_through(api), look, "brand"),
    ):
        assert "Stok awal tidak diketahui" in body.empty


# -- ABC -------------------------------------------------------------------------------------------


def test_classes_are_parts_of_products_and_of_revenue(api: FakeQueryApi, look: Look) -> None:
    """20, 30 and 50 % of the products make 80, 15 and 5 % of the revenue."""
    body = abc_panels.classes_body(abc(api), look)
    traces, _ = figure(body)
    assert [trace["x"] for trace in traces] == [[0.2, 0.8], [0.3, 0.15], [0.5, 0.05]]
    assert texts(body)[0] == ["A", "2", "20 %", "Rp 8.000.000", "80 %"]
    assert [key.text for key in body.legend] == ["A: 2 produk", "B: 3 produk", "C: 5 produk"]


def test_the_curve_has_the_three_classes_behind_it(api: FakeQueryApi, look: Look) -> None:
    bands = abc_panels.bands_of(abc(api))
    assert [(band.name, band.start, band.end) for band in bands] == [
        ("A", 0, 0.2),
        ("B", 0.2, 0.5),
        ("C", 0.5, 1),
    ]
    body = abc_panels.pareto_body(abc(api), look)
    [trace], _ = figure(body)
    assert trace["y"] == [0, 0.8, 0.95, 1]
    assert body.sub.replace(NBSP, " ") == "20 % produk menghasilkan 80 % pendapatan"
    assert len(texts(body)) == 4


def test_categories_by_products_or_revenue(api: FakeQueryApi, look: Look) -> None:
    traces, _ = figure(abc_panels.categories_body(abc(api), look))
    assert [trace["x"] for trace in traces] == [[2, 0], [1, 2], [1, 4]]
    state = look.state.with_choice(abc_panels.MEASURE, "revenue")
    by_revenue, _ = figure(
        abc_panels.categories_body(abc(api), Look(look.reader, state, "abc", "categories"))
    )
    assert by_revenue[0]["x"] == [8_000_000, 0]


def test_nothing_sold_is_said(api: FakeQueryApi, look: Look) -> None:
    api.missing = {TODAY - timedelta(days=at) for at in range(30)}
    for body in (abc_panels.classes_body, abc_panels.pareto_body, abc_panels.categories_body):
        assert body(abc(api), look).empty


# -- moves -----------------------------------------------------------------------------------------


def test_kinds_of_moves_say_which_way(api: FakeQueryApi, look: Look) -> None:
    """A bar is as long as what moved; the sign says whether it came or went. Transfers have none."""
    body = move_panels.types_body(moves(api), look)
    [trace], _ = figure(body)
    assert trace["x"] == [50, 62, 12, 2]
    assert trace["text"] == ["+50", "−62", "12", "−2"]
    assert "type=outgoing" in trace["customdata"][1]
    assert texts(body)[1] == ["Keluar ke pelanggan", "30", "0", "62", "−62"]


def test_the_other_kinds_step_back(api: FakeQueryApi, look: Look) -> None:
    """Which kind is listed below can be seen in the chart."""
    chosen = Look(look.reader, look.state.with_filter("type", "incoming"), look.page, look.panel)
    [trace], _ = figure(move_panels.types_body(moves(api), chosen))
    assert ["@" in colour for colour in trace["marker"]["color"]] == [False, True, True, True]


@pytest.mark.parametrize(
    ("by", "name", "leads"),
    [
        ("product", "Serum Lumina", "/sales/products/7?"),
        ("location", "KMG/Stock", "location=20"),
        ("day", "Sen, 23 Nov 2026", "start=2026-11-23"),
    ],
)
def test_what_moved_leads_on(api: FakeQueryApi, look: Look, by: str, name: str, leads: str) -> None:
    listing = move_panels.moved_body(moves(api, by), look).listing
    assert listing is not None
    [[first, *figures]] = listing.rows
    assert (first.text, [cell.text for cell in figures]) == (name, ["9", "20", "32", "−12"])
    assert leads in first.href


def test_the_reconciliation_is_a_sum(api: FakeQueryApi, look: Look) -> None:
    """100 + 50 - 62 - 2 = 86, of which 85 are there: 1 is not explained, and 3 less are there than by sales."""
    body = ledger_body(reconciled(api), look)
    assert lines(body) == [
        ("", "Stok awal", "100"), ("+", "Masuk", "50"), ("−", "Keluar", "64"), ("=", "Seharusnya", "86"),
        ("", "Stok akhir", "85"), ("=", "Selisih", "+1"), ("", "Terjual menurut nota dan faktur", "60"),
        ("", "Selisih terhadap penjualan", "+3"),
    ]  # fmt: skip
    ledger = body.context["ledger"]
    assert isinstance(ledger, Ledger)
    assert ledger.verdict == "Pergerakan tidak menjelaskan stok 1 dari 4 produk."
    assert ledger.lines[-1].sub == "Stok 3 kurang dari seharusnya"
    assert ledger.lines[2].detail == "Keluar ke pelanggan 62 · Penyesuaian 2"


@pytest.mark.parametrize(
    ("changes", "mood", "said"),
    [
        ({"differing": 0}, "good", "menjelaskan stok semua 4 produk"),
        (
            {"missing_moves": [date(2026, 11, 20)], "missing_moves_count": 1},
            "warn",
            "belum ada atau belum terbaru: 1",
        ),
        ({"missing_moves": [TODAY], "missing_moves_count": 1}, "warn", "Hari ini masih berjalan"),
        ({"differing": None}, "warn", "Belum diketahui"),
    ],
)
def test_the_verdict(api: FakeQueryApi, look: Look, changes: dict[str, Any], mood: str, said: str) -> None:
    """While moves are missing nobody claims that stock is wrong."""
    ledger = ledger_body(reconciled(api, **changes), look).context["ledger"]
    assert isinstance(ledger, Ledger)
    assert ledger.mood == mood
    assert said in ledger.verdict


def test_what_is_not_known_is_a_dash(api: FakeQueryApi, look: Look) -> None:
    """Never 0, which would say that all is well."""
    values = {
        "begin_on_hand": 100.0,
        "end_on_hand": 85.0,
        "sold": 60.0,
        "unexplained": None,
        "variance": None,
    }
    shown = {name: value for _, name, value in lines(ledger_body(reconciled(api, values=values), look))}
    assert (shown["Selisih"], shown["Selisih terhadap penjualan"]) == ("–", "–")
    assert moved_by({"incoming": 1.0, "outgoing": None}) is None
    assert expected({"incoming": 1.0}, {"begin_on_hand": None}) is None
    assert ledger_body(reconciled(api, values=dict.fromkeys(values)), look).empty


def test_products_and_their_differences(api: FakeQueryApi, look: Look) -> None:
    assert texts(differences_body(reconciled(api), look)) == [
        ["Serum Lumina", "100", "−14", "86", "85", "+1", "+3"]
    ]
