"""The schedule on Data Sync: what is next, how the last run went, and what is switched off."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any, get_args

import httpx
import pytest

from nk_common.api.health import HealthState
from nk_common.schedule.jobs import JOBS
from nk_web.api_client import ApiNotReadyError
from nk_web.pages.sync_schedule import JOB_NAMES
from support import fake_pipeline as fake
from support.fake_query_api import FakeQueryApi

HTMX = {"hx-request": "true"}


async def section(browser: httpx.AsyncClient, lang: str = "id", status: int = 200) -> str:
    answer = await browser.get(f"/operational/schedule?lang={lang}", headers=HTMX)
    assert answer.status_code == status
    return answer.text.replace("\u00a0", " ")


def items(text: str) -> dict[str, str]:
    """What is said of each job, without tags."""
    found = re.findall(r'<li class="job" data-job="([^"]+)"[^>]*>(.*?)</li>', text, re.DOTALL)
    return {name: " ".join(re.sub(r"<[^>]+>", " ", body).split()) for name, body in found}


def test_every_job_has_a_name() -> None:
    assert JOB_NAMES.keys() == {job.name for job in JOBS}


async def test_what_fires_next_comes_first_and_what_is_off_last(browser: httpx.AsyncClient) -> None:
    """Then the two that look over and over, with how often and when they last did."""
    found = items(await section(browser))
    assert list(found) == ["dimensions", "pos", "purchases", "watch", "catch-up"]
    assert found["dimensions"].startswith(
        "Produk, mitra, dan sejenisnya berikutnya 15.32 terakhir 14.32: 4 dari 11"
    )
    assert found["pos"].endswith("1 dari 1 0 2 * * *")
    assert found["purchases"] == "Pembelian kemarin dimatikan belum pernah berjalan"
    assert found["watch"] == "Pantauan perubahan hidup, tiap 15 detik melihat 13 menit yang lalu"
    assert found["catch-up"] == "Susulan dimatikan"


async def test_it_is_said_in_english(browser: httpx.AsyncClient) -> None:
    text = await section(browser, "en")
    found = items(text)
    assert found["watch"] == "Change watch on, every 15 seconds looked 13 minutes ago"
    assert "Profit has no time of its own" in text


CASES: list[tuple[dict[str, Any], str, bool]] = [
    ({"total": 0}, "tidak ada yang perlu dikerjakan", False),
    ({"total": 3, "done": 2, "failed": 1}, "1 dari 3 gagal", True),
    ({"total": 3, "done": 1, "running": 2}, "1 dari 3", False),
]


@pytest.mark.parametrize(("counts", "words", "bad"), CASES)
async def test_a_run_says_how_it_went(
    browser: httpx.AsyncClient, api: FakeQueryApi, counts: dict[str, Any], words: str, bad: bool
) -> None:
    _only(api, fake.firing(api.now, fake.run("backfill", api.now, **counts)))
    text = await section(browser)
    assert words in items(text)["pos"]
    assert ('class="bad"' in text) is bad


@pytest.mark.parametrize("state", get_args(HealthState))
async def test_a_check_of_health_says_what_it_found(
    browser: httpx.AsyncClient, api: FakeQueryApi, state: HealthState
) -> None:
    _only(api, fake.firing(api.now, fake.run("health", api.now, outcome=state)))
    words = {"healthy": "lancar", "late": "terlambat", "failing": "bermasalah"}
    text = await section(browser)
    assert f": {words[state]}" in items(text)["pos"]
    assert ('class="bad"' in text) is (state != "healthy")


async def test_a_comparison_says_how_many_days_are_equal(
    browser: httpx.AsyncClient, api: FakeQueryApi
) -> None:
    day = api.today - timedelta(days=1)
    for days, words, bad in [
        ([fake.compared_day(day, "equal")], "1 dari 1 sama", False),
        ([fake.compared_day(day, "missing")], "0 dari 1 sama", True),
    ]:
        _only(api, fake.firing(api.now, comparison=fake.comparison("x", api.now, days).reconciliation))
        text = await section(browser)
        assert words in items(text)["pos"]
        assert ('class="bad"' in text) is bad
    waits = fake.comparison("x", api.now, [], "waiting").reconciliation
    _only(api, fake.firing(api.now, comparison=waits))
    assert "sedang dibandingkan" in items(await section(browser))["pos"]
    _only(api, fake.firing(api.now))
    assert "sedang dimulai" in items(await section(browser))["pos"]


async def test_an_extractor_that_has_told_nothing_is_not_a_schedule_without_jobs(
    browser: httpx.AsyncClient, api: FakeQueryApi
) -> None:
    api.scheduled = api.scheduled.model_copy(update={"jobs": [], "watch": None, "catch_up": None})
    assert "Extractor belum memberi tahu" in await section(browser)


async def test_a_schedule_that_is_not_known_is_said(browser: httpx.AsyncClient, api: FakeQueryApi) -> None:
    api.errors = {"/v1/pipeline/schedules": ApiNotReadyError("There is no ledger yet.")}
    assert "There is no ledger yet." in await section(browser, status=503)


async def test_runs_of_the_schedule_are_named_in_the_readers_language(
    browser: httpx.AsyncClient, api: FakeQueryApi
) -> None:
    """And a check of health by what it found; those that had nothing to do are left to the schedule."""
    api.run_list = [
        fake.run("health", api.now, outcome="late"),
        fake.run("backfill", api.now),
        fake.run("backfill", api.now, total=1, done=1),
    ]
    text = (await browser.get("/operational/runs?lang=id", headers=HTMX)).text
    assert "Pemeriksaan kesehatan data" in text
    assert "menurut jadwal" in text
    assert "terlambat" in text
    assert "0 dari 0" not in text
    assert text.count('class="run"') == 2


def _only(api: FakeQueryApi, last: Any) -> None:
    one = fake.job("pos", "0 2 * * *", api.now, last=last)
    api.scheduled = api.scheduled.model_copy(update={"jobs": [one]})


async def test_a_watch_that_cannot_look_says_since_when_and_why(
    browser: httpx.AsyncClient, api: FakeQueryApi
) -> None:
    """Errors are shown as they are, and as text."""
    watch = api.scheduled.watch
    assert watch is not None
    failing = {"failing_since": api.now - timedelta(hours=1), "error": "http://odoo 100% <away>"}
    api.scheduled = api.scheduled.model_copy(update={"watch": watch.model_copy(update=failing)})
    assert (
        "tidak bisa melihat sejak 13.32: http://odoo 100% &lt;away&gt;"
        in items(await section(browser))["watch"]
    )
