"""`POST /v1/sql` as its clients see it, and as those see it who want more than they may."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import httpx
import pytest

from nk_common.api.sql import SqlAnswer
from nk_query_api.sql import run
from support.lake_factory import LakeFactory, sale
from support.query_api import RunningApi, running_api
from support.sql_escapes import ENDLESS, LIMITED, REFUSED

MONDAY, TUESDAY = date(2025, 12, 22), date(2025, 12, 23)
BY_DAY = (
    "SELECT CAST(date AS DATE) AS day, sum(revenue) AS revenue FROM fact_sales GROUP BY 1 ORDER BY 1 DESC"
)


@pytest.fixture
def lake(tmp_path: Path) -> LakeFactory:
    lake = LakeFactory(tmp_path / "lake")
    lake.sales(MONDAY, sale(1, 100.0), sale(2, 60.0, product_id=3))
    lake.sales(TUESDAY, sale(3, 150.0))
    lake.dimensions()
    return lake


@pytest.fixture
async def api(lake: LakeFactory, tmp_path: Path) -> AsyncIterator[RunningApi]:
    async with running_api(tmp_path) as api:
        yield api


@pytest.fixture
async def tight(lake: LakeFactory, tmp_path: Path) -> AsyncIterator[RunningApi]:
    """Little time, few rows and little memory."""
    async with running_api(tmp_path, sql_timeout=0.7, sql_max_rows=100) as api:
        api.app.state.service.store.cursor().execute("SET memory_limit = '150MB'")
        yield api


async def ask(api: RunningApi, query: str) -> httpx.Response:
    return await api.client.post("/v1/sql", json={"query": query})


async def answered(api: RunningApi, query: str) -> SqlAnswer:
    response = await ask(api, query)
    assert response.status_code == 200, response.text
    return SqlAnswer.model_validate_json(response.content)


async def refused(api: RunningApi, query: str, status: int = 422) -> str:
    response = await ask(api, query)
    assert (response.status_code, response.headers["content-type"]) == (status, "application/problem+json")
    return str(response.json()["detail"])


async def test_rows_come_in_their_order_with_names_types_and_the_version_of_the_data(api: RunningApi) -> None:
    answer = await answered(api, BY_DAY)
    assert [(column.name, column.type) for column in answer.columns] == [
        ("day", "DATE"),
        ("revenue", "DOUBLE"),
    ]
    assert answer.rows == [["2025-12-23", 150.0], ["2025-12-22", 160.0]]
    assert (answer.row_count, answer.truncated) == (2, False)
    assert answer.data_version == api.app.state.service.store.data_version
    assert 0 < answer.elapsed_ms < 5000


async def test_views_and_joins_answer_too(api: RunningApi) -> None:
    answer = await answered(
        api,
        "SELECT product_name, sum(revenue) FROM fact_sales_all JOIN dim_products USING (product_id) "
        "GROUP BY ALL ORDER BY ALL -- by name\n;",
    )
    assert answer.rows == [["Hair Serum", 60.0], ["Serum A", 250.0]]


async def test_columns_of_one_name_are_both_there(api: RunningApi) -> None:
    answer = await answered(api, "SELECT 1 AS a, 2 AS a")
    assert ([column.name for column in answer.columns], answer.rows) == (["a", "a"], [[1, 2]])


async def test_values_are_what_json_can_hold(api: RunningApi) -> None:
    answer = await answered(
        api,
        "SELECT DATE '2025-12-23', 1.5::DECIMAL(9, 2), 'nan'::DOUBLE, [1, NULL], {'a': now() IS NOT NULL}, now()",
    )
    *values, now = answer.rows[0]
    assert values == ["2025-12-23", 1.5, None, [1, None], {"a": True}]
    assert isinstance(now, str)
    assert "bytes, which JSON cannot" in await refused(api, "SELECT x'00' AS picture")


async def test_more_rows_than_allowed_are_cut_and_the_answer_says_so(tight: RunningApi) -> None:
    exact = await answered(tight, "SELECT i FROM range(100) AS t(i) ORDER BY i DESC")
    assert (exact.row_count, exact.truncated) == (100, False)
    cut = await answered(tight, "SELECT i FROM range(50000) AS t(i) ORDER BY i DESC")
    assert (cut.row_count, len(cut.rows), cut.truncated) == (100, 100, True)
    assert [row[0] for row in cut.rows[:2]] == [49999, 49998]


async def test_mistakes_are_explained_in_duckdb_s_words_and_one_line(api: RunningApi) -> None:
    mistakes = {
        "SELECT nothing FROM fact_sales": 'Referenced column "nothing" not found',
        "SELECT CAST('a' AS INTEGER)": "Could not convert string 'a'",
        "SELECT 1 / 'x'": "DuckDB says: ",
        "SELECT sum(order_ref) FROM fact_sales": "DuckDB says: Binder Error",
        "SELEC": "Parser Error: syntax error",
    }
    for query, words in mistakes.items():
        detail = await refused(api, query)
        assert words in detail
        assert "\n" not in detail


async def test_no_refusal_tells_where_files_lie(api: RunningApi, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise duckdb.IOException(f"IO Error: cannot open {api.app.state.service.settings.serving_path}: no")

    monkeypatch.setattr(run, "_columns", broken)
    assert await refused(api, "SELECT 1") == "DuckDB says: IO Error: cannot open … no"


async def test_what_is_not_a_query_is_a_problem(api: RunningApi) -> None:
    for body, words in [
        ({}, "query is missing"),
        ({"query": ""}, "query: "),
        ({"query": 7}, "query: "),
        ({"query": "SELECT 1", "limit": 5}, "Unknown field 'limit'"),
    ]:
        response = await api.client.post("/v1/sql", json=body)
        assert response.status_code == 422
        assert words in response.json()["detail"]
    assert (await api.client.post("/v1/sql?x=1", json={"query": "SELECT 1"})).status_code == 422
    lone = await api.client.post("/v1/sql", content=b'{"query": "SELECT \'\\ud800\'"}')
    assert lone.status_code == 422
    assert (await api.client.get("/v1/sql")).status_code == 405


async def test_no_known_escape_gets_out_or_leaves_a_trace(api: RunningApi, tmp_path: Path) -> None:
    before = _state(api, tmp_path)
    for query in REFUSED:
        response = await ask(api, query)
        assert response.status_code == 422, query
        assert "root:" not in response.text
    assert _state(api, tmp_path) == before


async def test_what_takes_too_much_meets_its_limit_and_hurts_nobody(tight: RunningApi) -> None:
    words = {
        "time": (503, "The query took longer than 0.7 seconds; ask for fewer days, or group earlier."),
        "memory": (422, "The query needs more memory than is allowed; ask for fewer days, or group earlier."),
        "columns": (422, "The answer has 501 columns; at most 500 are possible."),
    }
    for query, limit in LIMITED.items():
        began = time.perf_counter()
        response = await ask(tight, query)
        assert time.perf_counter() - began < 5, query
        if limit == "rows":
            assert (response.status_code, response.json()["truncated"]) == (200, True), query
        else:
            assert (response.status_code, response.json()["detail"]) == words[limit], query
        assert (await answered(tight, BY_DAY)).row_count == 2
    await tight.get("/v1/sales/summary")


async def test_an_answer_of_many_megabytes_is_refused(api: RunningApi) -> None:
    detail = await refused(
        api, "SELECT s FROM (SELECT string_agg(range, ',') AS s FROM range(20000)), range(10000)"
    )
    assert "larger than 16 MB" in detail


async def test_two_at_once_and_the_dashboard_answers_meanwhile(api: RunningApi) -> None:
    async with asyncio.TaskGroup() as group:
        slow = [group.create_task(ask(api, ENDLESS)) for _ in range(2)]
        await asyncio.sleep(0.3)
        third = await ask(api, "SELECT 1")
        assert (third.status_code, third.headers["retry-after"]) == (503, "5")
        assert third.json()["detail"] == "2 SQL queries are under way; try again in a moment."
        async with asyncio.timeout(3):
            await api.get("/v1/catalog/fact_sales")
        for task in slow:
            task.cancel()
    assert (await answered(api, "SELECT 1")).rows == [[1]]


async def test_a_query_whose_client_has_left_is_given_up(api: RunningApi) -> None:
    """The server says so by `http.disconnect`; the query ends long before its time."""
    body = json.dumps({"query": ENDLESS}).encode()
    messages: list[dict[str, Any]] = [{"type": "http.request", "body": body}]
    sent: list[Any] = []

    async def receive() -> dict[str, Any]:
        if messages:
            return messages.pop(0)
        await asyncio.sleep(0.2)
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {
        "type": "http", "method": "POST", "path": "/v1/sql", "raw_path": b"/v1/sql", "query_string": b"",
        "headers": [(b"content-type", b"application/json")], "http_version": "1.1", "scheme": "http",
        "asgi": {"version": "3.0"},
    }  # fmt: skip
    async with asyncio.timeout(4):
        await api.app(scope, receive, send)
    assert sent[0]["status"] == 499


async def test_a_failure_of_duckdb_itself_does_not_cost_the_serving_file(
    api: RunningApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Odd SQL can bring DuckDB to an internal error; that is no reason to build the file anew."""

    def broken(*_: object) -> None:
        raise duckdb.InternalException("INTERNAL Error: odd")

    monkeypatch.setattr(run, "_columns", broken)
    assert await refused(api, "SELECT 1") == "DuckDB fails on this query; write it another way."
    monkeypatch.undo()
    assert (await answered(api, BY_DAY)).row_count == 2
    assert "nk_serving_rebuilds_total 0.0" in (await api.client.get("/metrics")).text


async def test_it_can_be_switched_off(lake: LakeFactory, tmp_path: Path) -> None:
    async with running_api(tmp_path, sql=False) as api:
        assert await refused(api, "SELECT 1", 404) == "SQL is switched off here (NK_SQL=0)."


def _state(api: RunningApi, folder: Path) -> tuple[object, ...]:
    """What an escape might have changed: tables and their rows, settings, databases, files."""
    cursor = api.app.state.service.store.cursor()
    questions = (
        "SELECT table_name, sql FROM duckdb_tables() ORDER BY 1",
        "SELECT view_name, sql FROM duckdb_views() ORDER BY 1",
        "SELECT name, value FROM duckdb_settings() ORDER BY 1",
        "SELECT database_name FROM duckdb_databases() ORDER BY 1",
        "SELECT * FROM duckdb_variables()",
        "SELECT * FROM duckdb_sequences()",
        "SELECT function_name FROM duckdb_functions() WHERE NOT internal",
        "FROM fact_sales ORDER BY ALL",
        "FROM loaded_days ORDER BY ALL",
    )
    files = {
        path.name for place in (folder, Path("/tmp")) for path in place.iterdir() if "stolen" in path.name
    }
    return files, *(cursor.execute(question).fetchall() for question in questions)
