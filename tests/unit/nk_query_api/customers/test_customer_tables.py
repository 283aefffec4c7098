"""Tables of customers' purchases, which depend on other days: any way to the same days ends in the same tables."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nk_query_api.serving import rollups

FIRST = date(2025, 1, 20)
TABLES = tuple(rollup for rollup in rollups.ROLLUPS if rollup.name.startswith("customer_"))
EVER = [date(1900, 1, 1), date(2200, 1, 1)]

Purchases = dict[int, int]
"""Transactions of a day by customer; 0 has only brought something back. -1 is nobody."""
Change = dict[date, Purchases]
"""Days that are replaced in one transaction; without purchases: taken out, or nothing sold."""

A_DAY = st.integers(0, 70).map(lambda n: FIRST + timedelta(days=n))
CHANGES = st.lists(
    st.dictionaries(
        A_DAY, st.dictionaries(st.integers(1, 3) | st.just(-1), st.integers(0, 3), max_size=3),
        min_size=1, max_size=8,
    ),
    min_size=1, max_size=6,
)  # fmt: skip


@pytest.fixture(scope="module")
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    connection = duckdb.connect(config={"threads": 1})
    connection.execute(
        "CREATE TABLE sales_by_customer (day DATE, source VARCHAR, customer_id BIGINT, sold_document BIGINT, "
        "revenue DECIMAL(18, 4))"
    )
    for table in TABLES:
        connection.execute(table.create)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rollups, "ROLLUPS", TABLES)
        yield connection


def load(connection: duckdb.DuckDBPyConnection, change: Change) -> None:
    """Replace the days, and bring all that is made of them in line, in one transaction."""
    connection.begin()
    for day, purchases in change.items():
        connection.execute("DELETE FROM sales_by_customer WHERE day = ?", [day])
        for customer, count in purchases.items():
            row = [day, customer, count, count * 10 - 1]
            connection.execute("INSERT INTO sales_by_customer VALUES (?, 'pos', ?, ?, ?)", row)
    rollups.refresh(connection, {"pos": set(change)})
    connection.commit()


def empty(connection: duckdb.DuckDBPyConnection) -> None:
    for name in ("sales_by_customer", *(table.name for table in TABLES)):
        connection.execute(f"DELETE FROM {name}")


def content(connection: duckdb.DuckDBPyConnection) -> dict[str, list[tuple[object, ...]]]:
    return {
        table.name: connection.execute(f"SELECT * FROM {table.name} ORDER BY ALL").fetchall()
        for table in TABLES
    }


def from_nothing(connection: duckdb.DuckDBPyConnection) -> dict[str, list[tuple[object, ...]]]:
    """What the definitions say, each over all that there is of what it is made of."""
    found = {}
    for table in TABLES:
        columns = ", ".join(row[0] for row in connection.execute(f"DESCRIBE {table.name}").fetchall())
        asked = f"SELECT {columns} FROM ({table.select}) ORDER BY ALL"
        found[table.name] = connection.execute(asked, EVER if "$1" in asked else []).fetchall()
    return found


@settings(max_examples=40, deadline=None)
@given(CHANGES)
def test_any_order_of_loading_reloading_and_removing_ends_in_the_same_tables(
    connection: duckdb.DuckDBPyConnection, changes: list[Change]
) -> None:
    empty(connection)
    for change in changes:
        load(connection, change)
        assert content(connection) == from_nothing(connection)
    kept = content(connection)
    empty(connection)
    final: Change = {}
    for change in changes:
        final |= change
    load(connection, final)
    assert content(connection) == kept


def test_what_is_kept_of_a_few_purchases(connection: duckdb.DuckDBPyConnection) -> None:
    """
    customer | 20 Jan | 25 Jan | 3 Feb
    1        | twice  | once   | once
    2        |        | 3 times| refund
    """
    empty(connection)
    load(
        connection,
        {date(2025, 1, 20): {1: 2, -1: 5}, date(2025, 1, 25): {1: 1, 2: 3}, date(2025, 2, 3): {1: 1, 2: 0}},
    )
    tables = content(connection)
    jan20, jan25, feb3 = date(2025, 1, 20), date(2025, 1, 25), date(2025, 2, 3)
    # 25 Jan follows on 20 Jan, and so does the one before, which is of the same day.
    assert tables["customer_gaps"] == [(jan25, jan20, 1, 1), (feb3, jan20, 0, 1), (feb3, jan25, 1, 0)]
    assert [row[:2] for row in tables["customer_ends"]] == [(1, jan20), (2, jan25)]
    assert [row[:4] for row in tables["customer_visits"]] == [
        (jan20, 1, 0, 2),
        (jan25, 2, 1, 4),
        (feb3, 1, 0, 1),
    ]
    january, february = date(2025, 1, 1), date(2025, 2, 1)
    assert [row[:4] for row in tables["customer_cohorts"]] == [
        (january, january, 2, 6),
        (february, january, 1, 1),
    ]
    assert [(row[0], row[1], row[4]) for row in tables["customer_months"]] == [
        (january, 1, jan25), (january, 2, jan25), (february, 1, feb3), (february, 2, None),
    ]  # fmt: skip


def test_a_day_whose_purchases_are_the_same_changes_nothing_else(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    empty(connection)
    load(connection, {FIRST: {1: 1}, FIRST + timedelta(days=1): {1: 2, 2: 1}})
    before = content(connection)
    load(connection, {FIRST: {1: 1}})
    assert content(connection) == before
