"""Derived tables: however their days were loaded, reloaded and taken out, they are as if made from nothing."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import duckdb
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nk_common.datasets.base import PartitionKey
from nk_common.star import FACTS, tables_of
from nk_common.star.dimensions import DIMENSIONS
from nk_common.star.stock import MOVEMENT_TYPES
from nk_query_api.serving.applying import Change, Held, apply, batch_of, data_version
from nk_query_api.serving.rollups import ROLLUPS
from nk_query_api.serving.schema import create_statements
from support.lake_factory import PRODUCTS, Row, table_of

FIRST = date(2025, 1, 27)
"""Eight days from here lie in two months."""
Connection = duckdb.DuckDBPyConnection
Step = dict[PartitionKey, int | None]
"""Partitions that one transaction replaces, each by the content of that number; None takes it out."""
PRODUCT_KEY = PartitionKey("products", None)
USAGES = ("internal", "transit", "supplier", "customer", None)


def _pos(chance: random.Random, day: date) -> dict[str, list[Row]]:
    lines, paid = [], []
    for order in range(chance.randrange(4)):
        at = datetime.combine(day, time(chance.randrange(24), 30))
        document = {
            "date": at, "order_id": _id(day, order), "pos_config_id": chance.choice([1, 2, None]),
            "cashier_id": chance.choice([1, 2, None]), "customer_id": chance.choice([None, 5, 6, 7]),
            "payment_method_ids": chance.choice(["[1]", "[1, 2]", None]),
        }  # fmt: skip
        refund = chance.random() < 0.2
        for line in range(chance.randrange(1, 5)):
            back = refund or chance.random() < 0.2
            lines.append({**document, "line_id": _id(day, 10 * order + line), **_sold(chance, back)})
        paid.append({**document, "payment_id": _id(day, order), "payment_method_id": 1, "amount": 7.5})
    return {"fact_sales": lines, "fact_payments": paid}


def _invoices(chance: random.Random, day: date) -> dict[str, list[Row]]:
    # The same ids as those of orders: they are other documents nevertheless.
    rows = [
        {"date": day, "move_id": _id(day, move), "move_line_id": _id(day, 10 * move + line),
         "customer_id": chance.choice([None, 5, 6]), **_sold(chance, move == 1)}
        for move in range(chance.randrange(3)) for line in range(chance.randrange(1, 4))
    ]  # fmt: skip
    return {"fact_invoice_sales": rows}


def _sold(chance: random.Random, back: bool) -> Row:
    sign = -1 if back else 1
    return {
        "product_id": chance.choice([-1, 1, 2, 3, 4, 99]), "quantity": sign * float(chance.randrange(1, 4)),
        "revenue": sign * chance.randrange(1, 9000) / 100, "revenue_untaxed": sign * 1.25, "is_refund": back,
        "discount_amount": chance.choice([0.0, 0.5]),
    }  # fmt: skip


def _profit(chance: random.Random, day: date) -> dict[str, list[Row]]:
    rows = [
        {"date": day, "source": source, "line_id": _id(day, line), "cost_unit_tax_in": chance.choice([None, 3.3, 60.0])}
        for source in ("pos", "invoice") for line in range(40) if chance.random() < 0.7
    ]  # fmt: skip
    return {"fact_sales_lines_profit": rows}


def _moves(chance: random.Random, day: date) -> dict[str, list[Row]]:
    rows = [
        {"date": datetime.combine(day, time(chance.randrange(24))), "move_line_id": _id(day, n),
         "product_id": chance.randrange(1, 5), "qty_moved": float(chance.randrange(-3, 4)),
         "movement_type": chance.choice(MOVEMENT_TYPES), "location_src_id": chance.randrange(4),
         "location_src_usage": chance.choice(USAGES), "location_dest_id": chance.randrange(4),
         "location_dest_usage": chance.choice(USAGES)}
        for n in range(chance.randrange(6))
    ]  # fmt: skip
    return {"fact_inventory_moves": rows}


def _stock(chance: random.Random, day: date) -> dict[str, list[Row]]:
    taken = datetime.combine(day, time(chance.randrange(24)))
    rows = [
        {"snapshot_date": day, "quant_id": n, "product_id": chance.randrange(1, 5), "location_id": n % 3,
         "quantity": float(chance.randrange(-2, 9)), "taken_at": taken, "reconstructed": chance.random() < 0.2}
        for n in range(chance.randrange(5))
    ]  # fmt: skip
    return {"fact_stock_on_hand_snapshot": rows}


def _costs(chance: random.Random, day: date) -> dict[str, list[Row]]:
    rows = [
        {"date": day, "product_id": chance.randrange(1, 4), "cost_unit_tax_in": float(chance.randrange(9)),
         "source_move_id": chance.randrange(3), "source_move_line_id": n}
        for n in range(chance.randrange(4))
    ]  # fmt: skip
    return {"fact_product_cost_events": rows}


def _products(chance: random.Random) -> list[Row]:
    """Products that move between groups, or are missing; sometimes their unknown member is, or has another name."""
    return [
        {"product_id": row[0], "category_id": chance.choice([10, 20]), "product_brand_id": chance.choice([1, 2]),
         "product_parent_category": chance.choice(["Skin", "Hair"]),
         "principal_name": chance.choice(["Sinar", "(no principal)"])}
        for row in PRODUCTS if chance.random() < 0.8
    ]  # fmt: skip


MADE = {
    "pos": _pos, "invoice-sales": _invoices, "profit": _profit, "inventory-moves": _moves,
    "stock-quants": _stock, "purchases": _costs,
}  # fmt: skip


def _id(day: date, number: int) -> int:
    return day.toordinal() * 100 + number


def tables(key: PartitionKey, number: int) -> dict[str, pa.Table]:
    """The content of that number: the same for the same arguments."""
    chance = random.Random(f"{key} {number}")
    rows: Mapping[str, list[Row]] = (
        MADE[key.dataset](chance, key.day) if key.day else {"dim_products": _products(chance)}
    )
    return {table.name: table_of(table.schema, rows.get(table.name, [])) for table in tables_of(key.dataset)}


def load(connection: Connection, held: dict[PartitionKey, Held], step: Step) -> dict[PartitionKey, Held]:
    """All of a step in one transaction. Returns what is held then."""
    changes = [
        Change(key, None, {})
        if number is None
        else Change(key, Held(number, datetime(2025, 3, 1, tzinfo=UTC), 0), tables(key, number))
        for key, number in step.items()
        if number is not None or key in held
    ]
    made, _ = apply(connection, [batch_of(changes)], held, data_version(held))
    return made.held


def content(connection: Connection) -> dict[str, list[tuple[Any, ...]]]:
    return {
        rollup.name: connection.execute(f"SELECT * FROM {rollup.name} ORDER BY ALL").fetchall()
        for rollup in ROLLUPS
    }


def empty(connection: Connection) -> None:
    names = [table.name for table in (*FACTS, *DIMENSIONS)] + [rollup.name for rollup in ROLLUPS]
    for name in (*names, "loaded_days", "serving_info", "data_version"):
        connection.execute(f"DELETE FROM {name}")


@pytest.fixture(scope="module")
def connection() -> Iterator[Connection]:
    with duckdb.connect(config={"threads": 1}) as connection:
        for statement in create_statements():
            connection.execute(statement)
        yield connection


A_DAY = st.integers(0, 7).map(lambda n: FIRST + timedelta(days=n))
A_KEY = st.builds(PartitionKey, st.sampled_from(sorted(MADE)), A_DAY) | st.just(PRODUCT_KEY)
STEPS = st.lists(
    st.dictionaries(A_KEY, st.integers(1, 1000) | st.none(), min_size=1, max_size=10), min_size=1, max_size=4
)
EVERYTHING: Step = {
    PRODUCT_KEY: 1,
    **{PartitionKey(name, FIRST + timedelta(days=n)): n + 1 for name in MADE for n in range(8)},
}


@settings(
    max_examples=6, deadline=None, derandomize=True, database=None,
    suppress_health_check=[HealthCheck.too_slow],
)  # fmt: skip
@given(STEPS, st.booleans())
def test_any_way_to_the_same_days_ends_in_the_same_tables(
    connection: Connection, steps: list[Step], filled: bool
) -> None:
    """A few days after the other, or changes to a lake that has everything: as if loaded at once."""
    final: Step = {}
    held: dict[PartitionKey, Held] = {}
    empty(connection)
    for step in [EVERYTHING, *steps] if filled else steps:
        held = load(connection, held, step)
        final |= step
    kept = content(connection)
    empty(connection)
    load(connection, {}, {key: number for key, number in final.items() if number is not None})
    scratch = content(connection)
    for name, rows in scratch.items():
        assert kept[name] == rows, name


def test_days_backwards_are_days_at_once_and_nothing_is_left_of_what_is_gone(
    connection: Connection,
) -> None:
    """Every table has rows, so that being the same says something; products come last and regroup all days."""
    empty(connection)
    load(connection, {}, EVERYTHING)
    at_once = content(connection)
    assert [name for name, rows in at_once.items() if not rows] == []
    empty(connection)
    held: dict[PartitionKey, Held] = {}
    keys = list(reversed(EVERYTHING))
    for n in range(0, len(keys), 7):
        held = load(connection, held, {key: EVERYTHING[key] for key in keys[n : n + 7]})
    assert content(connection) == at_once
    for n in range(0, len(keys), 10):
        held = load(connection, held, dict.fromkeys(keys[n : n + 10]))
    assert not any(content(connection).values())
