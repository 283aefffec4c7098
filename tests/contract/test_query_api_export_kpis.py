"""`/v1/export/*` of answers: a file has exactly the figures of the JSON answer, and all of them."""

from __future__ import annotations

import csv
import io
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow.parquet as pq
import pytest

from nk_query_api.routes import exported
from nk_query_api.routes.exported import EXPORTED, NAMES
from support.customers import write_partners
from support.lake_factory import LakeFactory, sale
from support.query_api import RunningApi, running_api
from support.stock_lake import MONDAY, TUESDAY, write_shop

RANGE: dict[str, Any] = {"start": "2025-12-22", "end": "2025-12-23"}
ANSWERS = [
    (name, one.endpoint.replace("{dimension}", dimension))
    for one in EXPORTED
    for name, dimension in zip(one.names, one.dimensions or ("",), strict=True)
]
ROWS = {
    "summary": "kpis", "trend": "points", "heatmap": "cells", "segments": "segments", "below-cost": "lines",
    "abc-classes": "classes", "abc-curve": "curve", "abc-categories": "categories",
}  # fmt: skip
"""Where the rows of an answer are, if they are not called so."""
WORKED_OUT = ("moved", "expected")
"""Columns of a file that the answer leaves to its reader."""


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> LakeFactory:
    folder = tmp_path_factory.mktemp("exports")
    lake = LakeFactory(folder / "lake")
    write_shop(lake)
    lines = [
        sale(9, 100.0, "09:00", customer_id=1, product_id=1), sale(9, 50.5, "09:00", customer_id=1, product_id=2),
        sale(10, 7.25, "21:00", customer_id=2, product_id=3), sale(11, 3.0, "21:00", product_id=4),
        sale(12, -20.0, "15:00", customer_id=1, is_refund=True, quantity=-1.0),
    ]  # fmt: skip
    lake.sales(MONDAY, *lines, as_of="2025-12-24T01:00+07:00")
    lake.sales(TUESDAY, sale(13, 80.0, "10:00", customer_id=2), as_of="2025-12-24T02:00+07:00")
    costs = [
        {"source": "pos", "line_id": MONDAY.toordinal() * 100_000 + n, "cost_unit_tax_in": cost}
        for n, cost in enumerate((6.5, 6.5, 8.25))
    ]
    for day in (MONDAY, TUESDAY):
        lake.day("profit", day, {"fact_sales_lines_profit": costs if day == MONDAY else []})
    write_partners(lake, {1: "Ani", 2: "Budi"})
    return lake


@pytest.fixture
async def api(lake: LakeFactory, tmp_path: Path) -> AsyncIterator[RunningApi]:
    async with running_api(tmp_path, data_lake_root=lake.root) as api:
        yield api


async def file(api: RunningApi, path: str, **parameters: Any) -> bytes:
    answer = await api.client.get(f"/v1/export/{path}", params=parameters)
    assert answer.status_code == 200, answer.text
    return answer.content


async def table(api: RunningApi, name: str, **parameters: Any) -> list[dict[str, str]]:
    text = (await file(api, f"{name}.csv", **parameters)).decode()
    return list(csv.DictReader(io.StringIO(text, newline="")))


def rows_of(answer: dict[str, Any], name: str) -> list[dict[str, Any]]:
    if name == "customers-cohorts":
        return [
            {**cell, "cohort": cohort["month"], "size": cohort["size"], "cohort_partial": cohort["partial"]}
            for cohort in answer["cohorts"] for cell in cohort["cells"]
        ]  # fmt: skip
    if name == "profit-cost-history":
        return [
            {**answer["at_start"], "at_start": True},
            *({**row, "at_start": False} for row in answer["events"]),
        ]
    if name == "inventory-reconciliation-total":
        return [answer]
    if name == "inventory-sell-through-total":
        return [answer["total"]]
    rows: list[dict[str, Any]] = answer[ROWS.get(name.partition("-")[2], "rows")]
    return rows


def expected(answer: dict[str, Any], row: dict[str, Any], column: str) -> Any:
    """What the JSON has for a column of the file."""
    slug = column.removeprefix("previous_")
    if slug != column:
        return row["compare_value"] if "compare_value" in row else row["previous"][slug]
    if column in ("name_id", "name_en"):
        return row["name"][column[-2:]]
    if column == "path":
        return " / ".join(row["path"])
    if isinstance(row.get("skus"), dict) and column[:-2] in ("skus", "revenue"):
        return row[column[:-2]][column[-1].upper()]
    of_heatmap = {answer.get("rows"): row["row"]} if "row" in row else {}
    for held in (of_heatmap, row.get("values", {}), row.get("effects", {}), row.get("by_type", {}), row):
        if column in held:
            return held[column]
    return row["value"] if column == answer.get("kpi") else row.get("slug")


