"""The customers page: figures hand-computed from `support/fake_customers.py`."""

from __future__ import annotations

from datetime import date, timedelta

import httpx

from support.fake_query_api import FakeQueryApi
from support.panel_text import figure_in, panel_text, rows_of


async def panel(browser: httpx.AsyncClient, name: str, query: str = "range=7d") -> str:
    return await panel_text(browser, "customers", name, query)


async def test_new_customers_stand_on_returning_ones(browser: httpx.AsyncClient, api: FakeQueryApi) -> None:
    """Ten and two a day; a missing day is shaded and has no columns; a press shows the day."""
    api.missing = {date(2026, 11, 20)}
    text = await panel(browser, "trend")
    returning, new = figure_in(text)["data"]
    assert (returning["y"][:4], new["y"][:4]) == ([10, 10, 10, None], [2, 2, 2, None])
    assert new["hovertext"][0] == (
        "<b>Sel, 17 Nov 2026</b><br>Baru: 2 (Sebelumnya: 3)<br>Lama: 10 (Sebelumnya: 11)"
    )
    assert "start=2026-11-17&end=2026-11-17" in new["customdata"][0]
    assert len(figure_in(text)["layout"]["shapes"]) == 1
    assert rows_of(text)[0][1:] == ["2", "10", "Sel, 10 Nov 2026", "3", "11"]
    assert rows_of(text)[3][1] == "tidak ada data"


async def test_one_day_has_no_hours_of_new_customers(browser: httpx.AsyncClient, api: FakeQueryApi) -> None:
    assert "Pelanggan baru dan lama per hari" in await panel(browser, "trend", "range=today")
    assert dict(api.asked[-1][1])["grain"] == "day"
    assert "per minggu" in await panel(browser, "trend", "range=30d&grain=week")


async def test_older_purchases_that_are_not_known_are_said(browser: httpx.AsyncClient) -> None:
    """Whoever bought before the first loaded day looks new."""
    assert "Pembelian diketahui sejak 12 Sep 2026" in await panel(
        browser, "trend", "start=2026-09-20&end=2026-11-01"
    )
    assert "Pembelian diketahui sejak" not in await panel(browser, "trend", "range=7d")


async def test_cohorts_begin_where_purchases_are_known(browser: httpx.AsyncClient, api: FakeQueryApi) -> None:
    """Five and four of ten came back, one of four so far; months to come are blank and not zero."""
    text = await panel(browser, "cohorts")
    cells = figure_in(text)["data"][0]
    assert [row[:3] for row in cells["z"]] == [[0.5, 0.4, None], [0.25, None, None], [None] * 3]
    assert figure_in(text)["layout"]["yaxis"]["ticktext"] == ["Sep 2026 · 10", "Okt 2026 · 4", "Nov 2026 · 2"]
    assert "5 dari 10 membeli lagi · 50 %" in cells["hovertext"][0][0].replace("\u00a0", " ")
    assert rows_of(text)[0][:4] == ["Sep 2026", "10", "50 %", "40 % belum lengkap"]
    assert rows_of(text)[1][2:4] == ["25 % belum lengkap", ""]
    assert "start" not in dict(api.asked[-1][1])
    await panel(browser, "cohorts", "start=2024-11-01&end=2026-11-01")
    assert dict(api.asked[-1][1])["start"] == "2024-11-01"


async def test_segments_say_what_they_are_and_list_their_customers(browser: httpx.AsyncClient) -> None:
    """Two of three customers, five of six million; nobody has no averages."""
    text = await panel(browser, "segments")
    assert "2 · 67 %" in text
    assert "Rp 5 jt · 83 %" in text
    assert "Rata-rata Rp 2,5 jt dalam 2,5 kali belanja, terakhir 1 hari lalu." in text
    assert text.count("Rata-rata") == 2
    assert "0 · 0 %" in text
    assert 'href="/customers?range=7d&compare=previous&segment=lost"' in text
    assert "24 Nov 2025 – 23 Nov 2026" in text


async def test_the_customers_of_a_segment(browser: httpx.AsyncClient, api: FakeQueryApi) -> None:
    """The first segment, until another is pressed; sorted, searched and paged by the server."""
    text = await panel(browser, "people", "range=7d&people.sort=transactions&people.q=a")
    asked = dict(api.asked[-1][1])
    assert (asked["segment"], asked["sort"], asked["search"]) == ("champions", "transactions", "a")
    assert "Pelanggan kelompok Juara" in text
    assert rows_of(text)[0] == ["Ayu Kusuma", "Rp 3.000.000", "3", "23 Nov 2026"]
    text = await panel(browser, "people", "range=7d&segment=lost")
    assert "Pelanggan kelompok Hilang" in text
    assert "<tbody>" not in text
    page = (await browser.get("/customers?range=7d&segment=lost")).text
    assert "/panels/customers/people?range=7d&amp;compare=previous&amp;segment=lost" in page


async def test_top_customers_filter_the_page(browser: httpx.AsyncClient, api: FakeQueryApi) -> None:
    """Half, a third and a sixth of six million; the second press takes the filter back."""
    text = await panel(browser, "top")
    assert [row[1:4] for row in rows_of(text)] == [
        ["Rp 3.000.000", "50 %", "3"], ["Rp 2.000.000", "33,3 %", "2"], ["Rp 1.000.000", "16,7 %", "1"],
    ]  # fmt: skip
    assert rows_of(text)[0][0] == "Ayu Kusuma sejak 1 Okt 2026"
    assert 'href="/customers?range=7d&compare=previous&customer=2"' in text
    assert 'href="/customers?range=7d&compare=previous"' in await panel(browser, "top", "range=7d&customer=2")
    assert dict(api.asked[-1][1])["customer"] == "2"


async def test_how_much_of_the_sales_has_a_name(browser: httpx.AsyncClient) -> None:
    assert "50 %" in await panel(browser, "identified")


async def test_downloads_are_what_is_shown(browser: httpx.AsyncClient, api: FakeQueryApi) -> None:
    """The segments, the customers of one of them in full, and of the trend new and returning ones."""
    for name, file in (
        ("segments", "customers-segments"),
        ("people", "customers-segments"),
        ("top", "customers-top"),
    ):
        await browser.get(f"/downloads/customers/{name}.csv?range=7d&segment=lost")
        path, asked = api.asked[-1]
        assert (path, dict(asked).get("segment")) == (f"{file}.csv", "lost" if name == "people" else None)
        assert "limit" not in dict(asked)
    for query, kpi in (("", "new_customers"), ("&file=1", "returning_customers")):
        await browser.get(f"/downloads/customers/trend.csv?range=7d{query}")
        path, asked = api.asked[-1]
        assert (path, dict(asked)["kpi"]) == ("customers-trend.csv", kpi)


async def test_nobody_is_not_zero(browser: httpx.AsyncClient, api: FakeQueryApi) -> None:
    api.missing = {api.today - timedelta(days=at) for at in range(800)}
    for name in ("trend", "cohorts", "segments", "people", "top"):
        text = await panel(browser, name)
        assert "Belum ada hari" in text
        assert "data-figure" not in text
