"""`/v1/inventory/*` as its clients see it, over the shop of `support.stock_lake`."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from nk_common.api.inventory import InventorySummary, StockLevels
from support.lake_factory import LakeFactory
from support.query_api import RunningApi, running_api
from support.stock_lake import MONDAY, SHOP, TUESDAY, WAREHOUSE, write_shop

AS_OF: dict[str, Any] = {"as_of": "2025-12-23", "days": 3}


@pytest.fixture
def lake(tmp_path: Path) -> LakeFactory:
    lake = LakeFactory(tmp_path / "lake")
    write_shop(lake)
    return lake


@pytest.fixture
async def api(lake: LakeFactory, tmp_path: Path) -> AsyncIterator[RunningApi]:
    async with running_api(tmp_path) as api:
        yield api


def kpis(answer: dict[str, Any]) -> dict[str, float | None]:
    return {item["slug"]: item["value"] for item in answer["kpis"]}


def by_product(answer: dict[str, Any], *names: str) -> dict[int, tuple[Any, ...]]:
    return {
        row["product_id"]: tuple(
            row["values"][name] if name in row["values"] else row[name] for name in names
        )
        for row in answer["rows"]
    }


async def test_the_cards_are_of_the_asked_day(api: RunningApi) -> None:
    """Three days sold 5, 1 and 3 of products 1 to 3, and nothing of 4."""
    answer = await api.get("/v1/inventory/summary", **AS_OF)
    summary = InventorySummary.model_validate(answer)
    assert (summary.as_of, summary.stock.day, summary.stock.reconstructed) == (TUESDAY, TUESDAY, False)
    assert answer["stock"]["taken_at"] == "2025-12-23T20:00:00"
    assert answer["sold"]["range"] == {"start": "2025-12-21", "end": "2025-12-23"}
    values = kpis(answer)
    assert values["on_hand"] == 36.0  # 28 + 1 + 5 + 2
    assert values["reserved"] == 5.0
    assert values["stock_value_cost"] == 34_100.0  # 28 x 1200 + 1 x 500; 3 and 4 have no known cost
    assert values["stock_value_list"] == 64_400.0  # 28 x 2000 + 900 + 5 x 1500; 4 has no price
    assert values["stock_cost_coverage"] == 0.805556  # 29 / 36
    assert values["average_daily_sold"] == 3.0  # 9 / 3
    assert values["days_of_cover"] == 12.0
    assert (values["low_stock_count"], values["dead_stock_count"], values["overstock_count"]) == (
        2.0,
        1.0,
        0.0,
    )


async def test_without_a_day_the_newest_snapshot_is_shown_and_named(api: RunningApi) -> None:
    answer = await api.get("/v1/inventory/summary")
    assert (answer["as_of"], answer["meta"]["days"]["missing"], answer["nearest"]) == ("2025-12-23", 0, None)


async def test_the_average_divides_by_the_days_that_are_loaded(api: RunningApi) -> None:
    """Of thirty days three are loaded."""
    answer = await api.get("/v1/inventory/summary", as_of="2025-12-23")
    assert (answer["sold"]["days"]["requested"], answer["sold"]["days"]["loaded"]) == (30, 3)
    assert kpis(answer)["average_daily_sold"] == 3.0


async def test_a_day_of_which_half_is_loaded_is_in_no_average(api: RunningApi, lake: LakeFactory) -> None:
    """Of the 20th there are sales of the till, and no invoices yet."""
    lake.sales(MONDAY.replace(day=20))
    await api.get("/v1/inventory/summary", **AS_OF)
    before = kpis(await api.get("/v1/inventory/summary", as_of="2025-12-23", days=4))
    assert before["average_daily_sold"] == 3.0


async def test_a_day_without_a_snapshot_is_missing_and_no_other_day_s(api: RunningApi) -> None:
    answer = await api.get("/v1/inventory/summary", as_of="2025-12-22")
    assert (answer["as_of"], answer["meta"]["days"]["missing"]) == ("2025-12-22", 1)
    assert (answer["stock"]["day"], answer["nearest"]) == (None, "2025-12-21")
    assert set(kpis(answer).values()) == {None}
    levels = await api.get("/v1/inventory/stock", as_of="2025-12-22")
    assert (levels["rows"], levels["total_rows"], levels["nearest"]) == ([], 0, "2025-12-21")
    assert set(levels["total"].values()) == {None}


async def test_the_day_before_is_compared_where_it_is_held(api: RunningApi) -> None:
    answer = await api.get("/v1/inventory/summary", **AS_OF, compare="previous")
    assert answer["compare_as_of"] == "2025-12-22"
    assert {(item["previous"], item["delta"]) for item in answer["kpis"]} == {(None, None)}


async def test_stock_levels_product_by_product(api: RunningApi) -> None:
    answer = await api.get("/v1/inventory/stock", **AS_OF)
    StockLevels.model_validate(answer)
    assert by_product(answer, "on_hand", "unit_cost", "stock_value_cost", "list_price", "status") == {
        1: (28.0, 1200.0, 33_600.0, 2000.0, "ok"),
        2: (1.0, 500.0, 500.0, 900.0, "low"),
        3: (5.0, None, None, 1500.0, "low"),
        4: (2.0, None, None, None, "dead"),
    }
    assert by_product(answer, "sold", "average_daily_sold", "days_of_cover") == {
        1: (5.0, 1.6667, 16.8), 2: (1.0, 0.3333, 3.0), 3: (3.0, 1.0, 5.0), 4: (0.0, 0.0, None),
    }  # fmt: skip
    assert (answer["total_rows"], answer["total"]["on_hand"], answer["total"]["stock_value_cost"]) == (
        4,
        36.0,
        34_100.0,
    )
    assert [row["product_id"] for row in answer["rows"]] == [1, 2, 3, 4], (
        "without a value they come last, by id"
    )
    assert answer["rows"][0]["path"] == ["Skin", "Serum", "Serum A"]


async def test_costs_are_those_known_by_the_day(api: RunningApi) -> None:
    """On Sunday, product 1 cost 1000 and of product 2 no cost was known; Monday's later bill says 1200."""
    answer = await api.get("/v1/inventory/stock", as_of="2025-12-21")
    assert by_product(answer, "unit_cost") == {1: (1000.0,), 2: (None,), 4: (None,)}


