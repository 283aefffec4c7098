"""`/v1/catalog` as its clients see it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import date
from functools import partial
from pathlib import Path

import pytest

from nk_common.api.catalog import Catalog, CatalogTable
from nk_common.events.topics import DAY_LOADED
from nk_common.star import TABLES
from nk_common.star.views import VIEWS
from support.lake_factory import LakeFactory, sale
from support.query_api import RunningApi, running_api

SATURDAY, MONDAY = date(2025, 12, 20), date(2025, 12, 22)
INVOICE = {"revenue": 10.0}


@pytest.fixture
def lake(tmp_path: Path) -> LakeFactory:
    """Sales of three days of which the middle one is missing; one of them has invoices, too."""
    lake = LakeFactory(tmp_path / "lake")
    lake.sales(SATURDAY, sale(1, 100.0))
    lake.sales(MONDAY, sale(2, 60.0), sale(3, 5.0))
    lake.day("invoice-sales", MONDAY, {"fact_invoice_sales": [INVOICE]})
    lake.dimensions()
    return lake


@pytest.fixture
async def api(lake: LakeFactory, tmp_path: Path) -> AsyncIterator[RunningApi]:
    async with running_api(tmp_path) as api:
        yield api


async def table(api: RunningApi, name: str) -> CatalogTable:
    return CatalogTable.model_validate(await api.get(f"/v1/catalog/{name}"))


def _holds(api: RunningApi, version: int) -> bool:
    return any(held.version == version for held in api.app.state.service.store.held.values())


async def test_every_documented_table_and_view_is_listed_and_nothing_else(api: RunningApi) -> None:
    answer = Catalog.model_validate(await api.get("/v1/catalog"))
    assert [one.name for one in answer.tables] == [
        *(table.name for table in TABLES),
        *(view.name for view in VIEWS),
    ]
    assert answer.data_version == api.app.state.service.store.data_version
    for one in answer.tables:
        assert one == await table(api, one.name)


async def test_a_fact_says_what_it_is_and_how_much_of_it_is_held(api: RunningApi) -> None:
    fact = await table(api, "fact_sales")
    assert (fact.kind, fact.grain, fact.datasets) == ("fact", "POS order line", ["pos"])
    assert (fact.key, fact.day_column, fact.rows) == (["line_id"], "date", 3)
    assert fact.days
    assert (fact.days.first, fact.days.last, fact.days.count) == (SATURDAY, MONDAY, 2)
    columns = {column.name: column for column in fact.columns}
    assert (columns["date"].type, columns["date"].nullable) == ("timestamp", False)
    assert columns["customer_id"].nullable
    assert columns["customer_id"].references == "dim_partners"
    assert columns["revenue"].description.startswith("With tax, in company currency")


async def test_a_dimension_has_rows_and_no_days(api: RunningApi) -> None:
    dimension = await table(api, "dim_products")
    assert (dimension.kind, dimension.day_column, dimension.days, dimension.rows) == (
        "dimension",
        None,
        None,
        5,
    )
    assert dimension.columns[0].references is None


async def test_a_view_holds_the_days_of_all_that_it_is_made_of(api: RunningApi) -> None:
    view = await table(api, "fact_sales_all")
    assert (view.kind, view.datasets, view.key, view.rows) == ("view", ["pos", "invoice-sales"], [], None)
    assert view.days
    assert (view.days.first, view.days.last, view.days.count) == (MONDAY, MONDAY, 1)
    assert [column.name for column in view.columns][:3] == ["date", "source", "txn_id"]


async def test_a_table_without_a_day_says_so(api: RunningApi) -> None:
    empty = await table(api, "fact_inventory_moves")
    assert (empty.rows, empty.days) == (0, None)


async def test_rows_that_were_replaced_are_not_counted_twice(api: RunningApi, lake: LakeFactory) -> None:
    for hour in range(3):
        loaded = lake.sales(MONDAY, sale(2, 60.0), as_of=f"2025-12-24T{hour:02}:30+07:00")
        await api.listener.tell(DAY_LOADED, loaded)
        await api.until(partial(_holds, api, loaded.version))
    assert (await table(api, "fact_sales")).rows == 2


async def test_an_unknown_table_is_a_problem_that_says_where_to_look(api: RunningApi) -> None:
    for name in ("nothing", "loaded_days", "FACT_SALES"):
        problem = await api.get(f"/v1/catalog/{name}", status=404)
        assert problem["detail"] == f"There is no table '{name}'; /v1/catalog lists what there is."
    assert (await api.get("/v1/catalog", status=422, x=1))["detail"] == "Unknown parameter 'x'."
