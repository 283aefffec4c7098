"""`/v1/customers/*` as its clients see it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from nk_common.api.customers import (
    CustomerCohorts,
    CustomerSegments,
    CustomersSummary,
    CustomersTrend,
    TopCustomers,
)
from nk_query_api.kpis.customers import CUSTOMER_KPIS
from support.customers import write_partners
from support.lake_factory import LakeFactory, Row, sale
from support.query_api import RunningApi, running_api

NAMES = {1: "Ani", 2: "budi", 3: "Citra", 4: "Dewi Ani", 5: "Eka"}

# fmt: off
DAYS: dict[str, list[Row]] = {
    # October and November are loaded only in part; between 3 and 30 November nothing is.
    "2025-10-31": [sale(1, 100.0, customer_id=1), sale(2, 50.0, customer_id=2)],
    "2025-11-01": [sale(3, 10.0, customer_id=1), sale(4, 20.0, customer_id=3)],
    "2025-11-02": [sale(5, 5.0)],
    "2025-12-01": [sale(6, 40.0, customer_id=1), sale(7, 60.0, customer_id=1)],
    "2025-12-22": [sale(8, 30.0, customer_id=4), sale(9, -20.0, customer_id=2, is_refund=True, quantity=-1.0)],
    "2025-12-23": [sale(10, 300.0, "09:00", customer_id=4), sale(11, 7.0, "15:00", customer_id=99)],
    # read at half past eleven
    "2025-12-24": [sale(12, 80.0, "09:30", customer_id=3), sale(13, 1.0, "10:00", customer_id=5)],
}
# fmt: on


@pytest.fixture
def lake(tmp_path: Path) -> LakeFactory:
    """Customer 99 is in no dimension."""
    lake = LakeFactory(tmp_path / "lake")
    for text, lines in DAYS.items():
        read = "2025-12-24T11:30+07:00" if text == "2025-12-24" else None
        lake.sales(date.fromisoformat(text), *lines, as_of=read)
        lake.day("invoice-sales", date.fromisoformat(text), {}, **({"as_of": read} if read else {}))
    lake.dimensions()
    write_partners(lake, NAMES)
    return lake


@pytest.fixture
async def api(lake: LakeFactory, tmp_path: Path) -> AsyncIterator[RunningApi]:
    async with running_api(tmp_path) as api:
        yield api


def kpis(answer: dict[str, Any], what: str = "value") -> dict[str, float | None]:
    return {item["slug"]: item[what] for item in answer["kpis"]}


async def test_the_summary_has_every_kpi_and_says_how_far_back_new_goes(api: RunningApi) -> None:
    answer = await api.get("/v1/customers/summary", start="2025-12-22", end="2025-12-24")
    CustomersSummary.model_validate(answer)
    assert [item["slug"] for item in answer["kpis"]] == [kpi.slug for kpi in CUSTOMER_KPIS]
    # 4, 99, 3 and 5; all but 3 for the first time. (30 - 20 + 300 + 7 + 80 + 1) / 4
    assert list(kpis(answer).values()) == [4.0, 3.0, 1.0, 0.25, 99.5, 1.25]
    # of the 52 days from 31 October to 21 December, 4 are loaded
    assert answer["history"] == {"since": "2025-10-31", "days_missing": 48, "new_is_uncertain": True}
    assert answer["meta"]["inputs"] == ["pos", "invoice-sales"]


async def test_without_a_gap_before_the_range_new_is_certain(api: RunningApi) -> None:
    answer = await api.get("/v1/customers/summary", start="2025-11-02", end="2025-11-02")
    assert answer["history"] == {"since": "2025-10-31", "days_missing": 0, "new_is_uncertain": False}
    first = await api.get("/v1/customers/summary", start="2025-10-31", end="2025-11-02")
    assert first["history"] == {"since": "2025-10-31", "days_missing": 0, "new_is_uncertain": True}


async def test_today_is_compared_up_to_the_same_clock_time(api: RunningApi) -> None:
    """Yesterday's customer of three in the afternoon had not come by noon."""
    answer = await api.get("/v1/customers/summary", compare="previous")
    assert (answer["to_date"], kpis(answer)["active_customers"]) == (True, 2.0)
    previous = kpis(answer, "previous")
    assert (previous["active_customers"], previous["new_customers"], previous["returning_customers"]) == (
        1,
        0,
        1,
    )
    assert kpis(answer, "delta")["active_customers"] == 1.0
    whole = await api.get("/v1/customers/summary", start="2025-12-23", end="2025-12-23")
    assert (kpis(whole)["active_customers"], kpis(whole)["new_customers"]) == (2.0, 1.0)


