"""Data Sync: comparisons with Odoo, work that waits, and retries of what failed."""

from __future__ import annotations

from datetime import date, timedelta
from urllib.parse import urlencode

import httpx
import pytest

from nk_common.api.pipeline import BackfillRequest, Partition, ReconciliationRequest
from nk_web.api_client import ApiNotReadyError, ApiRefusedError
from nk_web.pages.sync_compared import newest_by_dataset
from nk_web.pages.sync_retry import retries
from support import fake_pipeline
from support.fake_query_api import FakeQueryApi

HTMX = {"hx-request": "true"}
TODAY = date(2026, 11, 23)
FORM = {"dataset": "pos", "start": "2026-11-17", "end": "2026-11-19"}
COMPARED = "/operational/reconciliations"


async def post(browser: httpx.AsyncClient, path: str, fields: dict[str, str]) -> httpx.Response:
    headers = {"content-type": "application/x-www-form-urlencoded", **HTMX}
    return await browser.post(path, content=urlencode(fields), headers=headers)


async def compared(browser: httpx.AsyncClient, query: str = "") -> str:
    return (await browser.get(COMPARED + query, headers=HTMX)).text.replace("\u00a0", " ")


async def test_differences_are_told_in_words(browser: httpx.AsyncClient, api: FakeQueryApi) -> None:
    """Which day of which dataset, what both sides have, which documents, and why Odoo did not tell."""
    api.comparisons = [fake_pipeline.unequal(TODAY, api.now)]
    text = await compared(browser)
    for part in (
        "Min, 22 Nov 2026",
        "2 dokumen berbeda",
        "Dokumen: 40 di Odoo, 38 di sini",
        "Nilai: Rp 5.000.000 di Odoo, Rp 4.750.000 di sini",
        "Nomor di Odoo: 1201, 1207",
        "di sini hari itu belum dimuat",
        "Odoo tidak memberi tahu: Akses ke account.move ditolak",
        "4 dari 6",
    ):
        assert part in text


async def test_equality_is_said(browser: httpx.AsyncClient, api: FakeQueryApi) -> None:
    """And so is that nothing was compared yet, which is no proof."""
    assert "Belum ada yang dicocokkan." in await compared(browser)
    api.comparisons = [fake_pipeline.comparison("a", api.now, [fake_pipeline.compared_day(TODAY, "equal")])]
    assert "sama dengan Odoo, dokumen demi dokumen" in await compared(browser)


async def test_the_newest_result_of_every_dataset_is_shown(api: FakeQueryApi) -> None:
    """A comparison of one dataset does not hide what an older one found of another."""
    older = fake_pipeline.unequal(TODAY, api.now).reconciliation
    newer = fake_pipeline.comparison(
        "b", api.now, [fake_pipeline.compared_day(TODAY, "equal")]
    ).reconciliation
    begun = fake_pipeline.comparison("c", api.now, [], "running").reconciliation
    newest = newest_by_dataset([begun, newer, older])
    assert {name: run.id for name, run in newest.items()} == {"pos": "b", "invoice_sales": "unequal"}


async def test_a_comparison_is_asked_for_and_awaited(browser: httpx.AsyncClient, api: FakeQueryApi) -> None:
    """It is looked for by its id until it is there, then while it runs, then seldom."""
    sent = await post(browser, COMPARED, FORM)
    request = ReconciliationRequest(datasets=["pos"], start=date(2026, 11, 17), end=date(2026, 11, 19))
    assert ("reconcile", request) in api.asked
    assert "sebentar lagi dimulai" in sent.text
    assert 'hx-get="/operational/reconciliations?expected=cmd-3" hx-trigger="every 2s"' in sent.text
    api.comparisons = [fake_pipeline.comparison("cmd-3", api.now, [], "running")]
    running = await compared(browser, "?expected=cmd-3")
    assert 'hx-get="/operational/reconciliations" hx-trigger="every 2s"' in running
    assert "Mencocokkan" in running
    api.comparisons = [
        fake_pipeline.comparison("cmd-3", api.now, [fake_pipeline.compared_day(TODAY, "equal")])
    ]
    assert 'hx-trigger="every 60s"' in await compared(browser)


