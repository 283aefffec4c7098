"""A check finds whatever is not as the lake says, and nothing else."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest

from nk_common.star import BY_NAME, TABLES
from nk_query_api.serving.checking.bookkeeping import held_days
from nk_query_api.serving.checking.checks import Checks, check_snapshot
from nk_query_api.serving.checking.facts import Facts
from nk_query_api.serving.checking.findings import Findings
from nk_query_api.serving.checking.rollups import check_rollup
from nk_query_api.serving.lake_files import LakeFiles
from nk_query_api.serving.rollups import ROLLUPS
from nk_query_api.serving.snapshot import Snapshot
from nk_query_api.serving.store import ServingStore
from support.clock import SetClock
from support.lake_factory import LakeFactory, payment, sale
from support.questions import filled_store

FIRST, SECOND = date(2025, 11, 30), date(2025, 12, 1)
LATER = "2025-12-30T10:00+07:00"


def fill(lake: LakeFactory) -> None:
    """Two days, in two months, of every dataset that has days; customers who come back."""
    for day in (FIRST, SECOND):
        first = day.toordinal()
        lake.sales(
            day,
            sale(first, 90.0, quantity=2.0, customer_id=5),
            sale(first + 5000, 60.0, "13:00", product_id=3, customer_id=6),
            sale(first + 9000, -10.0, "13:10", quantity=-1.0, is_refund=True),
            payments=[payment(first, 90.0), payment(first + 5000, 60.0, payment_method_id=2)],
        )
        lake.day("invoice-sales", day, {"fact_invoice_sales": [
            {"move_line_id": first, "move_id": first, "product_id": 2, "quantity": 4.0, "revenue": 400.0,
             "revenue_untaxed": 360.0, "customer_id": 5},
        ]})  # fmt: skip
        lines = [{"source": "pos", "line_id": first * 100_000, "cost_unit_tax_in": 50.0}]
        lake.day("profit", day, {
            "fact_sales_lines_profit": lines, "agg_profit_daily": [{"lines": 4}],
            "agg_profit_daily_by_product": [{"product_id": 1, "lines": 1}],
        })  # fmt: skip
        lake.day("purchases", day, {
            "fact_purchases": [{"move_line_id": first, "move_id": first, "product_id": 1, "quantity": 10.0}],
            "fact_product_cost_events": [
                {"source_move_line_id": first, "source_move_id": first, "product_id": 1, "cost_unit_tax_in": 50.0}
            ],
        })  # fmt: skip
        lake.day("inventory-moves", day, {"fact_inventory_moves": [_move(first)]})
        lake.day("stock-quants", day, {"fact_stock_on_hand_snapshot": [
            {"quant_id": 1, "product_id": 1, "location_id": 8, "quantity": 7.0},
        ]})  # fmt: skip
    lake.dimensions()


def _move(number: int) -> dict[str, Any]:
    return {
        "move_id": number, "move_line_id": number, "product_id": 1, "qty_moved": 3.0, "movement_type": "transfer",
        "location_src_id": 8, "location_src_usage": "internal", "location_dest_id": 9,
        "location_dest_usage": "internal",
    }  # fmt: skip


@pytest.fixture
def lake(tmp_path: Path) -> LakeFactory:
    return LakeFactory(tmp_path / "lake")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[ServingStore]:
    with filled_store(tmp_path, fill) as store:
        yield store


def found(cursor: duckdb.DuckDBPyConnection, lake: LakeFactory) -> Findings:
    findings = Findings()
    check_snapshot(Snapshot(cursor, threading.Event()), LakeFiles(lake.root), findings)
    return findings


@contextmanager
def tampered(store: ServingStore, sql: str, *values: object) -> Iterator[duckdb.DuckDBPyConnection]:
    """A look at the database after `sql`, which is taken back."""
    cursor = store.cursor()
    cursor.begin()
    try:
        cursor.execute(sql, list(values))
        yield cursor
    finally:
        cursor.rollback()
        cursor.close()


def tables(findings: Findings) -> set[tuple[str, date | None]]:
    return {(one.table, one.day) for one in findings.kept}


def filled_tables(store: ServingStore) -> list[str]:
    cursor = store.cursor()
    rows = cursor.execute("SELECT table_name FROM duckdb_tables() WHERE estimated_size > 0").fetchall()
    return sorted({name for (name,) in rows} - {"loaded_days", "serving_info", "data_version"})


def test_what_is_as_it_should_be_has_no_findings(store: ServingStore, lake: LakeFactory) -> None:
    findings = found(store.cursor(), lake)
    assert (findings.kept, findings.behind) == ([], 0)
    assert findings.partitions == len(store.held)
    assert findings.rollups == len(ROLLUPS)
    assert (findings.done, findings.rows > 30) == (findings.steps, True)


def test_every_table_is_one_that_is_checked(store: ServingStore) -> None:
    """A table that nobody checks could say anything."""
    cursor = store.cursor()
    rows = cursor.execute("SELECT table_name FROM duckdb_tables() WHERE NOT temporary").fetchall()
    known = {table.name for table in TABLES} | {rollup.name for rollup in ROLLUPS}
    assert {name for (name,) in rows} == known | {"loaded_days", "serving_info", "data_version"}
    filled = set(filled_tables(store))
    assert {rollup.name for rollup in ROLLUPS} <= filled
    assert {table.name for table in TABLES if table.kind == "fact"} <= filled


def test_any_changed_value_and_any_row_too_many_or_too_few_is_found(
    store: ServingStore, lake: LakeFactory
) -> None:
    """In every table: one value of one row (each time another column), a row less, a row twice."""
    for number, table in enumerate(filled_tables(store)):
        columns = store.cursor().execute(f'DESCRIBE "{table}"').fetchall()
        name, type_ = columns[number % len(columns)][:2]
        for change in (
            f'UPDATE "{table}" SET "{name}" = {_other(name, type_)} WHERE {_one(table)}',
            f'DELETE FROM "{table}" WHERE {_one(table)}',
            f'INSERT INTO "{table}" SELECT * FROM "{table}" WHERE {_one(table)}',
        ):
            with tampered(store, change) as look:
                assert table in {one.table for one in found_in(look, lake, table).kept}, change


def found_in(cursor: duckdb.DuckDBPyConnection, lake: LakeFactory, table: str) -> Findings:
    """What the part of the check finds that looks at the table."""
    look, findings = Snapshot(cursor, threading.Event()), Findings()
    held = held_days(look, findings)
    if table in BY_NAME:
        mine = {key: item for key, item in held.items() if key.dataset == BY_NAME[table].dataset}
        Facts(look, LakeFiles(lake.root), mine, findings).check()
    else:
        rollup = next(rollup for rollup in ROLLUPS if rollup.name == table)
        check_rollup(look, rollup, {FIRST, SECOND}, findings)
    return findings


def _one(table: str) -> str:
    return f'rowid = (SELECT min(rowid) FROM "{table}")'


def _other(name: str, type_: str) -> str:
    """SQL for a value other than the column's, whatever that is."""
    column = f'"{name}"'
    if type_.startswith("ENUM"):
        return f"if({column} = 'pos', 'invoice', 'pos')"
    changes = {
        "VARCHAR": f"coalesce({column}, '') || 'x'",
        "BOOLEAN": f"NOT coalesce({column}, false)",
        "DATE": f"coalesce({column}, DATE '2025-01-01') + 1",
        "TIMESTAMP": f"coalesce({column}, TIMESTAMP '2025-01-01') + INTERVAL 1 HOUR",
    }
    small = f"coalesce({column}, 0) + {'0.0001' if 'DECIMAL' in type_ or type_ == 'DOUBLE' else '1'}"
    return changes.get(type_, small)


