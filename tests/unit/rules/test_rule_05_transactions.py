"""Rule 5: transactions are distinct (source, document) pairs; refund documents are counted apart."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import duckdb
import pytest

from nk_common.star.views import VIEWS
from nk_loader.registry import BUILDS
from unit.nk_cleaner.raw_rows import Row, bill_line, cleaned, invoice_line
from unit.rules.pos_day import pos_day


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as opened:
        yield opened


def lay_out(
    connection: duckdb.DuckDBPyConnection, orders: list[Row], lines: list[Row], invoices: list[Row]
) -> None:
    """The facts of a day, loaded from raw rows, and every view over them."""
    clean = {
        **pos_day(orders, lines).tables,
        **cleaned("invoice-sales", *invoices).tables,
        **cleaned("purchases", bill_line(1, 50.0)).tables,
    }
    for fact in ("fact_sales", "fact_invoice_sales", "fact_product_cost_events"):
        connection.register(f"{fact}_rows", BUILDS[fact](clean).to_arrow())
        connection.execute(f"CREATE TABLE {fact} AS FROM {fact}_rows")
    for view in VIEWS:
        connection.execute(f"CREATE VIEW {view.name} AS {view.sql}")


def test_rule_5_trap_order_7_and_invoice_7_are_two(connection: duckdb.DuckDBPyConnection) -> None:
    """Two lines of order 7, one of invoice 7: two transactions and 311 of revenue."""
    lay_out(
        connection,
        [{"id": 7}],
        [{"order_id": 7}, {"order_id": 7}],
        [invoice_line(1, move_id=7)],
    )
    answer = connection.execute(
        "SELECT count(DISTINCT (source, txn_id)), count(DISTINCT txn_id), sum(revenue) FROM fact_sales_all"
    ).fetchall()
    assert answer == [(2, 1, 311.0)]


def test_rule_5_refund_documents_can_be_told_apart(connection: duckdb.DuckDBPyConnection) -> None:
    lay_out(
        connection,
        [{"id": 1}, {"id": 2}],
        [{"order_id": 1}, {"order_id": 2, "qty": -1.0, "price_subtotal_incl": -100.0}],
        [invoice_line(1, move_id=1), invoice_line(2, {"move_id.move_type": "out_refund"}, move_id=2)],
    )
    answer = connection.execute(
        "SELECT is_refund, count(DISTINCT (source, txn_id)), sum(revenue)"
        " FROM fact_sales_all GROUP BY ALL ORDER BY ALL"
    ).fetchall()
    assert answer == [(False, 2, 211.0), (True, 2, -211.0)]


def test_rule_5_invoices_have_a_day_and_no_time(connection: duckdb.DuckDBPyConnection) -> None:
    lay_out(connection, [{}], [{}], [invoice_line(1)])
    answer = connection.execute('SELECT source, "date" FROM fact_sales_all ORDER BY source').fetchall()
    assert answer == [("invoice", datetime(2026, 1, 6)), ("pos", datetime(2026, 1, 6, 12))]
