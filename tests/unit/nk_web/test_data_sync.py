"""The Data Sync page: what is loaded, what will run, and what happens when it is asked for."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from urllib.parse import urlencode

import httpx
import pytest

from nk_common.api.common import Text
from nk_common.api.pipeline import BackfillRequest, DatasetInfo, PauseRequest, Run
from nk_web.api_client import ApiDownError, ApiMissingError, ApiRefusedError
from nk_web.pages.sync_grid import STATE_NAMES, STATE_SIGNS, STATES
from support import fake_query_api
from support.fake_query_api import FakeQueryApi

HTMX = {"hx-request": "true"}
DAY = date(2026, 11, 19)
FORM = {"dataset": "pos", "start": "2026-11-17", "end": "2026-11-19"}


async def post(
    browser: httpx.AsyncClient, path: str, fields: dict[str, str], *, htmx: bool = True
) -> httpx.Response:
    headers = {"content-type": "application/x-www-form-urlencoded", **(HTMX if htmx else {})}
    return await browser.post(path, content=urlencode(fields), headers=headers)


def test_every_state_has_a_sign_of_its_own() -> None:
    """Colour is never the only thing that tells two states apart."""
    assert set(STATE_NAMES) == set(STATE_SIGNS) == set(STATES)
    assert len(set(STATE_SIGNS.values())) == len(STATES)


async def test_the_grid_has_a_cell_for_every_day(browser: httpx.AsyncClient, api: FakeQueryApi) -> None:
    """Each says its day, state, rows, age and error in words."""
    api.failed, api.missing = {DAY}, {date(2026, 11, 13)}
    page = (await browser.get("/operational")).text
    assert page.count('class="cell" type="button"') == 3 * 35
    assert 'data-state="failed"' in page
    assert "Kam, 19 Nov 2026: gagal · Odoo menolak: akses ke pos.order ditolak (AccessError)" in page
    assert "Sen, 23 Nov 2026: dimuat · 412 baris · Rp " in page
    assert "dibaca 3 jam yang lalu" in page


async def test_failed_days_can_be_retried(browser: httpx.AsyncClient, api: FakeQueryApi) -> None:
    """Just that day of just that dataset."""
    api.failed = {DAY}
    assert "Hari yang gagal" in (await browser.get("/operational")).text
    answer = await post(
        browser, "/operational/backfill", {"dataset": "pos", "start": "2026-11-19", "end": "2026-11-19"}
    )
    assert "1 hari sudah diminta" in answer.text
    assert api.asked[-1] == ("backfill", BackfillRequest(datasets=["pos"], start=DAY, end=DAY))


async def test_a_preview_runs_nothing(browser: httpx.AsyncClient, api: FakeQueryApi) -> None:
    """It names exactly the days that will run, and hands them on to the confirmation."""
    api.missing = {date(2026, 11, 18)}
    text = (await post(browser, "/operational/backfill/preview", {**FORM, "reason": "stok opname"})).text
    assert "1 hari akan dimuat" in text
    assert "Rab, 18 Nov" in text
    assert "2 hari dilewati" in text
    assert 'name="reason" value="stok opname"' in text
    sent = [arguments for method, arguments in api.asked if method == "backfill"]
    assert [request.dry_run for request in sent] == [True]


async def test_force_is_kept_from_preview_to_confirmation(
    browser: httpx.AsyncClient, api: FakeQueryApi
) -> None:
    """What was previewed is what runs."""
    text = (await post(browser, "/operational/backfill/preview", {**FORM, "force": "1"})).text
    assert "3 hari akan dimuat" in text
    assert 'name="force" value="1"' in text
    answer = await post(browser, "/operational/backfill", {**FORM, "force": "1"})
    assert answer.headers["hx-trigger"] == "nk-requested"
    assert api.asked[-1][1].force is True
    assert api.asked[-1][1].dry_run is False


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"start": "2026-11-20"}, "Hari pertama ada sesudah hari terakhir."),
        ({"start": "2026-12-01", "end": "2026-12-02"}, "belum terjadi"),
        ({"start": "tomorrow"}, "Isi hari pertama dan hari terakhir."),
    ],
)
async def test_an_impossible_backfill_is_a_sentence(
    browser: httpx.AsyncClient, api: FakeQueryApi, change: dict[str, str], sentence: str
) -> None:
    """And nothing is asked of the API."""
    answer = await post(browser, "/operational/backfill", {**FORM, **change})
    assert answer.status_code == 422
    assert sentence in answer.text
    assert "Tidak ada yang dijalankan." in answer.text
    assert not [method for method, _ in api.asked if method == "backfill"]


async def test_a_backfill_without_datasets_is_a_sentence(browser: httpx.AsyncClient) -> None:
    """At least one has to be ticked."""
    answer = await post(
        browser, "/operational/backfill/preview", {"start": "2026-11-01", "end": "2026-11-02"}
    )
    assert "Pilih sedikitnya satu kumpulan data." in answer.text


async def test_what_the_api_refuses_is_shown(browser: httpx.AsyncClient, api: FakeQueryApi) -> None:
    """With its own sentence."""
    api.errors = {"backfill": ApiRefusedError("Unknown dataset 'x'.")}
    answer = await post(browser, "/operational/backfill/preview", FORM)
    assert answer.status_code == 422
    assert "Unknown dataset &#39;x&#39;." in answer.text


async def test_forms_work_without_scripts(browser: httpx.AsyncClient) -> None:
    """The answer is then a page of its own."""
    answer = await post(browser, "/operational/backfill/preview", {**FORM, "force": "1"}, htmx=False)
    assert "<html" in answer.text
    assert "3 hari akan dimuat" in answer.text


async def test_an_endless_form_is_refused(browser: httpx.AsyncClient) -> None:
    """Nobody fills in that much by hand."""
    for path in ("/operational/backfill", "/operational/refresh"):
        answer = await post(browser, path, {**FORM, "reason": "x" * 100_000})
        assert answer.status_code in {413, 422}
        assert "terlalu panjang" in answer.text
    many = "&".join(["dataset=pos"] * 2000)
    for path in ("/operational/backfill", "/operational/refresh"):
        assert (await browser.post(path, content=many, headers=HTMX)).status_code in {413, 422}


async def test_lists_can_be_refreshed(browser: httpx.AsyncClient, api: FakeQueryApi) -> None:
    """One, or all."""
    page = (await browser.get("/operational")).text
    assert "Daftar yang dimuat utuh" in page
    assert "Sudah diminta" in (await post(browser, "/operational/refresh", {"target": "products"})).text
    assert api.asked[-1][1].targets == ["products"]
    await post(browser, "/operational/refresh", {})
    assert (api.asked[-1][1].targets, api.asked[-1][1].full) == ([], False)


async def test_lists_can_be_read_anew(browser: httpx.AsyncClient, api: FakeQueryApi) -> None:
    """Every record, not only what Odoo dates as changed."""
    assert "Baca semua dari awal" in (await browser.get("/operational")).text
    answer = await post(browser, "/operational/refresh", {"full": "1"})
    assert (api.asked[-1][1].full, answer.headers["hx-trigger"]) == (True, "nk-requested")


async def test_stock_can_be_taken_now(
    browser: httpx.AsyncClient, api: FakeQueryApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By a button at the stock's own days, and nowhere else."""
    button = 'action="/operational/stock"'
    assert button not in (await browser.get("/operational")).text
    stock = DatasetInfo(name="stock-quants", title=Text(id="Stok", en="Stock"), kind="daily")
    monkeypatch.setattr(fake_query_api, "DATASETS", (*fake_query_api.DATASETS, stock))
    assert (await browser.get("/operational")).text.count(button) == 1
    answer = await post(browser, "/operational/stock", {})
    assert "Sudah diminta" in answer.text
    assert (api.asked[-1][0], answer.headers["hx-trigger"]) == ("snapshot_stock", "nk-requested")
    api.errors = {"snapshot_stock": ApiRefusedError("The message broker is away.")}
    assert "The message broker is away." in (await post(browser, "/operational/stock", {})).text