async def test_what_is_not_complete_is_not_compared(api: RunningApi) -> None:
    answer = await api.get("/v1/customers/summary", start="2025-12-22", end="2025-12-22", compare="previous")
    assert (answer["compare_days_missing"], set(kpis(answer, "previous").values())) == (1, {None})


async def test_a_trend_tells_missing_from_nobody_and_a_customer_counts_once_a_bucket(api: RunningApi) -> None:
    days = await api.get("/v1/customers/trend", start="2025-12-21", end="2025-12-24")
    CustomersTrend.model_validate(days)
    assert [(p["value"], p["partial"]) for p in days["points"]] == [
        (None, True), (1.0, False), (2.0, False), (2.0, True),
    ]  # fmt: skip
    months = await api.get("/v1/customers/trend", start="2025-11-01", end="2025-12-31", grain="month")
    assert [(p["value"], p["partial"]) for p in months["points"]] == [(2.0, True), (5.0, True)]
    # 1 twice in one day, 4 on two days, of 1, 3, 4, 5 and 99
    rate = await api.get(
        "/v1/customers/trend", start="2025-12-01", end="2025-12-31", grain="month", kpi="repeat_rate"
    )
    assert [p["value"] for p in rate["points"]] == [0.4]


async def test_every_trend_of_one_bucket_is_the_summary(api: RunningApi) -> None:
    asked: dict[str, Any] = {"start": "2025-12-22", "end": "2025-12-24"}
    summary = kpis(await api.get("/v1/customers/summary", **asked))
    for kpi in CUSTOMER_KPIS:
        answer = await api.get("/v1/customers/trend", kpi=kpi.slug, grain="week", compare="year", **asked)
        (point,) = answer["points"]
        assert point["value"] == summary[kpi.slug], kpi.slug
        assert (point["compare_bucket"][:10], point["compare_value"]) == ("2024-12-22", None)


async def test_top_customers_come_by_revenue_with_their_first_and_last_purchase(api: RunningApi) -> None:
    answer = await api.get("/v1/customers/top", start="2025-12-01", end="2025-12-31")
    TopCustomers.model_validate(answer)
    # the refund of 2 is revenue, too: 330 + 100 + 80 + 7 + 1 - 20
    assert (answer["total_rows"], answer["total_revenue"]) == (6, 498.0)
    assert [
        (
            r["customer_id"],
            r["name"],
            r["revenue"],
            r["transactions"],
            r["first_purchase"],
            r["last_purchase"],
        )
        for r in answer["rows"]
    ] == [
        (4, "Dewi Ani", 330.0, 2, "2025-12-22", "2025-12-23"),
        (1, "Ani", 100.0, 2, "2025-10-31", "2025-12-01"),
        (3, "Citra", 80.0, 1, "2025-11-01", "2025-12-24"),
        (99, "(no customer)", 7.0, 1, "2025-12-23", "2025-12-23"),
        (5, "Eka", 1.0, 1, "2025-12-24", "2025-12-24"),
        (2, "budi", -20.0, 0, "2025-10-31", None),
    ]
    assert answer["rows"][0]["share"] == round(330 / 498, 6)


async def test_customers_are_sorted_searched_and_paged_in_a_fixed_order(api: RunningApi) -> None:
    async def ids(**asked: Any) -> list[int]:
        answer = await api.get("/v1/customers/top", start="2025-12-01", end="2025-12-31", **asked)
        assert answer["total_revenue"] == 498.0
        return [row["customer_id"] for row in answer["rows"]]

    # what is equal comes by id; who bought nothing has no last purchase, and comes last
    assert await ids(sort="last_purchase") == [3, 5, 4, 99, 1, 2]
    assert await ids(sort="last_purchase", order="asc") == [1, 4, 99, 3, 5, 2]
    assert await ids(sort="transactions", limit=3) == [1, 4, 3]
    assert await ids(sort="transactions", limit=3, offset=3) == [5, 99, 2]
    assert await ids(sort="name", order="asc") == [99, 1, 2, 3, 4, 5]
    assert await ids(search="ANI") == [4, 1]
    beyond = await api.get("/v1/customers/top", start="2025-12-01", end="2025-12-31", offset=10)
    assert (beyond["rows"], beyond["total_rows"]) == ([], 6)