def as_text(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str) and value[:1] in "=+-@":
        return f"'{value}" if value else ""
    return "" if value is None else str(value)


def assert_same(found: list[dict[str, str]], answer: dict[str, Any], name: str) -> None:
    rows = rows_of(answer, name)
    assert found
    assert len(found) == len(rows)
    for line, row in zip(found, rows, strict=True):
        for column, text in line.items():
            if column in WORKED_OUT:
                continue
            value = expected(answer, row, column)
            if isinstance(value, int | float) and not isinstance(value, bool):
                assert float(text) == value, column
            else:
                assert text == as_text(value), column


def parameters_of(name: str) -> dict[str, Any]:
    if name == "inventory-stock":
        return {"as_of": "2025-12-23"}
    if name == "profit-cost-history":
        return {**RANGE, "product": 1}
    compares = name.startswith(("sales-", "profit-", "customers-trend")) and name not in UNCOMPARED
    return {**RANGE, "compare": "previous"} if compares else RANGE


UNCOMPARED = ("sales-heatmap", "profit-below-cost")


@pytest.mark.parametrize(("name", "endpoint"), ANSWERS)
async def test_the_file_says_what_the_answer_says(api: RunningApi, name: str, endpoint: str) -> None:
    parameters = parameters_of(name)
    answer = await api.get(endpoint, **parameters)
    assert_same(await table(api, name, **parameters), answer, name)


async def test_the_customers_of_a_segment_are_rows(api: RunningApi) -> None:
    """As in the answer: without `segment` the segments are."""
    answer = await api.get("/v1/customers/segments", **RANGE)
    slug = next(one["slug"] for one in answer["segments"] if one["customers"])
    answer = await api.get("/v1/customers/segments", segment=slug, **RANGE)
    found = await table(api, "customers-segments", segment=slug, **RANGE)
    assert [line["name"] for line in found] == [row["name"] for row in answer["rows"]] != []


async def test_filters_and_order_are_those_of_the_answer(api: RunningApi) -> None:
    asked: dict[str, Any] = {
        **RANGE,
        "brand": 100,
        "kpi": ["margin"],
        "sort": "margin",
        "order": "asc",
        "source": "pos",
    }
    answer = await api.get("/v1/sales/by/product", **asked)
    found = await table(api, "sales-by-product", **asked)
    assert_same(found, answer, "sales-by-product")
    assert list(found[0]) == [
        "key", "label", "path", "revenue", "items_sold", "transactions", "margin", "share",
    ]  # fmt: skip
    trend = await table(api, "sales-trend", kpi="margin", grain="hour", **RANGE)
    assert list(trend[0]) == ["bucket", "margin", "partial"]
    assert len(trend) == 48