def test_a_finding_says_what_differs(store: ServingStore, lake: LakeFactory) -> None:
    with tampered(
        store, "UPDATE fact_sales SET revenue = revenue + 1 WHERE order_id = $1", FIRST.toordinal()
    ) as look:
        findings = found(look, lake)
    assert (findings.kept[0].table, findings.kept[0].day) == ("fact_sales", FIRST)
    assert findings.kept[0].what == "Other values in revenue (sum 141.0 instead of 140.0)."
    with tampered(store, "DELETE FROM sales_by_store WHERE day = $1 AND source = 'pos'", SECOND) as look:
        findings = found(look, lake)
    assert tables(findings) == {("sales_by_store", SECOND)}
    assert findings.kept[0].what == "1 rows instead of 2."


def test_a_day_that_is_missing_is_found(store: ServingStore, lake: LakeFactory) -> None:
    with tampered(store, 'DELETE FROM fact_payments WHERE "date" < $1', SECOND) as look:
        findings = found(look, lake)
    assert ("fact_payments", FIRST) in tables(findings)
    assert ("payments_by_method", FIRST) in tables(findings)


def test_a_day_that_is_not_held_is_found(store: ServingStore, lake: LakeFactory) -> None:
    """Its figures would be in every sum, although no answer says that the day is loaded."""
    extra = date(2025, 10, 3)
    for table, day in (("fact_payments", '"date"'), ("sales_by_store", "day")):
        copy = f'INSERT INTO "{table}" SELECT * REPLACE (CAST($1 AS DATE) AS {day}) FROM "{table}" LIMIT 1'
        with tampered(store, copy, extra) as look:
            findings = found(look, lake)
        assert (table, extra) in tables(findings)
        assert any("of what is not held" in one.what for one in findings.kept)