async def test_filters_narrow_the_customers_down(api: RunningApi) -> None:
    asked: dict[str, Any] = {"start": "2025-12-01", "end": "2025-12-31"}
    for narrow, found in (({"store": 1}, 6), ({"store": 2}, 0), ({"source": "invoice"}, 0), ({"customer": 4}, 1),
                          ({"category": 10}, 6), ({"brand": 101}, 0), ({"hour_from": 15}, 1)):  # fmt: skip
        given: dict[str, Any] = {**asked, **narrow}
        answer = await api.get("/v1/customers/top", **given)
        assert (answer["total_rows"], len(answer["rows"])) == (found, found), narrow
    for path in ("summary", "trend", "segments", "cohorts"):
        await api.get(f"/v1/customers/{path}", **asked, store=1, category=10)


async def test_segments_part_all_customers_by_fifths(api: RunningApi) -> None:
    """
    customer | days ago | transactions | revenue | recency | frequency | monetary | value
    1        | 23       | 4            | 210     | 2       | 5         | 4        | 5
    2        | 54       | 1            | 30      | 1       | 1         | 2        | 2
    3        | 0        | 2            | 100     | 5       | 3         | 3        | 3
    4        | 1        | 2            | 330     | 4       | 3         | 5        | 4
    5        | 0        | 1            | 1       | 5       | 1         | 1        | 1
    99       | 1        | 1            | 7       | 4       | 1         | 1        | 1

    Cut points are the second, third, fourth and fifth of six: 0, 1, 1, 23 days; 1, 1, 2, 2; 7, 30, 100, 210.
    """
    answer = await api.get("/v1/customers/segments", segment="champions")
    CustomerSegments.model_validate(answer)
    assert answer["range"] == {"start": "2024-12-25", "end": "2025-12-24"}
    assert answer["as_of"] == "2025-12-24"
    assert answer["cuts"] == {
        "recency": [0, 1, 1, 23],
        "frequency": [1, 1, 2, 2],
        "monetary": [7, 30, 100, 210],
    }
    assert (answer["total_customers"], answer["total_revenue"]) == (6, 678.0)
    assert {s["slug"]: (s["customers"], s["revenue"]) for s in answer["segments"]} == {
        "champions": (1, 330.0), "loyal": (1, 100.0), "new": (2, 8.0), "slipping": (0, 0.0),
        "occasional": (0, 0.0), "at_risk": (1, 210.0), "lost": (1, 30.0),
    }  # fmt: skip
    champions = answer["segments"][0]
    assert champions["name"] == {"id": "Juara", "en": "Champions"}
    assert (champions["customers_share"], champions["revenue_share"]) == (
        round(1 / 6, 6),
        round(330 / 678, 6),
    )
    assert (champions["average_recency"], champions["average_transactions"]) == (1.0, 2.0)
    assert answer["segments"][3]["average_revenue"] is None
    assert answer["total_rows"] == 1
    assert [(r["customer_id"], r["recency_score"], r["frequency_score"], r["monetary_score"], r["last_purchase"])
            for r in answer["rows"]] == [(4, 4, 3, 5, "2025-12-23")]  # fmt: skip


async def test_segments_of_nobody_are_empty_and_not_an_error(api: RunningApi) -> None:
    answer = await api.get("/v1/customers/segments", start="2025-11-02", end="2025-11-02", segment="lost")
    assert answer["cuts"] == {"recency": [], "frequency": [], "monetary": []}
    assert {s["customers"] for s in answer["segments"]} == {0}
    assert (answer["total_rows"], answer["rows"]) == (0, [])


async def test_segments_are_listed_only_when_asked_for(api: RunningApi) -> None:
    answer = await api.get("/v1/customers/segments", end="2025-12-23")
    assert (answer["range"]["start"], answer["as_of"]) == ("2024-12-24", "2025-12-23")
    assert (answer["segment"], answer["rows"]) == (None, [])
    ahead = await api.get("/v1/customers/segments", preset="year", segment="new", search="eka")
    assert (ahead["as_of"], [row["name"] for row in ahead["rows"]]) == ("2025-12-24", ["Eka"])