async def test_levels_can_be_filtered_sorted_and_paged(api: RunningApi) -> None:
    async def found(**asked: Any) -> list[int]:
        answer = (await api.client.get("/v1/inventory/stock", params={**AS_OF, **asked})).json()
        assert answer["total_rows"] >= len(answer["rows"])
        return [row["product_id"] for row in answer["rows"]]

    assert await found(status="low", sort="label", order="asc") == [3, 2]
    assert await found(status="dead") == [4]
    assert await found(over_cover=15, status="overstock") == [1]
    assert await found(category=10) == [1, 2]
    assert await found(parent_category="Hair", order="asc", sort="on_hand") == [4, 3]
    assert await found(brand=100, principal="Sinar") == [1, 3]
    assert await found(search="sku-4") == [4]
    assert await found(product=[1, 4], sort="on_hand", order="asc") == [4, 1]
    assert await found(sort="on_hand", limit=1, offset=1) == [3]
    assert await found(sort="days_of_cover", offset=9) == []


async def test_a_page_beyond_the_end_still_knows_the_whole(api: RunningApi) -> None:
    answer = await api.get("/v1/inventory/stock", **AS_OF, offset=9)
    assert (answer["rows"], answer["total_rows"], answer["total"]["on_hand"]) == ([], 4, 36.0)