def test_wrong_notes_are_found(store: ServingStore, lake: LakeFactory) -> None:
    for change in (
        "UPDATE loaded_days SET version = version + 1 WHERE dataset = 'pos' AND day = $1",
        "UPDATE loaded_days SET as_of = as_of + INTERVAL 1 DAY WHERE dataset = 'pos' AND day = $1",
        "UPDATE loaded_days SET rows = rows + 1 WHERE dataset = 'pos' AND day = $1",
        "DELETE FROM loaded_days WHERE dataset = 'pos' AND day = $1",
        "INSERT INTO loaded_days SELECT * FROM loaded_days WHERE dataset = 'pos' AND day = $1",
        "UPDATE data_version SET value = 'other' WHERE CAST($1 AS DATE) IS NOT NULL",
    ):
        with tampered(store, change, FIRST) as look:
            assert found(look, lake).total > 0, change


def test_a_lake_that_is_newer_is_no_finding(store: ServingStore, lake: LakeFactory) -> None:
    """It changes while it is compared; the next look at it takes that up."""
    lake.sales(FIRST, sale(1, 1.0), as_of=LATER)
    lake.remove(SECOND)
    lake.sales(date(2025, 12, 2), sale(2, 2.0))
    findings = found(store.cursor(), lake)
    assert (findings.kept, findings.behind) == ([], 3)


def test_a_lake_that_is_older_or_unreadable_is_a_finding(store: ServingStore, lake: LakeFactory) -> None:
    for table in ("fact_sales", "fact_payments"):
        lake.layout.star(table, FIRST).unlink()
    lake.sales(FIRST, sale(1, 1.0), version=1)
    lake.layout.star("fact_inventory_moves", SECOND).write_bytes(b"PAR1 and nothing more")
    findings = found(store.cursor(), lake)
    assert tables(findings) == {("fact_sales", FIRST), ("fact_inventory_moves", SECOND)}


def test_doubles_that_the_lake_has_itself_are_found(store: ServingStore, lake: LakeFactory) -> None:
    """The database is what the lake says; but what the lake says counts a line twice."""
    row = {"source_move_line_id": 1, "source_move_id": 1, "product_id": 1, "cost_unit_tax_in": 5.0}
    lake.day("purchases", FIRST, {"fact_product_cost_events": [row, row]}, as_of=LATER)
    store.scan()
    (finding,) = found(store.cursor(), lake).kept
    assert (finding.table, finding.day) == ("fact_product_cost_events", FIRST)
    assert finding.what.startswith("1 rows whose")
    assert BY_NAME[finding.table].key == ("source_move_line_id",)


def test_checks_run_one_at_a_time_on_a_thread_of_their_own(store: ServingStore, lake: LakeFactory) -> None:
    checks = Checks(store, lake.root, SetClock(LATER))
    assert checks.newest is None
    assert checks.start()
    assert checks.newest
    assert not checks.start() or checks.newest.state != "running"
    checks._pool.shutdown(wait=True)
    assert (checks.newest.state, checks.newest.findings.total) == ("done", 0)
    assert checks.newest.data_version == store.data_version


def test_a_check_that_comes_to_no_end_says_why(store: ServingStore, lake: LakeFactory) -> None:
    lake.root.rename(lake.root.with_name("unmounted"))
    checks = Checks(store, lake.root, SetClock(LATER))
    checks.start()
    checks._pool.shutdown(wait=True)
    assert checks.newest
    assert (checks.newest.state, checks.newest.error) == (
        "failed", "The lake is away, so there is nothing to compare with."
    )  # fmt: skip


def test_a_rebuild_gives_up_who_reads(store: ServingStore, lake: LakeFactory) -> None:
    """While anybody has the file open, connecting anew would bring back the old one, and every row twice."""
    reader = store.cursor()
    started, ended = threading.Event(), threading.Event()

    def read() -> None:
        started.set()
        with pytest.raises(duckdb.Error):
            reader.execute(
                "SELECT count(*) FROM range(10000000) a, range(1000000) b WHERE hash(a.range + b.range) = 1"
            )
        ended.set()

    thread = threading.Thread(target=read)
    thread.start()
    started.wait(10)
    time.sleep(0.3)
    idle = store.cursor()
    idle.execute("BEGIN TRANSACTION READ ONLY; SELECT count(*) FROM fact_sales")
    store.rebuild("a test says so")
    thread.join(10)
    assert ended.is_set()
    assert found(store.cursor(), lake).partitions == 0
    store.scan()
    assert found(store.cursor(), lake).kept == []