async def test_runs_show_progress(browser: httpx.AsyncClient, api: FakeQueryApi) -> None:
    """Counts, failures, rate and time left while it runs; it looks again by itself."""
    now = datetime(2026, 11, 23, 7, 0, tzinfo=UTC)
    api.run_list = [
        Run(run_id="1", kind="backfill", reason="<b>libur</b>", requested_by=None, created_at=now, state="running",
            total=30, done=17, failed=1, running=2, rate_per_minute=6.5, seconds_left=118)
    ]  # fmt: skip
    text = (await browser.get("/operational/runs", headers=HTMX)).text
    for part in (
        "17 dari 30",
        "1 gagal",
        "6,5 per menit",
        "kira-kira 2 menit lagi",
        "every 10s",
        "&lt;b&gt;libur",
    ):
        assert part in text
    api.run_list = []
    assert "Belum ada yang diminta." in (await browser.get("/operational/runs", headers=HTMX)).text


async def test_a_run_is_cancelled(browser: httpx.AsyncClient, api: FakeQueryApi) -> None:
    """Only one that runs has the button; of a cancelled one it is said how much was not begun."""
    now = datetime(2026, 11, 23, 7, 0, tzinfo=UTC)
    running = Run(run_id="a/b", kind="backfill", reason=None, requested_by=None, created_at=now, state="running",
                  total=30, done=17, failed=0, running=13)  # fmt: skip
    api.run_list = [running]
    text = (await browser.get("/operational/runs", headers=HTMX)).text
    assert "Batalkan yang belum mulai" in text
    assert 'name="run" value="a/b"' in text
    assert "Sudah diminta" in (await post(browser, "/operational/runs/cancel", {"run": "a/b"})).text
    assert api.asked[-1] == ("cancel", "a/b")
    api.run_list = [running.model_copy(update={"state": "cancelled", "running": 0, "cancelled": 13})]
    text = (await browser.get("/operational/runs", headers=HTMX)).text
    assert "Batalkan yang belum mulai" not in text
    assert "13 tidak dimulai" in text
    assert "dibatalkan" in text


