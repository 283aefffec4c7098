"""How stock changed, as clients of `/v1/inventory/*` see it: sell-through, movements, ABC."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from nk_common.api.inventory import AbcAnalysis, Movements, SellThrough
from support.lake_factory import LakeFactory
from support.query_api import RunningApi, running_api
from support.stock_lake import SHOP, TUESDAY, moves, sold, write_shop

RANGE: dict[str, Any] = {"start": "2025-12-22", "end": "2025-12-23"}


@pytest.fixture
def lake(tmp_path: Path) -> LakeFactory:
    lake = LakeFactory(tmp_path / "lake")
    write_shop(lake)
    return lake


@pytest.fixture
async def api(lake: LakeFactory, tmp_path: Path) -> AsyncIterator[RunningApi]:
    async with running_api(tmp_path) as api:
        yield api


async def test_sell_through_of_the_range(api: RunningApi) -> None:
    """8 sold of 21 at the begin and 28 received."""
    answer = await api.get("/v1/inventory/sell-through", **RANGE, group="product")
    SellThrough.model_validate(answer)
    total = answer["total"]
    assert (total["begin_on_hand"], total["received"], total["sold"], total["end_on_hand"]) == (
        21.0,
        28.0,
        8.0,
        35.0,
    )
    assert total["sell_through"] == 0.163265
    assert (total["variance"], total["unexplained"]) == (0.0, 0.0)
    assert (total["adjusted"], total["produced"], total["consumed"], total["scrapped"]) == (
        -1.0,
        8.0,
        2.0,
        1.0,
    )
    assert (total["returned"], total["returned_to_vendors"], total["transferred"]) == (1.0, 2.0, 6.0)
    rows = {row["key"]: row["values"] for row in answer["rows"]}
    assert {key: (row["begin_on_hand"], row["end_on_hand"]) for key, row in rows.items()} == {
        "1": (14.0, 27.0), "2": (4.0, 1.0), "3": (0.0, 5.0), "4": (3.0, 2.0),
    }  # fmt: skip
    assert {key: row["sell_through"] for key, row in rows.items()} == {
        "1": 0.117647, "2": 0.25, "3": 0.375, "4": 0.0,
    }  # fmt: skip
    assert [row["key"] for row in answer["rows"]] == ["3", "2", "1", "4"]
    assert answer["begin"] == {
        "day": "2025-12-21", "taken_at": "2025-12-21T07:00:00", "reconstructed": False, "rolled_back": False,
    }  # fmt: skip


async def test_what_counts_as_received_can_be_chosen(api: RunningApi) -> None:
    async def received(**asked: Any) -> float:
        total: float = (await api.get("/v1/inventory/sell-through", **RANGE, **asked))["total"]["received"]
        return total

    assert await received() == 28.0
    assert await received(include_production=False) == 20.0
    assert await received(include_adjustments=True) == 27.0


@pytest.mark.parametrize(
    ("group", "begins"),
    [
        ("category", {"10": 18.0, "20": 0.0, "21": 3.0}),
        ("parent-category", {"Skin": 18.0, "Hair": 3.0}),
        ("brand", {"100": 14.0, "101": 4.0, "-1": 3.0}),
        ("principal", {"Sinar": 18.0, "(no principal)": 3.0}),
    ],
)
async def test_sell_through_by_group(api: RunningApi, group: str, begins: dict[str, float]) -> None:
    answer = await api.get("/v1/inventory/sell-through", **RANGE, group=group)
    assert {row["key"]: row["values"]["begin_on_hand"] for row in answer["rows"]} == begins
    assert answer["total"]["begin_on_hand"] == 21.0


async def test_a_search_finds_groups_and_leaves_the_total(api: RunningApi) -> None:
    answer = await api.get("/v1/inventory/sell-through", **RANGE, search="tools")
    assert ([row["key"] for row in answer["rows"]], answer["total_rows"]) == (["21"], 1)
    assert answer["total"]["begin_on_hand"] == 21.0


async def test_without_a_snapshot_before_it_the_begin_is_rolled_back(tmp_path: Path) -> None:
    lake = LakeFactory(tmp_path / "lake")
    write_shop(lake, sunday=False)
    async with running_api(tmp_path) as api:
        answer = await api.get("/v1/inventory/sell-through", **RANGE)
        assert (answer["total"]["begin_on_hand"], answer["begin"]["rolled_back"]) == (21.0, True)
        assert answer["begin"]["day"] == "2025-12-23"
        unknown = await api.get("/v1/inventory/sell-through", start="2025-12-20", end="2025-12-23")
        assert (unknown["total"]["begin_on_hand"], unknown["total"]["sell_through"]) == (None, None)
        assert (unknown["begin"]["day"], unknown["missing_moves"]) == (None, ["2025-12-20"])
        assert (unknown["total"]["end_on_hand"], unknown["total"]["sold"]) == (35.0, 9.0)


async def test_moves_of_every_kind(api: RunningApi) -> None:
    answer = await api.get("/v1/inventory/movements", **RANGE)
    Movements.model_validate(answer)
    assert {row["key"]: (row["lines"], row["quantity"], row["effect"]) for row in answer["types"]} == {
        "incoming": (1, 20.0, 20.0),
        "outgoing": (4, -9.0, -9.0),
        "transfer": (1, 6.0, 0.0),
        "production_in": (1, 8.0, 8.0),
        "production_out": (1, -2.0, -2.0),
        "adjustment": (1, -1.0, -1.0),
        "scrap": (1, -1.0, -1.0),
        "return_in": (1, 1.0, 1.0),
        "return_out": (1, -2.0, -2.0),
    }
    assert [row["key"] for row in answer["rows"]][:2] == ["outgoing", "adjustment"]
    assert answer["types"][2]["arrived"] == answer["types"][2]["departed"] == 6.0


async def test_moves_by_day_product_and_place(api: RunningApi) -> None:
    async def effects(**asked: Any) -> dict[str, tuple[int, float]]:
        answer = await api.get("/v1/inventory/movements", **RANGE, **asked)
        return {row["key"]: (row["lines"], row["effect"]) for row in answer["rows"]}

    assert await effects(by="day") == {"2025-12-22": (6, 15.0), "2025-12-23": (6, -1.0)}
    assert await effects(by="product") == {"1": (7, 13.0), "2": (2, -3.0), "3": (2, 5.0), "4": (1, -1.0)}
    assert await effects(by="location") == {"8": (8, 13.0), "20": (5, 1.0)}
    assert await effects(by="day", category=10) == {"2025-12-22": (5, 16.0), "2025-12-23": (4, -6.0)}
    assert await effects(by="product", location=SHOP) == {"1": (5, 1.0)}
    assert await effects(by="type", location=SHOP, type="transfer") == {"transfer": (1, 6.0)}
    assert await effects(by="product", type=["scrap", "adjustment"]) == {"1": (1, -1.0), "4": (1, -1.0)}


async def test_begin_and_effects_are_the_end(api: RunningApi) -> None:
    answer = await api.get("/v1/inventory/reconciliation", **RANGE)
    assert answer["values"] == {
        "begin_on_hand": 21.0, "end_on_hand": 35.0, "sold": 8.0, "unexplained": 0.0, "variance": 0.0,
    }  # fmt: skip
    assert sum(answer["effects"].values()) == 14.0
    assert (answer["products"], answer["differing"], answer["missing_moves_count"]) == (4, 0, 0)
    for row in answer["rows"]:
        assert row["values"]["begin_on_hand"] + sum(row["effects"].values()) == row["values"]["end_on_hand"]


async def test_one_place_is_reconciled_by_itself(api: RunningApi) -> None:
    """Transfers count there; what was sold there is not known."""
    answer = await api.get("/v1/inventory/reconciliation", **RANGE, location=SHOP)
    assert answer["values"] == {
        "begin_on_hand": 4.0, "end_on_hand": 5.0, "sold": None, "unexplained": 0.0, "variance": None,
    }  # fmt: skip
    assert answer["effects"]["transfer"] == 6.0


async def test_a_sale_whose_goods_never_left_shows_as_variance(api: RunningApi, lake: LakeFactory) -> None:
    """Product 4 was sold, and nothing moved: moves still explain stock, sales do not."""
    sold(lake, TUESDAY, (3, 3, 300.0), (1, 1, 100.0), (4, 1, 10.0), as_of="2025-12-24T10:00+07:00")
    api.app.state.service.store.scan()
    answer = await api.get("/v1/inventory/reconciliation", **RANGE)
    assert (answer["values"]["unexplained"], answer["values"]["variance"], answer["differing"]) == (
        0.0,
        -1.0,
        0,
    )


async def test_stock_that_moves_do_not_explain(api: RunningApi, lake: LakeFactory) -> None:
    """Without Tuesday's moves. Of product 1, the end is without them, too: the move at 21:00 is one."""
    moves(lake, TUESDAY, as_of="2025-12-24T10:00+07:00")
    api.app.state.service.store.scan()
    answer = await api.get("/v1/inventory/reconciliation", **RANGE)
    assert [(row["product_id"], row["values"]["unexplained"]) for row in answer["rows"]] == [
        (3, -5.0), (1, 3.0), (2, 2.0), (4, 0.0),
    ]  # fmt: skip
    assert (answer["values"]["unexplained"], answer["differing"]) == (0.0, 3)


