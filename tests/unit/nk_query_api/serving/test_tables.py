"""Every table of the star schema is served by its own day column, and the views over them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

from nk_common.datasets.base import PartitionKey
from nk_common.star.views import VIEWS
from nk_query_api.serving.schema import fingerprint
from nk_query_api.serving.store import Applied, ServingStore
from support.lake_factory import LakeFactory, sale

DAY, NEXT = date(2025, 12, 23), date(2025, 12, 24)
LATER = "2025-12-30T10:00+07:00"


@pytest.fixture
def lake(tmp_path: Path) -> LakeFactory:
    return LakeFactory(tmp_path / "lake")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[ServingStore]:
    store = ServingStore(tmp_path / "serving.duckdb", tmp_path / "lake")
    store.open()
    yield store
    store.close()


def keys(applied: list[Applied]) -> list[PartitionKey]:
    return [item.key for item in applied]


def total(store: ServingStore, expression: str, table: str) -> object:
    row = store.cursor().execute(f"SELECT {expression} FROM {table}").fetchone()
    assert row
    return row[0]


def invoice(line: int, move: int, revenue: float) -> dict[str, Any]:
    return {"move_line_id": line, "move_id": move, "product_id": 1, "quantity": 1.0, "revenue": revenue}


@pytest.mark.parametrize(
    ("dataset", "table", "key"),
    [
        ("invoice-sales", "fact_invoice_sales", "move_line_id"),  # a DATE called date
        ("stock-quants", "fact_stock_on_hand_snapshot", "quant_id"),  # a DATE called otherwise
        ("inventory-moves", "fact_inventory_moves", "move_line_id"),  # a TIMESTAMP
    ],
)
def test_a_day_is_replaced_by_its_own_day_column(
    lake: LakeFactory, store: ServingStore, dataset: str, table: str, key: str
) -> None:
    """Whatever the column is called, and whether or not it has a time: the days beside stay."""
    for day, ids in ((date(2025, 12, 22), [1]), (DAY, [2, 3]), (NEXT, [4])):
        lake.day(dataset, day, {table: [{key: n} for n in ids]})
    store.scan()
    lake.day(dataset, DAY, {table: [{key: 5}]}, as_of=LATER)
    assert keys(store.scan()) == [PartitionKey(dataset, DAY)]
    assert total(store, f"list({key} ORDER BY {key})", table) == [1, 4, 5]


def test_a_last_moment_of_the_day_is_of_the_day(lake: LakeFactory, store: ServingStore) -> None:
    move = {"move_line_id": 1, "date": datetime(2025, 12, 23, 23, 59, 59, 999_999)}
    lake.day("inventory-moves", DAY, {"fact_inventory_moves": [move]})
    store.scan()
    lake.day("inventory-moves", DAY, {}, as_of=LATER)
    store.scan()
    assert total(store, "count(*)", "fact_inventory_moves") == 0


@pytest.mark.parametrize(
    ("dataset", "table", "column"),
    [("invoice-sales", "fact_invoice_sales", "date"),
     ("stock-quants", "fact_stock_on_hand_snapshot", "snapshot_date")],
)  # fmt: skip
def test_a_date_of_another_day_is_left_out(
    lake: LakeFactory, store: ServingStore, dataset: str, table: str, column: str
) -> None:
    lake.day(dataset, DAY, {table: [{column: DAY}, {column: NEXT}]})
    assert store.scan() == []


def test_profit_is_one_partition_of_three_tables(lake: LakeFactory, store: ServingStore) -> None:
    """A line without a known cost has no profit, which is not a profit of 0."""
    lines = [
        {"source": "pos", "txn_id": 7, "line_id": 1, "product_id": 1, "revenue_tax_in": 50.0, "gross_profit": 20.0},
        {"source": "invoice", "txn_id": 7, "line_id": 1, "product_id": 2, "revenue_tax_in": 30.0},
    ]  # fmt: skip
    tables: dict[str, list[dict[str, Any]]] = {
        "fact_sales_lines_profit": lines,
        "agg_profit_daily": [{"gross_profit": 20.0, "revenue_without_cost": 30.0, "transactions": 2}],
        "agg_profit_daily_by_product": [{"product_id": 1}, {"product_id": 2}],
    }
    lake.day("profit", DAY, tables, version=1)
    assert keys(store.scan()) == [PartitionKey("profit", DAY)]
    assert store.held[PartitionKey("profit", DAY)].rows == 2
    assert total(store, "list(gross_profit ORDER BY product_id)", "fact_sales_lines_profit") == [20.0, None]
    lake.day("profit", DAY, {}, version=2)
    store.scan()
    for table in tables:
        assert total(store, "count(*)", table) == 0


def test_order_7_and_invoice_7_are_two(lake: LakeFactory, store: ServingStore) -> None:
    """Rule 5: a document is its source and its id."""
    lake.sales(DAY, sale(7, 50.0), sale(7, 10.0))
    lake.day("invoice-sales", DAY, {"fact_invoice_sales": [invoice(1, 7, 30.0)]})
    store.scan()
    assert total(store, "count(DISTINCT (source, txn_id))", "fact_sales_all") == 2
    assert total(store, "sum(revenue)", "fact_sales_all") == 90.0


def test_the_views_follow_the_tables(lake: LakeFactory, store: ServingStore) -> None:
    """Of two bills on the newest day, the later bill sets the cost; of its lines, the higher."""
    events = [
        {"product_id": 1, "cost_unit_tax_in": cost, "source_move_id": move, "source_move_line_id": line}
        for move, line, cost in ((5, 91, 100.0), (6, 80, 110.0), (6, 81, 120.0))
    ]
    lake.day("purchases", NEXT, {"fact_product_cost_events": events})
    older = {"product_id": 1, "cost_unit_tax_in": 999.0, "source_move_id": 9, "source_move_line_id": 99}
    lake.day("purchases", DAY, {"fact_product_cost_events": [older]})
    store.scan()
    assert total(store, "list(cost_unit_tax_in)", "product_latest_cost") == [120.0]


def test_a_file_with_other_views_is_of_another_release(monkeypatch: pytest.MonkeyPatch) -> None:
    before = fingerprint()
    changed = replace(VIEWS[0], sql=VIEWS[0].sql.replace("'pos'", "'POS'"))
    monkeypatch.setattr("nk_query_api.serving.schema.VIEWS", (changed, *VIEWS[1:]))
    assert fingerprint() != before