async def test_a_cancel_without_a_run_is_refused(browser: httpx.AsyncClient, api: FakeQueryApi) -> None:
    forms: tuple[dict[str, str], ...] = ({}, {"run": ""}, {"run": "x" * 101})
    for form in forms:
        answer = await post(browser, "/operational/runs/cancel", form)
        assert answer.status_code == 422
        assert "tidak ada yang dibatalkan" in answer.text
    assert not api.asked
    api.errors["cancel"] = ApiMissingError("There is no run 'old'.")
    answer = await post(browser, "/operational/runs/cancel", {"run": "old"})
    assert "There is no run &#39;old&#39;." in answer.text


async def test_a_dataset_is_paused_and_resumed(browser: httpx.AsyncClient, api: FakeQueryApi) -> None:
    """Who looks sees since when, and why; each dataset has the one button that does something."""
    page = (await browser.get("/operational")).text
    assert page.count('action="/operational/pause"') == 3
    assert "Sudah diminta" in (await post(browser, "/operational/pause", {"dataset": "pos"})).text
    assert api.asked[-1] == ("pause", PauseRequest(datasets=["pos"]))
    api.paused = {"pos": datetime(2026, 11, 23, 5, 0, tzinfo=UTC)}
    page = (await browser.get("/operational")).text
    assert "Dijeda, " in page
    assert "stok opname" in page
    assert (page.count("/operational/resume"), page.count('action="/operational/pause"')) == (2, 2)
    await post(browser, "/operational/resume", {"dataset": "pos"})
    assert api.asked[-1] == ("resume", PauseRequest(datasets=["pos"]))
    assert (await post(browser, "/operational/pause", {})).status_code == 422


async def test_a_range_that_is_too_long_is_cut(browser: httpx.AsyncClient, api: FakeQueryApi) -> None:
    """To its newest year, and the page says so."""
    page = (await browser.get("/operational?start=2020-01-01&end=2026-11-23")).text
    assert "yang ditampilkan 366 hari terbarunya" in page
    [days] = [arguments for method, arguments in api.asked if method == "partitions"]
    assert days.end - days.start == timedelta(days=365)


async def test_an_api_that_is_down(browser: httpx.AsyncClient, api: FakeQueryApi) -> None:
    """One sentence, and the page waits by itself; actions say that nothing was started."""
    api.error = ApiDownError("refused")
    page = await browser.get("/operational")
    assert page.status_code == 503
    assert page.text.count("Layanan data tidak menjawab.") == 1
    assert 'hx-get="/recover"' in page.text
    answer = await post(browser, "/operational/backfill", FORM)
    assert "Tidak ada yang dijalankan." in answer.text


async def test_a_slow_api_leaves_a_skeleton(
    browser: httpx.AsyncClient, api: FakeQueryApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Which asks again as a fragment, and that one waits."""
    monkeypatch.setattr("nk_web.pages.data_sync.FIRST_ANSWER_SECONDS", 0.01)
    api.delay = 0.05
    page = await browser.get("/operational")
    assert 'hx-trigger="load" hx-target="#page"' in page.text
    assert 'class="cell"' in (await browser.get("/operational", headers=HTMX)).text