async def test_while_days_are_missing_differences_are_not_known(api: RunningApi) -> None:
    """The range reaches into today, of which nothing is loaded."""
    answer = await api.get("/v1/inventory/reconciliation", start="2025-12-22", end="2025-12-24")
    assert (answer["missing_moves"], answer["missing_sales_count"]) == (["2025-12-24"], 1)
    assert (answer["values"]["unexplained"], answer["values"]["end_on_hand"], answer["differing"]) == (
        None,
        None,
        None,
    )
    assert answer["values"]["begin_on_hand"] == 21.0


async def test_nothing_loaded_is_null_and_never_zero(api: RunningApi) -> None:
    before: dict[str, Any] = {"start": "2025-12-01", "end": "2025-12-02"}
    through = await api.get("/v1/inventory/sell-through", **before)
    assert (through["rows"], set(through["total"].values())) == ([], {None})
    moved = await api.get("/v1/inventory/movements", **before)
    assert (moved["types"], moved["rows"], moved["meta"]["days"]["missing"]) == ([], [], 2)
    explained = await api.get("/v1/inventory/reconciliation", **before)
    assert (explained["rows"], set(explained["effects"].values())) == ([], {None})
    ranked = await api.get("/v1/inventory/abc", **before)
    assert (ranked["revenue"], ranked["rows"], ranked["skus"], ranked["curve"]) == (None, [], 0, [])


