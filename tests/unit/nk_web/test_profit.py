"""The profit page: figures hand-computed from the table in `support/fake_profit.py`."""

from __future__ import annotations

import re
from datetime import date, timedelta

import httpx
import pytest

from nk_common.api.sales import BreakdownRow
from support.fake_query_api import FakeQueryApi
from support.panel_text import figure_in, panel_text, rows_of


async def panel(browser: httpx.AsyncClient, name: str, query: str = "range=7d") -> str:
    return await panel_text(browser, "profit", name, query)


async def test_the_trend_has_profit_above_margin(browser: httpx.AsyncClient, api: FakeQueryApi) -> None:
    """Both with their comparison, in the chart and in the table; a missing day is a gap and not zero."""
    api.missing = {date(2026, 11, 20)}
    text = await panel(browser, "trend")
    assert "Laba kotor dan margin per hari" in text
    figure = figure_in(text)
    assert [trace.get("yaxis", "y") for trace in figure["data"]] == ["y", "y", "y2", "y2"]
    assert figure["data"][1]["y"][3] is None
    assert figure["data"][3]["y"][2:4] == [pytest.approx(1 / 3), None]
    row = rows_of(text)[3]
    assert row[1:3] == ["tidak ada data", "tidak ada data"]
    assert row[5] == "25 %"
    assert rows_of(text)[0][2] == "33,3 %"


async def test_both_trends_can_be_downloaded(browser: httpx.AsyncClient, api: FakeQueryApi) -> None:
    """One file each; a third one there is not."""
    text = await panel(browser, "trend")
    assert "/downloads/profit/trend.csv?range=7d&compare=previous&file=1" in text
    for query, kpi in (("", "gross_profit"), ("&file=1", "margin")):
        await browser.get(f"/downloads/profit/trend.csv?range=7d{query}")
        name, asked = api.asked[-1]
        assert (name, dict(asked)["kpi"]) == ("profit-trend.csv", kpi)
    for address in ("trend.csv?file=2", "trend.csv?file=x", "categories.csv?file=1"):
        assert (await browser.get(f"/downloads/profit/{address}")).status_code == 404


async def test_bars_say_the_margin_and_filter(browser: httpx.AsyncClient) -> None:
    """2.4 and 0.5 million; what has no known cost has no bar, which is not one of length zero."""
    text = await panel(browser, "categories")
    bars = figure_in(text)["data"][0]
    assert bars["x"] == [2.4e6, 0.5e6, None]
    assert bars["text"] == ["Rp 2,4 jt · 40 %", "Rp 500 rb · 25 %", "– · –"]
    [dash] = figure_in(text)["layout"]["annotations"]
    assert (dash["text"], dash["x"], dash["y"]) == ("– · –", 0, 2)
    assert bars["customdata"][0] == "/profit?range=7d&compare=previous&category=1"
    assert "Sebelumnya: Rp 1.200.000" in bars["hovertext"][0]
    assert rows_of(text)[2] == ["Parfum Senja Tanpa kategori", "–", "–", "Rp 1.000.000", "0 %"]


@pytest.mark.parametrize(("name", "order", "first"), [("top", "desc", "Serum"), ("bottom", "asc", "Lipstik")])
async def test_products_from_both_ends(
    browser: httpx.AsyncClient, api: FakeQueryApi, name: str, order: str, first: str
) -> None:
    """Sorted by the server; by margin, too, from the same end; a press shows the product's cost."""
    text = await panel(browser, name)
    asked = dict(api.asked[-1][1])
    assert (asked["sort"], asked["order"]) == ("gross_profit", order)
    assert rows_of(text)[0][0].startswith(first)
    assert rows_of(text)[2][0].startswith("Parfum")
    assert ["Rp 500 rb", "25 %", "Rp 4 jt"] in [row[1:] for row in rows_of(text)]
    assert ["–", "–", "Rp 1 jt"] in [row[1:] for row in rows_of(text)]
    assert f"{name}.sort=margin&{name}.order={order}" in text
    assert 'href="/profit?range=7d&compare=previous&product=2"' in text


async def test_what_products_cost(browser: httpx.AsyncClient) -> None:
    """Half of a cost is said to be half of it, and none of it is a dash."""
    rows = rows_of(await panel(browser, "costs"))
    assert [row[1:] for row in rows] == [
        ["Rp 3,6 jt", "Rp 6 jt", "100 %"], ["Rp 1,5 jt", "Rp 4 jt", "50 %"], ["–", "Rp 1 jt", "0 %"],
    ]  # fmt: skip


async def test_coverage_says_what_is_not_in_the_profit(browser: httpx.AsyncClient) -> None:
    """8 of 11 million have a known cost; the other three are half of 4 million and all of one."""
    text = await panel(browser, "coverage")
    assert "72,7 %" in text
    assert "Rp 3 jt sisanya" in text
    values = re.findall(r'brief-name">.*?>(\w+ \w+)</a>.*?brief-value ">(.*?)<', text)
    assert values == [("Lipstik Merona", "Rp 2 jt"), ("Parfum Senja", "Rp 1 jt")]


