"""`/v1/export/*` as its clients see it."""

from __future__ import annotations

import asyncio
import csv
import io
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

import httpx
import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from nk_common.events.topics import DAY_LOADED
from nk_common.star import BY_NAME
from nk_query_api.export import workbook
from nk_query_api.export.formats import FORMATS, export_format
from nk_query_api.export.source import from_rows
from nk_query_api.serving.snapshot import Snapshot
from support.lake_factory import LakeFactory, sale
from support.query_api import RunningApi, running_api

NOVEMBER, MONDAY, TUESDAY = date(2025, 11, 30), date(2025, 12, 22), date(2025, 12, 23)
FORMULA = "=HYPERLINK(A1)"


@pytest.fixture
def lake(tmp_path: Path) -> LakeFactory:
    lake = LakeFactory(tmp_path / "lake")
    lake.sales(TUESDAY, sale(3, 150.0, order_ref=FORMULA), sale(4, 7.5, "23:59"))
    lake.sales(NOVEMBER, sale(1, 100.0))
    lake.sales(MONDAY, sale(2, 60.0, customer_id=9))
    lake.dimensions()
    return lake


@pytest.fixture
async def api(lake: LakeFactory, tmp_path: Path) -> AsyncIterator[RunningApi]:
    async with running_api(tmp_path) as api:
        yield api


async def file(api: RunningApi, path: str, **parameters: Any) -> httpx.Response:
    response = await api.client.get(f"/v1/export/{path}", params=parameters)
    assert response.status_code == 200, response.text
    return response


async def rows(api: RunningApi, path: str, **parameters: Any) -> list[list[str]]:
    text = (await file(api, path, **parameters)).content.decode()
    return list(csv.reader(io.StringIO(text, newline="")))


async def refused(api: RunningApi, path: str, status: int = 422, **parameters: Any) -> str:
    return str((await api.get(f"/v1/export/{path}", status=status, **parameters))["detail"])


async def test_a_fact_comes_in_the_order_of_its_days_with_all_its_columns(api: RunningApi) -> None:
    header, *lines = await rows(api, "fact_sales.csv")
    assert header == BY_NAME["fact_sales"].schema.names
    assert [line[header.index("revenue")] for line in lines] == ["100", "60", "150", "7.5"]
    assert lines[-1][header.index("date")] == "2025-12-23T23:59:00"
    assert [line[header.index("customer_id")] for line in lines] == ["", "9", "", ""]


async def test_the_answer_names_the_file_and_the_version_of_the_data(api: RunningApi) -> None:
    answer = await file(api, "fact_sales.csv", start="2025-12-22", end="2025-12-23")
    assert answer.headers["content-disposition"] == (
        'attachment; filename="fact_sales_2025-12-22_2025-12-23.csv"'
    )
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["x-data-version"] == api.app.state.service.store.data_version
    for path, parameters, name in [
        ("dim_products.xlsx", {}, "dim_products.xlsx"),
        ("fact_sales.csv", {"start": "2025-12-23", "end": "2025-12-23"}, "fact_sales_2025-12-23.csv"),
        ("fact_sales.csv", {"start": "2025-12-23"}, "fact_sales_from_2025-12-23.csv"),
        ("fact_sales.csv", {"end": "2025-12-23"}, "fact_sales_to_2025-12-23.csv"),
    ]:
        answer = await file(api, path, **parameters)
        assert answer.headers["content-disposition"] == f'attachment; filename="{name}"'


async def test_days_are_inclusive(api: RunningApi) -> None:
    for parameters, revenue in [
        ({"start": "2025-12-22", "end": "2025-12-22"}, ["60"]),
        ({"start": "2025-12-22"}, ["60", "150", "7.5"]),
        ({"end": "2025-12-22"}, ["100", "60"]),
        ({"start": "2025-12-01", "end": "2025-12-21"}, []),
    ]:
        lines = await rows(api, "fact_sales.csv", columns="revenue", **parameters)
        assert lines == [["revenue"], *([value] for value in revenue)]


async def test_columns_come_in_the_order_that_was_asked_for(api: RunningApi) -> None:
    lines = await rows(api, "fact_sales.csv", columns=["revenue", "order_id", "revenue"], end="2025-12-01")
    assert lines == [["revenue", "order_id"], ["100", "1"]]


async def test_dimensions_and_views_can_be_downloaded(api: RunningApi) -> None:
    products = await rows(api, "dim_products.csv", columns=["product_id", "product_name"])
    assert products[1:3] == [["-1", "(no product)"], ["1", "Serum A"]]
    view = await rows(api, "fact_sales_all.csv", columns=["source", "revenue"], start="2025-12-23")
    assert view == [["source", "revenue"], ["pos", "150"], ["pos", "7.5"]]


async def test_the_three_formats_say_the_same(api: RunningApi) -> None:
    asked = {"columns": ["date", "order_ref", "revenue", "is_refund"], "start": "2025-12-23"}
    parquet = pq.read_table(io.BytesIO((await file(api, "fact_sales.parquet", **asked)).content))
    sheet = openpyxl.load_workbook(io.BytesIO((await file(api, "fact_sales.xlsx", **asked)).content)).active
    assert sheet
    expected = [
        (datetime(2025, 12, 23, 10), FORMULA, 150.0, False),
        (datetime(2025, 12, 23, 23, 59), "Shop/0004", 7.5, False),
    ]
    assert [tuple(row.values()) for row in parquet.to_pylist()] == expected
    assert list(sheet.iter_rows(min_row=2, values_only=True)) == expected
    assert sheet["B2"].data_type == "s"
    assert parquet.schema.field("date").type == pa.timestamp("us")