async def test_stock_by_place_knows_no_rate_of_sale(api: RunningApi) -> None:
    answer = await api.get("/v1/inventory/stock", **AS_OF, by="location", sort="on_hand")
    assert [(row["product_id"], row["location"], row["values"]["on_hand"]) for row in answer["rows"]] == [
        (1, "WH/Stock", 22.0), (1, "TK/Stock", 6.0), (3, "WH/Stock", 5.0), (4, "WH/Stock", 2.0), (2, "WH/Stock", 1.0),
    ]  # fmt: skip
    assert {row["values"]["days_of_cover"] for row in answer["rows"]} == {None}
    assert [row["status"] for row in answer["rows"]] == [None, None, None, "dead", None]
    assert answer["rows"][0]["values"]["stock_value_cost"] == 26_400.0


async def test_one_place_of_the_shop(api: RunningApi) -> None:
    """What sells there is not known: neither how much is low there, nor how much is dead or too much."""
    answer = await api.get("/v1/inventory/stock", **AS_OF, location=SHOP)
    assert by_product(answer, "on_hand", "days_of_cover") == {1: (6.0, None)}
    values = kpis(await api.get("/v1/inventory/summary", **AS_OF, location=WAREHOUSE))
    counts = ("low_stock_count", "dead_stock_count", "overstock_count", "negative_stock_count")
    assert (values["on_hand"], *(values[slug] for slug in counts)) == (30.0, None, None, None, 0.0)


@pytest.mark.parametrize("places", [{"location": SHOP}, {"by": "location"}])
async def test_of_a_place_only_what_is_below_zero_is_known(api: RunningApi, places: dict[str, Any]) -> None:
    """A list of nothing would say that nothing is low there."""
    asked = {**AS_OF, **places}
    for status in ("low", "dead", "overstock", "ok"):
        refused = await api.client.get("/v1/inventory/stock", params={**asked, "status": status})
        assert refused.status_code == 422
        assert f"nobody can tell what is {status} there" in refused.json()["detail"]
    answer = await api.client.get("/v1/inventory/stock", params={**asked, "status": "negative"})
    assert (answer.status_code, answer.json()["total_rows"]) == (200, 0)


async def test_an_unchanged_answer_is_304(api: RunningApi) -> None:
    for path in ("stock?as_of=2025-12-23", "sell-through?start=2025-12-22&end=2025-12-23"):
        first = await api.client.get(f"/v1/inventory/{path}")
        again = await api.client.get(
            f"/v1/inventory/{path}", headers={"if-none-match": first.headers["etag"]}
        )
        assert (first.status_code, again.status_code) == (200, 304)


WRONG_QUESTIONS = [
    ("summary?as_of=2025-12-25", "The stock of 2025-12-25 is not known yet"),
    ("summary?start=2025-12-23", "Unknown parameter 'start'."),
    ("stock?sort=colour", "Rows cannot be sorted by 'colour'; by: on_hand,"),
    ("stock?days=0", "days: Input should be greater than or equal to 1."),
    ("stock?status=good", "status must be"),
    ("stock?store=1", "Unknown parameter 'store'."),
    ("sell-through?group=location", "Stock cannot be grouped by 'location'; by: product,"),
    ("sell-through?sort=margin", "Rows cannot be sorted by 'margin'"),
    ("sell-through?start=2025-12-24&end=2025-12-23", "The range ends (2025-12-23) before it begins"),
    ("abc?a=0.8&b=0.3", "A and B together hold 1.1 of the products"),
    ("abc?location=8", "Unknown parameter 'location'."),
    ("movements?type=lost", "must be 'incoming', 'outgoing'"),
    ("movements?by=brand", "by must be"),
]


async def test_a_wrong_question_is_refused_in_one_plain_sentence(api: RunningApi) -> None:
    for question, words in WRONG_QUESTIONS:
        response = await api.client.get(f"/v1/inventory/{question}")
        assert (response.status_code, words in response.json()["detail"]) == (422, True), (
            question,
            response.text,
        )
