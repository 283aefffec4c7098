"""Whatever the OpenAPI document allows may be asked, and whatever it forbids: nothing is answered with an accident.

The requests are made up by schemathesis, the same ones on every run. `/v1/pipeline/events` never ends and is left out.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis import APIOperation, Case, GenerationMode

from nk_query_api.documented import DOCUMENTED
from nk_query_api.kpis import KPIS
from nk_query_api.kpis.dimensions import DIMENSIONS
from support.lake_factory import LakeFactory
from support.query_api import running_api
from support.stock_lake import SUNDAY, TODAY, write_shop

SCHEMA = Path(__file__).with_name("openapi.json")
"""`test_query_api_openapi.py` sees to it that this is what the API says of itself."""
ENDLESS = "/v1/pipeline/events"
Operation = APIOperation[Any, Any, Any, Any]
OPERATIONS: list[Operation] = [
    found.ok()
    for found in schemathesis.openapi.from_path(SCHEMA).get_all_operations()
    if found.ok().path != ENDLESS
]
BOUNDED = settings(
    max_examples=15, derandomize=True, deadline=None, database=None, suppress_health_check=list(HealthCheck)
)
KNOWN: dict[str, list[Any]] = {
    "dimension": [item.slug for item in DIMENSIONS],
    "table": list(DOCUMENTED),
    "ending": ["csv", "xlsx", "parquet"],
    "kpi": [kpi.slug for kpi in KPIS],
    "sort": [*(kpi.slug for kpi in KPIS), "label", "change"],
    "columns": ["date", "revenue", "product_id"],
    "dataset": ["pos", "invoice-sales", "profit", "stock-quants", "products", "dimensions"],
    "product": [1, 2, -1, 2**53],
    "key": ["1", "-1", "Skin", "x"],
}
"""Values that made-up ones would hardly ever hit."""
DAYS = st.integers(0, 5).map(lambda n: SUNDAY - timedelta(days=1) + timedelta(days=n))


class Asker:
    """Asks a running API from outside of its event loop."""

    def __init__(self, client: httpx.AsyncClient, loop: asyncio.AbstractEventLoop) -> None:
        self._client, self._loop = client, loop

    def send(self, case: Case) -> httpx.Response:
        asked = case.as_transport_kwargs(base_url="http://api")
        # For requests, by whose names it is told; httpx wants no cookies with a single request.
        asked.pop("cookies", None)
        if "data" in asked:
            asked["content"] = asked.pop("data")
        return asyncio.run_coroutine_threadsafe(self._client.request(**asked), self._loop).result(30)


@contextmanager
def _asking(folder: Path) -> Iterator[Asker]:
    """An API that runs in a thread of its own: Hypothesis calls one example after the other, and waits for each."""
    ready, asker = threading.Event(), []

    async def run() -> None:
        async with running_api(folder) as api:
            api.client.timeout = httpx.Timeout(30)
            asker.append(Asker(api.client, asyncio.get_running_loop()))
            ready.set()
            await done.wait()

    loop, done = asyncio.new_event_loop(), asyncio.Event()
    thread = threading.Thread(target=lambda: loop.run_until_complete(run()))
    thread.start()
    try:
        assert ready.wait(30)
        yield asker[0]
    finally:
        loop.call_soon_threadsafe(done.set)
        thread.join(30)
        loop.close()


@pytest.fixture(scope="module")
def asker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Asker]:
    """Over a lake with sales, invoices, profit, purchases, moves and stock."""
    folder = tmp_path_factory.mktemp("schema")
    lake = LakeFactory(folder / "lake")
    write_shop(lake)
    for n in range((TODAY - SUNDAY).days):
        day = SUNDAY + timedelta(days=n)
        line = {
            "source": "pos",
            "line_id": day.toordinal() * 100_000,
            "cost_unit_tax_in": 7.0,
            "product_id": 1,
        }
        lake.day("profit", day, {"fact_sales_lines_profit": [line]})
    with _asking(folder) as asker:
        yield asker


def _check(asker: Asker, case: Case) -> None:
    """No accident; and that something is away is said of it in the document."""
    response = asker.send(case)
    documented = {str(status) for status in case.operation.definition.raw["responses"]}
    if response.status_code == 503:
        assert "503" in documented, case.as_curl_command()
        return
    assert response.status_code < 500, f"{response.status_code} {response.text}\n{case.as_curl_command()}"


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.label)
def test_what_the_document_allows_makes_no_accident(operation: Operation, asker: Asker) -> None:
    @BOUNDED
    @given(operation.as_strategy(generation_mode=GenerationMode.POSITIVE))
    def ask(case: Case) -> None:
        _check(asker, case)

    ask()


TAKES_SOMETHING = [op for op in OPERATIONS if op.query or op.body]


@pytest.mark.parametrize("operation", TAKES_SOMETHING, ids=lambda operation: operation.label)
def test_what_the_document_forbids_makes_no_accident(operation: Operation, asker: Asker) -> None:
    @BOUNDED
    @given(operation.as_strategy(generation_mode=GenerationMode.NEGATIVE))
    def ask(case: Case) -> None:
        _check(asker, case)

    ask()


WITH_PARAMETERS = [op for op in OPERATIONS if op.query or op.path_parameters]


@pytest.mark.parametrize("operation", WITH_PARAMETERS, ids=lambda operation: operation.label)
def test_what_is_there_can_be_asked_for_in_every_way(operation: Operation, asker: Asker) -> None:
    """Days that are held, and names that are known, with all the rest made up."""

    @BOUNDED
    @given(operation.as_strategy(), st.data())
    def ask(case: Case, data: st.DataObject) -> None:
        for given_ in (case.path_parameters, case.query):
            for name in set(given_) & set(KNOWN):
                one = data.draw(st.sampled_from(KNOWN[name]))
                given_[name] = [one] if isinstance(given_[name], list) else one
        if "name" in case.path_parameters:
            case.path_parameters["name"] = data.draw(st.sampled_from(_names_of(operation)))
        for name in set(case.query) & {"start", "end", "as_of"}:
            case.query[name] = str(data.draw(DAYS))
        if case.query.get("preset"):
            case.query = {key: value for key, value in case.query.items() if key not in ("start", "end")}
        _check(asker, case)

    ask()


def _names_of(operation: Operation) -> list[str]:
    return list(DOCUMENTED) if "export" in operation.path else ["products", "stores", "brands", "categories"]
