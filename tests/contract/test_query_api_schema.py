"""Whatever the OpenAPI document allows may be asked, and whatever it forbids: nothing is answered with an accident.

The requests are made up by schemathesis, the same ones on every run. `/v1/pipeline/events` never ends and is left out.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis import APIOperation, Case, GenerationMode
from schemathesis.core.result import Err

from nk_common.ledger.engine import open_ledger
from nk_common.ledger.migration import migrate
from nk_query_api.documented import DOCUMENTED
from nk_query_api.kpis import KPIS
from nk_query_api.kpis.dimensions import DIMENSIONS
from nk_query_api.questions.members.lists import MEMBER_LISTS
from support.asking import Asker, asking
from support.lake_factory import LakeFactory
from support.stock_lake import SUNDAY, TODAY, write_shop

SCHEMA = Path(__file__).with_name("openapi.json")
"""`test_query_api_openapi.py` sees to it that this is what the API says of itself."""
ENDLESS = "/v1/pipeline/events"
NEEDS_BROKER = ("/v1/pipeline/lag",)
Operation = APIOperation[Any, Any, Any, Any]
Made = Case[Any]


def _operations() -> Iterator[Operation]:
    for found in schemathesis.openapi.from_path(SCHEMA).get_all_operations():
        if isinstance(found, Err):
            raise found.err()
        if found.ok().path != ENDLESS:
            yield found.ok()


OPERATIONS = list(_operations())
BOUNDED = settings(
    max_examples=10, derandomize=True, deadline=None, database=None, suppress_health_check=list(HealthCheck)
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
    ledger = open_ledger(f"sqlite:///{folder / 'lake' / 'metadata' / 'ledger.db'}")
    migrate(ledger)
    ledger.dispose()
    with asking(folder) as asker:
        yield asker


def _send(asker: Asker, case: Made) -> httpx.Response:
    asked = case.as_transport_kwargs(base_url="http://api")
    # It is told in the words of requests. httpx wants no cookies with a single request, and there are none.
    asked.pop("cookies", None)
    if "data" in asked:
        asked["content"] = asked.pop("data")
    return asker.request(**asked)


def _is_being_rebuilt(response: httpx.Response) -> bool:
    """A rebuild may be asked for, too, and nothing can be read while it exchanges the files."""
    return response.status_code == 503 and "being closed" in response.text


def _check(asker: Asker, case: Made) -> int:
    """No accident; only what needs the broker, which is away, may say so."""
    deadline = time.monotonic() + 10
    response = _send(asker, case)
    while _is_being_rebuilt(response) and time.monotonic() < deadline:
        time.sleep(0.05)
        response = _send(asker, case)
    allowed = (503,) if case.operation.path in NEEDS_BROKER else ()
    told = f"{response.status_code} {response.text}\n{case.as_curl_command()}"
    assert response.status_code < 500 or response.status_code in allowed, told
    return response.status_code


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.label)
def test_what_the_document_allows_makes_no_accident(operation: Operation, asker: Asker) -> None:
    @BOUNDED
    @given(operation.as_strategy(generation_mode=GenerationMode.POSITIVE))
    def ask(case: Made) -> None:
        _check(asker, case)

    ask()


TAKES_SOMETHING = [op for op in OPERATIONS if op.query or op.body]


@pytest.mark.parametrize("operation", TAKES_SOMETHING, ids=lambda operation: operation.label)
def test_what_the_document_forbids_makes_no_accident(operation: Operation, asker: Asker) -> None:
    @BOUNDED
    @given(operation.as_strategy(generation_mode=GenerationMode.NEGATIVE))
    def ask(case: Made) -> None:
        _check(asker, case)

    ask()


WITH_PARAMETERS = [op for op in OPERATIONS if op.query or op.path_parameters]


@pytest.mark.parametrize("operation", WITH_PARAMETERS, ids=lambda operation: operation.label)
def test_what_is_there_can_be_asked_for_in_every_way(operation: Operation, asker: Asker) -> None:
    """Days that are held, and names that are known, with all the rest made up."""

    @settings(BOUNDED, max_examples=15)
    @given(operation.as_strategy(), st.data())
    def ask(case: Made, data: st.DataObject) -> None:
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
        statuses.add(_check(asker, case))

    statuses: set[int] = set()
    ask()
    assert statuses & {200, 404}, "none of it could be answered, so nothing was tested"


def _names_of(operation: Operation) -> list[str]:
    return list(DOCUMENTED) if "export" in operation.path else [one.name for one in MEMBER_LISTS]