async def test_all_rows_are_in_the_file_unless_a_page_is_asked_for(
    api: RunningApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    """More than a file may have are refused, and not cut."""
    everything = await table(api, "sales-by-product", **RANGE)
    assert len(everything) == 4
    assert await table(api, "sales-by-product", limit=2, offset=1, **RANGE) == everything[1:3]
    monkeypatch.setattr(exported, "ROWS", 3)
    problem = await api.get("/v1/export/sales-by-product.csv", status=422, **RANGE)
    assert problem["detail"] == (
        "This has 4 rows and a file of answers holds 3; narrow it down, or give limit and offset."
    )


async def test_every_format_and_the_name_of_the_file(api: RunningApi) -> None:
    answer = await api.client.get("/v1/export/sales-by-brand.csv", params=RANGE)
    assert answer.headers["content-disposition"] == (
        'attachment; filename="sales-by-brand_2025-12-22_2025-12-23.csv"'
    )
    assert answer.headers["x-data-version"] == api.app.state.service.store.data_version
    lines = await table(api, "sales-by-brand", **RANGE)
    parquet = pq.read_table(io.BytesIO(await file(api, "sales-by-brand.parquet", **RANGE))).to_pylist()
    book = openpyxl.load_workbook(io.BytesIO(await file(api, "sales-by-brand.xlsx", **RANGE))).active
    assert book
    revenue = [float(line["revenue"]) for line in lines]
    assert [row["revenue"] for row in parquet] == revenue
    assert [row[3] for row in book.iter_rows(min_row=2, values_only=True)] == revenue


async def test_moves_and_stock_are_one_sum(api: RunningApi) -> None:
    """Begin and moves are what should be there, product by product and of all of them. Serum A: 14, and
    20 - 4 + 1 - 1 - 2 - 1; all: 21 and 14. The total is of all products, whatever page was asked for."""
    found = await table(api, "inventory-reconciliation", **RANGE)
    [serum] = [line for line in found if line["label"] == "Serum A"]
    shown = ("begin_on_hand", "moved", "expected", "end_on_hand", "unexplained")
    assert [float(serum[name]) for name in shown] == [14.0, 13.0, 27.0, 27.0, 0.0]
    assert list(serum)[:5] == ["product_id", "label", "path", "begin_on_hand", "incoming"]
    [total] = await table(api, "inventory-reconciliation-total", limit=1, offset=3, **RANGE)
    assert [float(total[name]) for name in shown] == [21.0, 14.0, 35.0, 35.0, 0.0]
    [unknown] = await table(api, "inventory-reconciliation-total", start="2025-12-24", end="2025-12-24")
    assert (unknown["moved"], unknown["expected"], unknown["unexplained"]) == ("", "", "")


async def test_the_cost_that_a_range_began_with_comes_first_and_once(api: RunningApi) -> None:
    asked = {**RANGE, "product": 1}
    found = await table(api, "profit-cost-history", **asked)
    assert [(line["day"], line["at_start"], float(line["unit_cost"]), line["change"]) for line in found] == [
        ("2025-12-20", "true", 1000.0, ""), ("2025-12-22", "false", 1100.0, "100"),
        ("2025-12-22", "false", 1200.0, "100"),
    ]  # fmt: skip
    assert await table(api, "profit-cost-history", offset=1, **asked) == found[2:]


async def test_parts_of_an_answer_are_whole_whatever_is_listed(api: RunningApi) -> None:
    """Four products: one is A, one B, two C. The curve begins with nothing."""
    asked: dict[str, Any] = {**RANGE, "limit": 1, "search": "comb", "abc": "C"}
    classes = await table(api, "inventory-abc-classes", **asked)
    assert [(line["abc"], line["skus"]) for line in classes] == [("A", "1"), ("B", "1"), ("C", "2")]
    curve = await table(api, "inventory-abc-curve", **asked)
    assert [float(line["share_of_skus"]) for line in curve] == [0.0, 0.25, 0.5, 0.75, 1.0]
    categories = await table(api, "inventory-abc-categories", **asked)
    assert sum(int(line[f"skus_{abc}"]) for line in categories for abc in "abc") == 4


LONG = [("profit-below-cost", {}), ("profit-cost-history", {"product": 1}), ("inventory-reconciliation", {})]


@pytest.mark.parametrize(("name", "asked"), LONG)
async def test_a_long_answer_is_refused_and_not_cut(
    api: RunningApi, monkeypatch: pytest.MonkeyPatch, name: str, asked: dict[str, Any]
) -> None:
    """However the answer says how many rows there are."""
    monkeypatch.setattr(exported, "ROWS", 0)
    problem = await api.get(f"/v1/export/{name}.csv", status=422, **RANGE, **asked)
    assert "a file of answers holds 0; narrow it down" in problem["detail"]


WRONG = [
    ("sales-nothing.csv", 404, {}, "Answers to download are: sales-summary, sales-trend, sales-by-category-brand,"),
    ("sales-by-colour.csv", 404, {}, "There is no answer 'sales-by-colour' to download; there are: sales-summary"),
    ("profit-by-payment-method.csv", 404, {}, "There is no answer 'profit-by-payment-method'"),
    ("sales-summary.json", 404, {}, "There are no .json files here"),
    ("sales-summary.csv", 422, {"columns": "revenue"}, "Unknown parameter 'columns'."),
    ("sales-trend.csv", 422, {"kpi": "nothing"}, "There is no KPI 'nothing'."),
    ("inventory-abc.csv", 422, {"a": 0.9}, "at most 1 is possible"),
    ("sales-by-brand.csv", 422, {"limit": 5000}, "limit"),
]  # fmt: skip


@pytest.mark.parametrize(("path", "status", "parameters", "words"), WRONG)
async def test_a_wrong_question_is_a_problem(
    api: RunningApi, path: str, status: int, parameters: dict[str, Any], words: str
) -> None:
    assert words in (await api.get(f"/v1/export/{path}", status=status, **parameters))["detail"]


def test_every_answer_has_one_name() -> None:
    assert len(set(NAMES)) == len(NAMES) == len(ANSWERS)