async def test_cohorts_follow_the_customers_of_a_month(api: RunningApi) -> None:
    """
    first in | October | November | December
    October  | 1, 2    | 1        | 1 (2 only brought back)
    November |         | 3        | 3
    December |         |          | 4, 5, 99
    """
    answer = await api.get("/v1/customers/cohorts", start="2025-09-15", end="2025-12-24")
    CustomerCohorts.model_validate(answer)
    assert answer["range"] == {"start": "2025-09-01", "end": "2025-12-31"}
    september, october, november, december = answer["cohorts"]
    assert (september["size"], {c["customers"] for c in september["cells"]}) == (None, {None})
    cells = [
        (c["months_since"], c["customers"], c["share"], c["revenue"], c["partial"]) for c in october["cells"]
    ]
    assert cells == [(0, 2, 1.0, 150.0, True), (1, 1, 0.5, 10.0, True), (2, 1, 0.5, 80.0, True)]
    assert (october["month"], october["size"], october["partial"]) == ("2025-10-01", 2, True)
    assert [(c["customers"], c["revenue"]) for c in november["cells"]] == [(1, 20.0), (1, 80.0)]
    assert [(c["customers"], c["revenue"]) for c in december["cells"]] == [(3, 338.0)]
    narrowed = await api.get("/v1/customers/cohorts", start="2025-09-15", end="2025-12-24", source="pos")
    assert narrowed["cohorts"] == answer["cohorts"]


async def test_cohorts_are_of_twelve_months_unless_asked_otherwise(api: RunningApi) -> None:
    answer = await api.get("/v1/customers/cohorts")
    assert [c["month"] for c in answer["cohorts"]] == [f"2025-{month:02}-01" for month in range(1, 13)]
    assert [len(c["cells"]) for c in answer["cohorts"]] == list(range(12, 0, -1))


async def test_a_month_that_is_over_and_loaded_is_not_partial(api: RunningApi, lake: LakeFactory) -> None:
    for day in range(1, 31):
        lake.sales(date(2025, 9, day))
        lake.day("invoice-sales", date(2025, 9, day), {})
    api.app.state.service.store.scan()
    (cohort,) = (await api.get("/v1/customers/cohorts", start="2025-09-01", end="2025-09-30"))["cohorts"]
    assert (cohort["size"], cohort["partial"], cohort["cells"][0]["share"]) == (0, False, None)


async def test_an_unchanged_answer_is_304(api: RunningApi) -> None:
    for path in ("summary", "trend", "top", "segments", "cohorts"):
        first = await api.client.get(
            f"/v1/customers/{path}", params={"start": "2025-12-01", "end": "2025-12-23"}
        )
        again = await api.client.get(
            f"/v1/customers/{path}", params={"start": "2025-12-01", "end": "2025-12-23"},
            headers={"if-none-match": first.headers["etag"]},
        )  # fmt: skip
        assert (first.status_code, again.status_code) == (200, 304), path


async def test_answers_hold_no_more_of_a_person_than_the_name(api: RunningApi) -> None:
    answer = await api.client.get("/v1/customers/top", params={"start": "2025-12-01"})
    assert "Ani" in answer.text
    assert not any(word in answer.text for word in ("email", "phone", "mobile"))


@pytest.mark.parametrize(
    ("question", "words"),
    [
        ("summary?colour=1", "Unknown parameter 'colour'."),
        ("summary?start=2025-12-24&end=2025-12-23", "The range ends (2025-12-23) before it begins"),
        ("trend?grain=hour", "grain must be 'day', 'week' or 'month'."),
        ("trend?kpi=revenue", "There is no KPI 'revenue'. Known KPIs: active_customers, "),
        ("top?sort=email", "sort must be 'revenue', 'transactions', 'last_purchase' or 'name'."),
        ("top?limit=0", "limit: Input should be greater than or equal to 1."),
        ("segments?segment=heroes", "There is no segment 'heroes'. Known segments: champions, loyal, "),
        ("cohorts?grain=week", "Unknown parameter 'grain'."),
    ],
)
async def test_a_wrong_question_is_refused_in_one_plain_sentence(
    api: RunningApi, question: str, words: str
) -> None:
    response = await api.client.get(f"/v1/customers/{question}")
    assert response.status_code == 422
    assert words in response.json()["detail"]