async def test_a_comparison_that_broke_off_says_why(browser: httpx.AsyncClient, api: FakeQueryApi) -> None:
    """With the reason."""
    api.comparisons = [fake_pipeline.comparison("a", api.now, [], "failed")]
    assert "The ledger was away." in await compared(browser)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"start": "2026-11-20"}, "Hari pertama ada sesudah hari terakhir."),
        ({"end": "?"}, "Isi hari pertama"),
    ],
)
async def test_an_impossible_comparison_is_a_sentence(
    browser: httpx.AsyncClient, api: FakeQueryApi, change: dict[str, str], sentence: str
) -> None:
    """And nothing is asked of the API."""
    answer = await post(browser, COMPARED, {**FORM, **change})
    assert answer.status_code == 422
    assert sentence in answer.text
    assert "reconcile" not in [method for method, _ in api.asked]


async def test_a_refused_comparison_shows_the_reason(browser: httpx.AsyncClient, api: FakeQueryApi) -> None:
    """What was found before stays on the page."""
    api.comparisons = [fake_pipeline.unequal(TODAY, api.now)]
    api.errors = {"reconcile": ApiRefusedError("Profit cannot be compared.")}
    answer = await post(browser, COMPARED, FORM)
    assert answer.status_code == 422
    assert "Profit cannot be compared." in answer.text
    assert "1201" in answer.text


async def test_only_what_odoo_can_be_asked_about_is_offered(browser: httpx.AsyncClient) -> None:
    """The trust figures say which datasets those are."""
    text = (await browser.get(f"{COMPARED}/form", headers=HTMX)).text
    assert '<option value="pos">Penjualan kasir</option>' in text
    assert 'value="purchases"' not in text


async def test_work_that_waits_is_shown_by_stage(browser: httpx.AsyncClient, api: FakeQueryApi) -> None:
    """In the order in which it passes through; a group that is not known has its own name."""
    api.waiting = {"nk-cleaner": 214, "nk-odd": 1}
    text = (await browser.get("/operational/lag", headers=HTMX)).text
    assert "215 pesan menunggu dikerjakan." in text
    assert (
        text.index("Membaca Odoo") < text.index("Pembersihan") < text.index("Pemuatan") < text.index("nk-odd")
    )
    api.waiting = {}
    assert "Tidak ada yang menunggu" in (await browser.get("/operational/lag", headers=HTMX)).text


async def test_lag_that_is_not_known_is_not_zero(browser: httpx.AsyncClient, api: FakeQueryApi) -> None:
    """The broker being away is said."""
    api.errors = {"/v1/pipeline/lag": ApiNotReadyError("The broker does not answer.")}
    answer = await browser.get("/operational/lag", headers=HTMX)
    assert answer.status_code == 503
    assert "The broker does not answer." in answer.text
    assert "Tidak ada yang menunggu" not in answer.text


async def test_everything_that_failed_is_retried_at_once(
    browser: httpx.AsyncClient, api: FakeQueryApi
) -> None:
    """Just that: what is missing beside it is not asked for."""
    odd, even = date(2026, 11, 19), date(2026, 11, 16)
    api.failed, api.missing = {odd, even}, {date(2026, 11, 17)}
    page = (await browser.get("/operational?start=2026-11-10&end=2026-11-20")).text
    assert "Coba lagi semua" in page
    answer = await post(browser, "/operational/retry?start=2026-11-10&end=2026-11-20", {})
    asked = [request for method, request in api.asked if method == "backfill"]
    assert [(r.start, r.end) for r in asked] == [(even, even), (odd, odd)]
    assert f"{sum(len(r.datasets) for r in asked)} sudah diminta" in answer.text
    assert answer.headers["hx-trigger"] == "nk-requested"


def test_retries_are_as_few_as_they_can_be() -> None:
    """Neighbouring days are one backfill, datasets with the same days share it, whole datasets are refreshed."""
    first = date(2026, 11, 1)

    def failed(dataset: str, *days: int | None) -> list[Partition]:
        return [
            Partition(dataset=dataset, day=None if n is None else first + timedelta(days=n), state="failed")
            for n in days
        ]

    parts = [*failed("pos", 2, 0, 1, 7), *failed("purchases", 7), *failed("products", None)]
    loaded = Partition(dataset="pos", day=first + timedelta(days=3), state="loaded")
    backfills, whole = retries([*parts, loaded])
    spans = [(request.datasets, request.start.day, request.end.day) for request in backfills]
    assert spans == [(["pos"], 1, 3), (["pos", "purchases"], 8, 8)]
    assert all(isinstance(request, BackfillRequest) and not request.force for request in backfills)
    assert whole == ["products"]
