"""`/v1/profit/below-cost` and `/v1/profit/cost-history` as their clients see them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from nk_common.api.profit import BelowCost, CostHistory
from support.lake_factory import LakeFactory, Row, sale
from support.query_api import RunningApi, running_api
from support.stock_lake import dimensions

MONDAY, TUESDAY = date(2025, 12, 22), date(2025, 12, 23)
RANGE: dict[str, Any] = {"start": "2025-12-22", "end": "2025-12-23"}
"""
line  day      source   product     quantity  revenue  unit cost
1     Monday   pos      Serum A     2         90       50         loses 10
2     Monday   pos      Hair Serum  1         80       50
3     Monday   pos      Serum A     -1        -10      50         taken back: never counted
1     Tuesday  invoice  Serum A     10        400      45         loses 50
4     Tuesday  pos      Comb        1         20       -          no cost known
"""


def line(source: str, line_id: int, cost: float | None) -> Row:
    return {"source": source, "line_id": line_id, "cost_unit_tax_in": cost}


def invoice(line_id: int, revenue: float, **other: Any) -> Row:
    row = {"move_line_id": line_id, "move_id": 7, "move_name": "INV/7", "product_id": 1, "revenue": revenue}
    return {**row, **other}


def bill(line_id: int, move: int, vendor: str, quantity: float = 10.0) -> Row:
    return {"move_line_id": line_id, "move_id": move, "move_name": f"BILL/{move}", "vendor_id": move,
            "vendor_name": vendor, "product_id": 1, "quantity": quantity}  # fmt: skip


def cost(line_id: int, move: int, unit_cost: float, product: int = 1) -> Row:
    return {"source_move_line_id": line_id, "source_move_id": move, "cost_unit_tax_in": unit_cost,
            "product_id": product}  # fmt: skip


def sold(lake: LakeFactory) -> None:
    lake.sales(
        MONDAY,
        sale(1, 90.0, line_id=1, quantity=2.0),
        sale(2, 80.0, line_id=2, product_id=3),
        sale(3, -10.0, line_id=3, quantity=-1.0, is_refund=True),
    )
    lake.sales(TUESDAY, sale(4, 20.0, line_id=4, product_id=4))
    lake.day("invoice-sales", MONDAY, {})
    lake.day("invoice-sales", TUESDAY, {"fact_invoice_sales": [invoice(1, 400.0, quantity=10.0)]})
    costs = [line("pos", 1, 50.0), line("pos", 2, 50.0), line("pos", 3, 50.0)]
    lake.day("profit", MONDAY, {"fact_sales_lines_profit": costs})
    costs = [line("pos", 4, None), line("invoice", 1, 45.0)]
    lake.day("profit", TUESDAY, {"fact_sales_lines_profit": costs})


def bought(lake: LakeFactory) -> None:
    """The cost of product 1 over December; the last two are of one day."""
    for day, bills in {
        1: [("Sinar", 1, 1, 40.0)],
        10: [("Sinar", 2, 2, 50.0)],
        20: [("Terang", 4, 4, 45.0), ("Bulan", 3, 5, 60.0)],
    }.items():
        tables = {
            "fact_purchases": [bill(line_id, move, vendor) for vendor, move, line_id, _ in bills],
            "fact_product_cost_events": [cost(line_id, move, unit) for _, move, line_id, unit in bills],
        }
        lake.day("purchases", date(2025, 12, day), tables)


@pytest.fixture
async def api(tmp_path: Path) -> AsyncIterator[RunningApi]:
    lake = LakeFactory(tmp_path / "lake")
    sold(lake)
    bought(lake)
    lake.dimensions()
    async with running_api(tmp_path) as api:
        yield api


async def test_lines_below_cost_come_with_the_greatest_loss_first(api: RunningApi) -> None:
    found = BelowCost.model_validate(await api.get("/v1/profit/below-cost", **RANGE))
    assert [(one.source, one.line_id, one.loss) for one in found.lines] == [
        ("invoice", 1, 50.0),
        ("pos", 1, 10.0),
    ]
    first, second = found.lines
    assert (first.day, first.document, first.document_id, first.product) == (TUESDAY, "INV/7", 7, "Serum A")
    assert (first.quantity, first.revenue, first.unit_cost, first.cogs) == (10.0, 400.0, 45.0, 450.0)
    assert (second.document, second.document_id, second.unit_cost) == ("Shop/0001", 1, 50.0)


async def test_totals_are_over_all_lines_and_equal_the_kpi(api: RunningApi) -> None:
    answer = await api.get("/v1/profit/below-cost", **RANGE, limit=1)
    assert len(answer["lines"]) == 1
    assert answer["totals"] == {"lines": 2, "quantity": 12.0, "revenue": 490.0, "cogs": 550.0, "loss": 60.0}
    summary = await api.get("/v1/profit/summary", **RANGE)
    kpi = next(one for one in summary["kpis"] if one["slug"] == "below_cost_lines")
    assert kpi["value"] == answer["totals"]["lines"]
    second = await api.get("/v1/profit/below-cost", **RANGE, limit=1, offset=1)
    assert [one["loss"] for one in second["lines"]] == [10.0]


@pytest.mark.parametrize(
    ("filters", "losses"),
    [
        ({"source": "pos"}, [10.0]),
        ({"store": 1}, [10.0]),
        ({"category": 10}, [50.0, 10.0]),
        ({"product": 3}, []),
        ({"brand": 100, "source": "invoice"}, [50.0]),
        ({"hour_from": 9, "hour_to": 11}, [10.0]),
        ({"payment_method": 1}, [10.0]),
    ],
)
async def test_it_is_filtered_as_everything_is(
    api: RunningApi, filters: dict[str, Any], losses: list[float]
) -> None:
    answer = await api.get("/v1/profit/below-cost", **RANGE, **filters)
    assert [one["loss"] for one in answer["lines"]] == losses
    assert answer["totals"]["lines"] == len(losses)


@pytest.mark.parametrize(
    ("asked", "losses", "found"),
    [
        ({"sort": "revenue"}, [50.0, 10.0, 4.0], 3),
        ({"sort": "revenue", "order": "asc"}, [4.0, 10.0, 50.0], 3),
        ({"sort": "loss", "order": "asc", "limit": 2}, [4.0, 10.0], 3),
        ({"sort": "day"}, [50.0, 4.0, 10.0], 3),  # two of Tuesday, the greater loss first
        ({"sort": "product", "order": "asc"}, [4.0, 50.0, 10.0], 3),  # Comb, then Serum A twice
        ({"sort": "product"}, [50.0, 10.0, 4.0], 3),
        ({"sort": "cogs", "offset": 1}, [10.0, 4.0], 3),
        ({"sort": "quantity", "limit": 1}, [50.0], 3),
        ({"search": "serum a"}, [50.0, 10.0], 2),
        ({"search": "sku-4"}, [4.0], 1),
        ({"search": "50%_"}, [], 0),
    ],
)
async def test_lines_can_be_sorted_and_searched(
    tmp_path: Path, asked: dict[str, Any], losses: list[float], found: int
) -> None:
    """By name or code of the product, whatever its case. Totals are of all lines, whatever is searched for.

    The comb, sold for 20, has cost 24 here.
    """
    lake = LakeFactory(tmp_path / "lake")
    sold(lake)
    costs = [line("pos", 4, 24.0), line("invoice", 1, 45.0)]
    lake.day("profit", TUESDAY, {"fact_sales_lines_profit": costs}, as_of="2025-12-26T00:00+07:00")
    dimensions(lake)
    async with running_api(tmp_path) as api:
        answer = await api.get("/v1/profit/below-cost", **RANGE, **asked)
        assert [one["loss"] for one in answer["lines"]] == losses
        assert (answer["total_rows"], answer["totals"]["lines"], answer["totals"]["loss"]) == (found, 3, 64.0)


async def test_lines_have_no_other_order(api: RunningApi) -> None:
    problem = await api.get("/v1/profit/below-cost", status=422, **RANGE, sort="margin")
    assert problem["detail"].startswith("sort must be 'loss', 'revenue'")


async def test_nothing_loaded_is_no_zero(api: RunningApi) -> None:
    answer = await api.get("/v1/profit/below-cost", start="2025-12-01", end="2025-12-02")
    assert (answer["totals"], answer["lines"], answer["meta"]["days"]["missing"]) == (None, [], 2)


async def test_what_a_product_has_cost(api: RunningApi) -> None:
    answer = await api.get("/v1/profit/cost-history", product=1, start="2025-12-10", end="2025-12-31")
    found = CostHistory.model_validate(answer)
    assert (found.product, found.total) == ("Serum A", 3)
    assert found.at_start
    assert (found.at_start.day, found.at_start.unit_cost, found.at_start.change) == (
        date(2025, 12, 1),
        40.0,
        None,
    )
    assert [(one.day.day, one.unit_cost, one.bill, one.vendor, one.change) for one in found.events] == [
        (10, 50.0, "BILL/2", "Sinar", 10.0),
        (20, 60.0, "BILL/3", "Bulan", 10.0),
        (20, 45.0, "BILL/4", "Terang", -15.0),
    ]
    assert [one.change_share for one in found.events] == [0.25, 0.2, -0.25]
    assert (found.events[0].quantity, found.events[0].vendor_id, found.events[0].bill_id) == (10.0, 2, 2)


async def test_a_page_of_the_history_keeps_its_changes(api: RunningApi) -> None:
    """The event before the first of a page is not forgotten."""
    answer = await api.get(
        "/v1/profit/cost-history", product=1, start="2025-12-01", end="2025-12-31", limit=1, offset=1
    )
    assert (answer["total"], answer["at_start"]) == (4, None)
    assert [(one["unit_cost"], one["change"]) for one in answer["events"]] == [(50.0, 10.0)]


async def test_the_cost_at_the_start_is_known_where_the_range_is_not_loaded(api: RunningApi) -> None:
    answer = await api.get("/v1/profit/cost-history", product=1, start="2025-12-12", end="2025-12-13")
    assert (answer["total"], answer["events"], answer["at_start"]["unit_cost"]) == (None, [], 50.0)


async def test_a_product_without_bills_has_no_cost(api: RunningApi) -> None:
    answer = await api.get("/v1/profit/cost-history", product=4, start="2025-12-01", end="2025-12-31")
    assert (answer["product"], answer["total"], answer["at_start"], answer["events"]) == ("Comb", 0, None, [])
    problem = await api.get("/v1/profit/cost-history", status=422)
    assert problem["detail"] == "product is missing."