async def test_abc_of_the_products(api: RunningApi) -> None:
    """Revenue 500, 300 and 50; product 4 lies there unsold and is an SKU, too. One fifth of four is one."""
    answer = await api.get("/v1/inventory/abc", start="2025-12-21", end="2025-12-23")
    AbcAnalysis.model_validate(answer)
    assert [(row["product_id"], row["revenue"], row["abc"], row["cumulative_share"]) for row in answer["rows"]] == [
        (1, 500.0, "A", 0.588235), (3, 300.0, "B", 0.941176), (2, 50.0, "C", 1.0), (4, 0.0, "C", 1.0),
    ]  # fmt: skip
    assert [(item["abc"], item["skus"], item["revenue"]) for item in answer["classes"]] == [
        ("A", 1, 500.0), ("B", 1, 300.0), ("C", 2, 50.0),
    ]  # fmt: skip
    assert [(point["share_of_skus"], point["share_of_revenue"]) for point in answer["curve"]] == [
        (0.0, 0.0), (0.25, 0.588235), (0.5, 0.941176), (0.75, 1.0), (1.0, 1.0),
    ]  # fmt: skip
    assert {item["label"] + item["key"]: item["skus"] for item in answer["categories"]} == {
        "Serum10": {"A": 1, "B": 0, "C": 1}, "Serum20": {"A": 0, "B": 1, "C": 0}, "Tools21": {"A": 0, "B": 0, "C": 1},
    }  # fmt: skip


async def test_abc_rows_can_be_narrowed_without_changing_classes(api: RunningApi) -> None:
    days: dict[str, Any] = {"start": "2025-12-21", "end": "2025-12-23"}
    only_c = await api.get("/v1/inventory/abc", **days, abc="C")
    assert ([row["rank"] for row in only_c["rows"]], only_c["total_rows"], only_c["skus"]) == ([3, 4], 2, 4)
    found = await api.get("/v1/inventory/abc", **days, search="HAIR")
    assert [(row["product_id"], row["abc"]) for row in found["rows"]] == [(3, "B")]
    others = await api.get("/v1/inventory/abc", **days, a=0.5, b=0.25)
    assert [row["abc"] for row in others["rows"]] == ["A", "A", "B", "C"]
    in_brand = await api.get("/v1/inventory/abc", **days, brand=101)
    assert [(row["product_id"], row["abc"]) for row in in_brand["rows"]] == [(2, "A")]