async def test_a_formula_in_the_data_is_not_one_in_the_spreadsheet(api: RunningApi) -> None:
    lines = await rows(api, "fact_sales.csv", columns="order_ref", start="2025-12-23")
    assert lines[1:] == [[f"'{FORMULA}"], ["Shop/0004"]]


async def test_an_empty_range_is_an_empty_file_and_no_error(api: RunningApi) -> None:
    for ending in ("csv", "xlsx", "parquet"):
        assert (await file(api, f"fact_payments.{ending}", start="2020-01-01", end="2020-01-31")).content
    assert await rows(api, "fact_inventory_moves.csv", columns="move_id") == [["move_id"]]


WRONG = [
    ("nothing.csv", 404, {}, "There is no table 'nothing'; /v1/catalog lists what there is."),
    ("loaded_days.csv", 404, {}, "There is no table 'loaded_days'"),
    ('fact_sales" WHERE 1=1 --.csv', 404, {}, "There is no table"),
    ("fact_sales.json", 404, {}, "There are no .json files here; take csv, xlsx, parquet."),
    ("fact_sales", 404, {}, "There is nothing at"),
    ("fact_sales.csv", 422, {"columns": "nothing"}, "fact_sales has no column 'nothing'; /v1/catalog/fact_sales lists"),
    ("fact_sales.csv", 422, {"columns": '"'}, "has no column"),
    ("dim_products.csv", 422, {"start": "2025-12-23"}, "dim_products has no days; leave out start and end."),
    ("fact_sales.csv", 422, {"start": "2025-12-23", "end": "2025-12-22"}, "ends (2025-12-22) before it begins"),
    ("fact_sales.csv", 422, {"start": "23.12.2025"}, "start must be a day such as 2025-12-23."),
    ("fact_sales.csv", 422, {"from": "2025-12-23"}, "Unknown parameter 'from'."),
]  # fmt: skip


async def test_a_wrong_question_is_a_problem_and_not_half_a_file(api: RunningApi) -> None:
    for path, status, parameters, words in WRONG:
        assert words in await refused(api, path, status, **parameters)


async def test_more_rows_than_a_sheet_holds_are_refused_before_any_work(
    api: RunningApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nk_query_api.export.formats.FORMATS", {"xlsx": _small_sheet()})
    detail = await refused(api, "fact_sales.xlsx")
    assert detail == "A .xlsx file holds 3 rows and this has 4; ask for fewer days, or take csv or parquet."
    assert (await file(api, "fact_sales.xlsx", start="2025-12-22")).content


def _small_sheet() -> Any:
    assert FORMATS["xlsx"].max_rows == workbook.MAX_ROWS
    return replace(FORMATS["xlsx"], max_rows=3)


async def test_a_download_is_of_one_version_even_if_days_change_meanwhile(
    api: RunningApi, lake: LakeFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The days are read one month after the other; all of them as they were when the first was."""
    loaded = asyncio.Event()
    read, loop = Snapshot.batches, asyncio.get_running_loop()

    def slowly(look: Any, *question: Any) -> Iterator[pa.RecordBatch]:
        yield from read(look, *question)
        asyncio.run_coroutine_threadsafe(loaded.wait(), loop).result(5)

    monkeypatch.setattr(Snapshot, "batches", slowly)
    version = api.app.state.service.store.data_version
    under_way = asyncio.create_task(file(api, "fact_sales.csv", columns="revenue"))
    await asyncio.sleep(0.2)
    again = lake.sales(TUESDAY, sale(3, 1.0), as_of="2025-12-24T11:00+07:00")
    await api.listener.tell(DAY_LOADED, again)
    await api.until(lambda: api.app.state.service.store.data_version != version)
    loaded.set()
    answer = await under_way
    assert answer.headers["x-data-version"] == version
    assert answer.content.split() == [b"revenue", b"100", b"60", b"150", b"7.5"]


async def test_two_at_once_and_the_dashboard_answers_meanwhile(
    api: RunningApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    may_end = asyncio.Event()
    read, loop = Snapshot.batches, asyncio.get_running_loop()

    def slowly(look: Any, *question: Any) -> Iterator[pa.RecordBatch]:
        yield from read(look, *question)
        asyncio.run_coroutine_threadsafe(may_end.wait(), loop).result(10)

    monkeypatch.setattr(Snapshot, "batches", slowly)
    under_way = [asyncio.create_task(file(api, "fact_sales.csv")) for _ in range(2)]
    await asyncio.sleep(0.2)
    third = await api.client.get("/v1/export/dim_products.csv")
    assert (third.status_code, third.headers["retry-after"]) == (503, "5")
    assert third.json()["detail"] == "2 downloads are under way; try again in a moment."
    await api.get("/v1/sales/summary")
    may_end.set()
    for task in under_way:
        assert (await task).content
    await file(api, "dim_products.csv")


async def test_answers_that_were_computed_can_be_sent_the_same_way(api: RunningApi) -> None:
    source = from_rows(
        "sales_by_store", [{"store": "Toko Satu", "revenue": 1.5}], {"store": str, "revenue": float}
    )
    made = api.app.state.exports.start(source, export_format("csv"))
    await made.begin(never)
    pieces = [piece async for piece in made.pieces()]
    await made.close()
    assert b"".join(pieces) == b"store,revenue\r\nToko Satu,1.5\r\n"


async def never() -> None:
    await asyncio.Event().wait()
