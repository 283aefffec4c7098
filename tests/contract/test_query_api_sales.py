"""`/v1/sales/*` as its clients see it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from nk_common.api.sales import SalesBreakdown, SalesSummary, SalesTrend
from nk_common.events.topics import DAY_LOADED
from nk_query_api.kpis import KPIS
from nk_query_api.kpis.dimensions import DIMENSIONS
from nk_query_api.kpis.sales import SALES_KPIS
from support.lake_factory import LakeFactory, sale
from support.query_api import RunningApi, running_api

MONDAY, TUESDAY, TODAY = date(2025, 12, 22), date(2025, 12, 23), date(2025, 12, 24)


@pytest.fixture
def lake(tmp_path: Path) -> LakeFactory:
    """Monday is not loaded; today was read at half past eleven, half an hour ago."""
    lake = LakeFactory(tmp_path / "lake")
    lake.sales(TUESDAY, sale(1, 100.0, "09:00"), sale(2, 60.0, "13:00", product_id=3))
    lake.sales(TODAY, sale(3, 150.0, "09:30"), as_of="2025-12-24T11:30+07:00")
    lake.dimensions()
    return lake


@pytest.fixture
async def api(lake: LakeFactory, tmp_path: Path) -> AsyncIterator[RunningApi]:
    async with running_api(tmp_path) as api:
        yield api


async def till(api: RunningApi, path: str, **parameters: Any) -> Any:
    """What is asked about the till alone, whose days are complete without invoices."""
    return await api.get(path, source="pos", **parameters)


def kpi(summary: dict[str, Any], slug: str) -> dict[str, Any]:
    return next(item for item in summary["kpis"] if item["slug"] == slug)


async def test_today_is_compared_up_to_the_same_clock_time(api: RunningApi) -> None:
    answer = await till(api, "/v1/sales/summary", compare="previous")
    summary = SalesSummary.model_validate(answer)
    assert (summary.range.start, summary.range.end) == (TODAY, TODAY)
    assert (summary.to_date, summary.compare_days_missing) == (True, 0)
    revenue = kpi(answer, "revenue")
    assert (revenue["value"], revenue["previous"], revenue["delta"]) == (150.0, 100.0, 0.5)


async def test_a_past_day_is_compared_whole_and_against_nothing_there_is_no_delta(api: RunningApi) -> None:
    answer = await till(api, "/v1/sales/summary", start="2025-12-23", end="2025-12-23", compare="previous")
    revenue = kpi(answer, "revenue")
    assert (answer["to_date"], answer["compare_days_missing"]) == (False, 1)
    assert (revenue["value"], revenue["previous"], revenue["delta"]) == (160.0, None, None)


async def test_what_is_not_complete_is_not_compared(api: RunningApi) -> None:
    """Two days against two of which one is missing: nearly twice as much would be a lie."""
    answer = await till(api, "/v1/sales/summary", start="2025-12-23", end="2025-12-24", compare="previous")
    assert answer["compare_days_missing"] > 0
    assert all(item["previous"] is None and item["delta"] is None for item in answer["kpis"])


async def test_nothing_loaded_is_null_and_never_zero(api: RunningApi) -> None:
    answer = await till(api, "/v1/sales/summary", start="2025-12-22", end="2025-12-22")
    assert {item["value"] for item in answer["kpis"]} == {None}
    assert answer["meta"]["fresh_until"] is None
    assert answer["meta"]["days"] == {
        "requested": 1,
        "loaded": 0,
        "missing": 1,
        "failed": 0,
        "missing_days": ["2025-12-22"],
        "failed_days": [],
    }


async def test_every_answer_says_where_its_figures_come_from(api: RunningApi) -> None:
    for path in ("summary", "trend", "by/product"):
        meta = (await till(api, f"/v1/sales/{path}", start="2025-12-22"))["meta"]
        assert meta["data_version"] == api.app.state.service.store.data_version
        assert meta["fresh_until"] == "2025-12-24T04:30:00Z"
        assert (meta["days"]["requested"], meta["days"]["loaded"]) == (3, 2)
        assert (meta["timezone"], meta["currency"]) == ("Asia/Jakarta", "IDR")


async def test_a_daily_trend_tells_missing_from_zero(api: RunningApi, lake: LakeFactory) -> None:
    lake.sales(date(2025, 12, 21))
    await api.listener.tell(DAY_LOADED, lake.sales(date(2025, 12, 20)))
    await api.until(lambda: len(api.app.state.service.store.held) == 7)
    answer = await till(api, "/v1/sales/trend", start="2025-12-20", end="2025-12-24")
    SalesTrend.model_validate(answer)
    points = [(p["bucket"][:10], p["value"], p["partial"]) for p in answer["points"]]
    assert points == [
        ("2025-12-20", 0.0, False),
        ("2025-12-21", None, True),
        ("2025-12-22", None, True),
        ("2025-12-23", 160.0, False),
        ("2025-12-24", 150.0, True),
    ]


async def test_an_undefined_kpi_of_an_empty_day_is_null(api: RunningApi, lake: LakeFactory) -> None:
    await api.listener.tell(DAY_LOADED, lake.sales(MONDAY))
    await api.until(lambda: len(api.app.state.service.store.held) == 7)
    answer = await till(
        api, "/v1/sales/trend", start="2025-12-22", end="2025-12-23", kpi="average_transaction_value"
    )
    assert [p["value"] for p in answer["points"]] == [None, 80.0]


async def test_an_hourly_trend_knows_nothing_after_the_reading(api: RunningApi) -> None:
    answer = await till(api, "/v1/sales/trend", grain="hour", compare="previous")
    values = [p["value"] for p in answer["points"]]
    assert values[:12] == [0.0] * 9 + [150.0, 0.0, 0.0]
    assert values[12:] == [None] * 12
    assert [p["partial"] for p in answer["points"]][:13] == [False] * 11 + [True, True]
    compared = [p["compare_value"] for p in answer["points"]]
    assert compared[:12] == [0.0] * 9 + [100.0, 0.0, 0.0]
    assert compared[13:] == [None] * 11


async def test_weeks_are_aligned_by_position(api: RunningApi) -> None:
    answer = await till(
        api, "/v1/sales/trend", start="2025-12-15", end="2025-12-28", grain="week", compare="previous"
    )
    assert [p["bucket"][:10] for p in answer["points"]] == ["2025-12-15", "2025-12-22"]
    assert [p["value"] for p in answer["points"]] == [None, 310.0]
    assert [p["compare_bucket"][:10] for p in answer["points"]] == ["2025-12-01", "2025-12-08"]


@pytest.mark.parametrize(
    ("asked", "grain", "expected"),
    [
        # 29 February is compared with the 28th, and nothing with a 29th that has no day a year later ...
        (
            ("2024-02-28", "2024-03-01"),
            "day",
            [("2023-02-28", 1.0), ("2023-02-28", 1.0), ("2023-03-01", 2.0)],
        ),
        (("2025-02-28", "2025-03-01"), "day", [("2024-02-28", 10.0), ("2024-03-01", 30.0)]),
        # ... but it is in its week and in its month.
        (("2025-02-27", "2025-03-01"), "week", [("2024-02-27", 65.0)]),
        (("2025-02-27", "2025-03-01"), "month", [("2024-02-27", 35.0), ("2024-03-01", 30.0)]),
    ],
)
async def test_a_year_with_29_february_moves_no_other_day(
    api: RunningApi, lake: LakeFactory, asked: tuple[str, str], grain: str, expected: list[tuple[str, float]]
) -> None:
    sold = {"2023-02-28": 1.0, "2023-03-01": 2.0, "2024-02-27": 5.0, "2024-02-28": 10.0, "2024-02-29": 20.0,
            "2024-03-01": 30.0}  # fmt: skip
    total = len(api.app.state.service.store.held) + len(sold)
    for number, (day, revenue) in enumerate(sold.items(), 100):
        await api.listener.tell(DAY_LOADED, lake.sales(date.fromisoformat(day), sale(number, revenue)))
    await api.until(lambda: len(api.app.state.service.store.held) == total)
    for customer in ({}, {"customer": 7}):  # from the smallest aggregate, and from another one
        answer = await till(
            api, "/v1/sales/trend", start=asked[0], end=asked[1], grain=grain, compare="year", **customer
        )
        found = [(point["compare_bucket"][:10], point["compare_value"]) for point in answer["points"]]
        assert found == (expected if not customer else [(day, 0.0) for day, _ in expected])


async def test_against_days_that_are_not_loaded_nothing_has_risen(api: RunningApi) -> None:
    days = {"start": "2025-12-23", "end": "2025-12-24", "compare": "previous"}
    answer = await till(api, "/v1/sales/by/product", sort="change", **days)
    assert answer["compare_days_missing"] > 0
    assert [set(row["previous"].values()) for row in answer["rows"]] == [{None}, {None}]
    assert [row["revenue"] for row in answer["rows"]] == [250.0, 60.0], "the order is that of the revenue"
    whole = await till(api, "/v1/sales/by/product", compare="previous")
    assert (whole["compare_days_missing"], whole["rows"][0]["previous"]["revenue"]) == (0, 100.0)


async def test_hours_that_are_yet_to_come_count_for_no_average(api: RunningApi) -> None:
    """Today was read at half past eleven; Monday not at all."""
    days = {"start": "2025-12-22", "end": "2025-12-24"}
    by_weekday = (await till(api, "/v1/sales/heatmap", rows="weekday", **days))["hours_loaded"]
    assert by_weekday == {str(n): [0] * 24 for n in (1, 4, 5, 6, 7)} | {
        "2": [1] * 24, "3": [1] * 12 + [0] * 12
    }  # fmt: skip
    by_date = (await till(api, "/v1/sales/heatmap", rows="date", **days))["hours_loaded"]
    assert by_date == {"2025-12-23": [1] * 24, "2025-12-24": [1] * 12 + [0] * 12}


async def test_what_has_no_store_may_be_an_invoice(api: RunningApi) -> None:
    """Invoices are not loaded: what is sold in no store is missing then, and not nothing."""
    for known, inputs in ((1, ["pos"]), (-1, ["pos", "invoice-sales"])):
        for field in ("store", "cashier"):
            answer = await api.get(
                "/v1/sales/summary", start="2025-12-23", end="2025-12-23", **{field: known}
            )
            assert answer["meta"]["inputs"] == inputs
            assert (kpi(answer, "revenue")["value"] is None) == (known == -1)


async def test_every_kpi_has_a_trend(api: RunningApi) -> None:
    for item in SALES_KPIS:
        day = await till(api, "/v1/sales/trend", kpi=item.slug, start="2025-12-23", end="2025-12-23")
        summary = await till(api, "/v1/sales/summary", start="2025-12-23", end="2025-12-23")
        assert day["points"][0]["value"] == kpi(summary, item.slug)["value"], item.slug


async def test_every_breakdown_adds_up_to_the_summary(api: RunningApi) -> None:
    for item in DIMENSIONS:
        answer = await till(api, f"/v1/sales/by/{item.slug}", start="2025-12-23")
        SalesBreakdown.model_validate(answer)
        assert sum(row["revenue"] for row in answer["rows"]) == answer["total_revenue"] == 310.0, item.slug
        assert sum(row["share"] for row in answer["rows"]) == pytest.approx(1, abs=1e-5)


async def test_a_limited_breakdown_still_knows_the_whole(api: RunningApi) -> None:
    answer = await till(api, "/v1/sales/by/product", start="2025-12-23", limit=1)
    assert (len(answer["rows"]), answer["total_rows"], answer["total_revenue"]) == (1, 2, 310.0)
    assert answer["rows"][0]["path"] == ["Skin", "Serum", "Serum A"]
    assert answer["rows"][0]["share"] == pytest.approx(250 / 310, abs=1e-6)


async def test_a_breakdown_of_nothing_is_empty(api: RunningApi) -> None:
    answer = await till(api, "/v1/sales/by/product", start="2025-12-22", end="2025-12-22")
    assert (answer["rows"], answer["total_rows"], answer["total_revenue"]) == ([], 0, 0.0)


async def test_an_unchanged_answer_is_304_and_a_changed_one_is_not(
    api: RunningApi, lake: LakeFactory
) -> None:
    question = {"start": "2025-12-20", "end": "2025-12-23", "source": "pos"}
    first = await api.client.get("/v1/sales/summary", params=question)
    assert first.headers["cache-control"] == "no-cache"
    known = {"if-none-match": f'"other", {first.headers["etag"]}'}
    api.clock.tick(minutes=5)
    again = await api.client.get("/v1/sales/summary", params=question, headers=known)
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", first.headers["etag"])
    other = await api.client.get("/v1/sales/summary", params={**question, "compare": "year"}, headers=known)
    assert other.status_code == 200
    await api.listener.tell(DAY_LOADED, lake.sales(MONDAY, sale(8, 1.0)))
    await api.until(lambda: len(api.app.state.service.store.held) == 7)
    changed = await api.client.get("/v1/sales/summary", params=question, headers=known)
    assert (changed.status_code, changed.json()["kpis"][0]["value"]) == (200, 161.0)
    assert changed.headers["etag"] != first.headers["etag"]


async def test_the_answer_about_today_changes_with_the_minute(api: RunningApi) -> None:
    first = await api.client.get("/v1/sales/summary")
    known = {"if-none-match": first.headers["etag"]}
    api.clock.tick(seconds=30)
    assert (await api.client.get("/v1/sales/summary", headers=known)).status_code == 304
    api.clock.tick(seconds=30)
    assert (await api.client.get("/v1/sales/summary", headers=known)).status_code == 200


async def test_answers_are_compressed_for_those_who_can(api: RunningApi) -> None:
    answer = await api.client.get("/v1/sales/summary", headers={"accept-encoding": "gzip"})
    assert answer.headers["content-encoding"] == "gzip"
    assert "accept-encoding" in answer.headers["vary"].lower()


async def test_many_questions_at_once_get_their_own_answers(api: RunningApi) -> None:
    paths = ["/v1/sales/summary", "/v1/sales/trend", *(f"/v1/sales/by/{b.slug}" for b in DIMENSIONS)]
    alone = {path: await till(api, path, start="2025-12-23") for path in paths}
    together = await asyncio.gather(*(till(api, path, start="2025-12-23") for path in paths * 4))
    assert together == [alone[path] for path in paths] * 4


WRONG_QUESTIONS = [
    ("/v1/sales/summary?start=2025-12-24&end=2025-12-23", "The range ends (2025-12-23) before it begins"),
    ("/v1/sales/summary?start=2010-01-01&end=2025-12-23", "at most 3660 are allowed."),
    ("/v1/sales/summary?start=23.12.2025", "start must be a day such as 2025-12-23."),
    ("/v1/sales/summary?start=2025-02-30", "start must be a day such as 2025-12-23."),
    ("/v1/customers/cohorts?end=0001-01-05", "end must lie between 2000-01-01 and 2199-12-31."),
    ("/v1/customers/segments?end=1999-12-31", "end must lie between 2000-01-01 and 2199-12-31."),
    ("/v1/inventory/stock?as_of=0001-01-01", "as_of must lie between 2000-01-01 and 2199-12-31."),
    ("/v1/export/fact_sales.csv?end=9999-12-31", "end must lie between 2000-01-01 and 2199-12-31."),
    ("/v1/sales/summary?start=0", "start must be a day such as 2025-12-23."),
    ("/v1/sales/summary?end=2025-12-23T00:00", "end must be a day such as 2025-12-23."),
    ("/v1/sales/summary?from=2025-12-23", "Unknown parameter 'from'."),
    ("/v1/sales/summary?compare=last", "compare must be 'none', 'previous', 'year' or 'weekday'."),
    ("/v1/sales/trend?grain=quarter", "grain must be 'hour', 'day', 'week' or 'month'."),
    ("/v1/sales/trend?grain=hour&start=2025-01-01&end=2025-12-23", "at most 93 days"),
    ("/v1/sales/trend?kpi=profit", "There is no KPI 'profit'."),
    ("/v1/sales/by/colour", "Sales cannot be broken down by 'colour'."),
    ("/v1/sales/by/product?limit=0", "limit: Input should be greater than or equal to 1."),
    ("/v1/sales/by/product?limit=1001", "limit: Input should be less than or equal to 1000."),
    ("/v1/kpis?x=1", "Unknown parameter 'x'."),
]


async def test_a_wrong_question_is_refused_in_one_plain_sentence(api: RunningApi) -> None:
    for question, words in WRONG_QUESTIONS:
        response = await api.client.get(question)
        problem = response.json()
        assert (response.status_code, response.headers["content-type"]) == (
            422,
            "application/problem+json",
        ), question
        assert words in problem["detail"], question
        assert (problem["status"], problem["title"]) == (422, "Unprocessable Entity")
        assert problem["instance"] == question.partition("?")[0]


async def test_other_errors_are_problems_too(api: RunningApi, monkeypatch: pytest.MonkeyPatch) -> None:
    missing = await api.client.get("/v1/nothing")
    refused = await api.client.delete("/v1/kpis")
    monkeypatch.setattr("nk_query_api.questions.summary.values_of", lambda *_: 1 / 0)
    broken = await api.client.get("/v1/sales/summary")
    assert [missing.status_code, refused.status_code, broken.status_code] == [404, 405, 500]
    assert refused.headers["allow"] == "GET"
    for response in (missing, refused, broken):
        assert response.headers["content-type"] == "application/problem+json"
        assert response.json()["status"] == response.status_code
        assert "Traceback" not in response.text


async def test_a_slow_question_is_a_problem_and_not_a_hanging_page(
    lake: LakeFactory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    endless = "SELECT count(*) FROM range(100000000) a, range(100000000) b WHERE (a.range * b.range) % 7 = 3"
    async with running_api(tmp_path, query_timeout=0.1) as api:
        monkeypatch.setattr("nk_query_api.routes.sales.summary", lambda look, *_: look.rows(endless))
        problem = await api.get("/v1/sales/summary", status=503)
        assert "longer than 0.1 seconds; ask for a shorter range" in problem["detail"]


async def test_the_registry_lists_every_kpi_and_dimension(api: RunningApi) -> None:
    registry = await api.get("/v1/kpis")
    assert [item["slug"] for item in registry["kpis"]] == [kpi.slug for kpi in KPIS]
    assert [item["slug"] for item in registry["dimensions"]] == [item.slug for item in DIMENSIONS]


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 202),
        ({"origin": "http://api"}, 202),
        ({"sec-fetch-site": "same-origin"}, 202),
        ({"origin": "https://evil.example"}, 403),
        ({"origin": "https://evil.example", "sec-fetch-site": "cross-site"}, 403),
        ({"origin": "null"}, 403),
        ({"origin": "http://["}, 403),
        ({"sec-fetch-site": "cross-site"}, 403),
        ({"sec-fetch-site": "same-site"}, 403),
        ({"origin": "https://ours.example", "sec-fetch-site": "cross-site"}, 202),
    ],
)
async def test_a_page_of_another_site_starts_no_work(
    lake: LakeFactory, tmp_path: Path, headers: dict[str, str], status: int
) -> None:
    async with running_api(tmp_path, cors_origins="https://ours.example") as api:
        response = await api.client.post("/v1/dimensions/refresh", headers={"host": "api", **headers})
        assert response.status_code == status, response.text
        assert len(api.publisher.sent) == (status == 202)


async def test_other_origins_are_let_in_only_when_configured(api: RunningApi, tmp_path: Path) -> None:
    origin = {"origin": "https://tools.example"}
    assert "access-control-allow-origin" not in (await api.client.get("/v1/kpis", headers=origin)).headers
    async with running_api(
        tmp_path / "other", cors_origins="https://tools.example, https://b.example"
    ) as open_api:
        answer = await open_api.client.get("/v1/kpis", headers=origin)
        assert answer.headers["access-control-allow-origin"] == "https://tools.example"