async def test_most_revenue_of_unknown_cost_is_found_among_many(
    browser: httpx.AsyncClient, api: FakeQueryApi
) -> None:
    """Three hundred small products have no known cost at all, the two that matter stand behind them by their keys. What
    came back as it was sold has no revenue, and no coverage either."""

    def row(key: int, label: str, revenue: float, coverage: float | None) -> BreakdownRow:
        values = {"revenue": revenue, "gross_profit": None, "cost_coverage": coverage}
        return BreakdownRow(
            key=str(key), label=label, path=[label], revenue=revenue, quantity=1, transactions=1, share=None,
            values=values,
        )  # fmt: skip

    small = [row(1000 + at, f"Kecil {at}", 1_000, 0.0) for at in range(300)]
    api.rows = [
        *small,
        row(8001, "Retur", 0, None),
        row(8002, "Parfum", 9e6, 0.0),
        row(8003, "Serum", 40e6, 0.5),
    ]
    text = await panel(browser, "coverage")
    values = re.findall(r'brief-name">.*?>([\w ]+)</a>.*?brief-value ">(.*?)<', text)
    assert values[:2] == [("Serum", "Rp 20 jt"), ("Parfum", "Rp 9 jt")]
    assert len(values) == 4
    assert "Retur" not in text


async def test_lines_below_cost_have_totals_and_pages(browser: httpx.AsyncClient, api: FakeQueryApi) -> None:
    """The greatest loss first, until another order is asked for; totals are those of all lines."""
    text = await panel(browser, "below", "range=7d&below.page=1")
    assert "2 baris merugi Rp 90.000: pendapatan Rp 20.000, harga pokok Rp 110.000." in text
    assert rows_of(text)[0][1:4] == ["Rp 60.000", "Rp 0", "Rp 60.000"]
    assert "Kemang/0011" in rows_of(text)[0][0]
    asked = dict(api.asked[-1][1])
    assert (asked["sort"], asked["order"], "search" in asked) == ("loss", "desc", False)
    assert "below.sort=cogs&below.order=desc" in text
    text = await panel(browser, "below", "range=7d&below.sort=product&below.order=asc&below.q=lips&lang=en")
    asked = dict(api.asked[-1][1])
    assert (asked["sort"], asked["order"], asked["search"]) == ("product", "asc", "lips")
    assert [row[1] for row in rows_of(text)] == ["Rp 30,000"]
    assert "2 lines lost Rp 90,000" in text
    assert "Nothing is called “zzz” here." in await panel(browser, "below", "below.q=zzz&lang=en")


async def test_lines_below_cost_and_costs_are_downloaded_whole(
    browser: httpx.AsyncClient, api: FakeQueryApi
) -> None:
    for address, file in (
        ("profit/below.csv?below.page=2", "profit-below-cost.csv"),
        ("profit/cost.csv?product=1", "profit-cost-history.csv"),
        ("product/cost.csv?product=1", "profit-cost-history.csv"),
    ):
        assert (await browser.get(f"/downloads/{address}")).status_code == 200
        path, asked = api.asked[-1]
        assert path == file
        assert not {"limit", "offset"} & set(dict(asked))
    assert "/downloads/profit/cost.xlsx" in await panel(browser, "cost", "range=7d&product=1")


async def test_nothing_below_cost_is_said(browser: httpx.AsyncClient, api: FakeQueryApi) -> None:
    """Days that are not loaded are not days without a loss."""
    api.missing = {api.today - timedelta(days=at) for at in range(30)}
    assert "Belum ada hari" in await panel(browser, "below")


async def test_the_cost_of_a_product_is_a_step(browser: httpx.AsyncClient, api: FakeQueryApi) -> None:
    """40,000 from before, 50,000 since ten days ago: a quarter more. Over a year, whatever the range."""
    text = await panel(browser, "cost", "range=7d&product=1&lang=en")
    assert dict(api.asked[-1][1])["start"] == "2025-11-24"
    line = figure_in(text)["data"][0]
    assert line["y"] == [40_000, 50_000, 50_000]
    assert "Serum Lumina: Rp 50,000 now" in text
    assert rows_of(text)[0] == ["13 Nov 2026 BILL/1", "Rp 50,000", "+25%", "24", "CV Grosir"]
    assert rows_of(text)[1][1:3] == ["Rp 40,000", "–"]
    assert "No bill says" in await panel(browser, "cost", "range=7d&product=3&lang=en")


async def test_without_one_product_there_is_no_cost_to_show(
    browser: httpx.AsyncClient, api: FakeQueryApi
) -> None:
    """The page shows it for one product only, and then no list of which products there are."""
    assert "Pilih satu produk" in await panel(browser, "cost", "range=7d&product=1&product=2")
    assert api.asked == []
    page = (await browser.get("/profit?range=7d")).text
    assert 'id="panel-cost"' not in page
    assert 'id="panel-top"' in page
    page = (await browser.get("/profit?range=7d&product=1")).text
    assert 'id="panel-cost"' in page
    assert 'id="panel-top"' not in page


async def test_a_products_page_has_its_cost(browser: httpx.AsyncClient) -> None:
    assert 'id="panel-cost"' in (await browser.get("/sales/products/1?range=7d")).text
    assert 'href="/sales/products/1?range=7d&compare=previous"' in await panel(
        browser, "coverage", "product=1"
    )
