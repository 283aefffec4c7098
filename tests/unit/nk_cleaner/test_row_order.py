"""Property: in whatever order rows come, the clean tables are the same to the last bit."""

from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nk_cleaner.transforms.base import Cleaned
from unit.nk_cleaner.raw_rows import Row, bill_line, cleaned, invoice_line, move_line, quant
from unit.rules.pos_day import pos_day

ids = st.integers(1, 30)
documents = st.integers(1, 3)
amounts = st.floats(-1e6, 1e6, allow_nan=False, allow_infinity=False).map(lambda x: round(x, 2))
currencies = st.sampled_from([13, 2])
usages = st.sampled_from(["internal", "customer", "supplier", "inventory", "production", "transit"])

LINES: dict[str, st.SearchStrategy[Row]] = {
    "invoice-sales": st.builds(
        lambda i, move, amount, currency: invoice_line(
            i, move_id=move, price_subtotal=amount, price_total=amount * 1.1, balance=-amount * 3,
            currency_id=currency,
        ),
        ids, documents, amounts, currencies,
    ),
    "purchases": st.builds(
        lambda i, move, amount, currency: bill_line(
            i, amount, move_id=move, balance=amount * 3, currency_id=currency
        ),
        ids, documents, amounts, currencies,
    ),
    "inventory-moves": st.builds(
        lambda i, source, dest, done: move_line(i, source, dest, qty_done=done), ids, usages, usages, amounts
    ),
    "stock-quants": st.builds(lambda i, usage, held: quant(i, usage, quantity=held), ids, usages, amounts),
}  # fmt: skip


def assert_same(first: Cleaned, second: Cleaned) -> None:
    assert first.totals == second.totals
    assert first.rejected_rows == second.rejected_rows
    for name, frame in first.tables.items():
        assert frame.equals(second.tables[name])


@pytest.mark.parametrize("dataset", LINES)
@given(data=st.data())
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_rows_in_any_order_are_cleaned_alike(dataset: str, data: st.DataObject) -> None:
    """Ids may repeat: then all of their rows are rejected, whichever comes first."""
    rows = data.draw(st.lists(LINES[dataset], max_size=25))
    shuffled = data.draw(st.permutations(rows))
    assert_same(cleaned(dataset, *rows), cleaned(dataset, *shuffled))


@given(seed=st.integers(0, 2**16))
@settings(max_examples=30, deadline=None)
def test_orders_lines_and_payments_in_any_order_are_cleaned_alike(seed: int) -> None:
    chance = random.Random(seed)
    orders: list[Row] = [{"id": n, "currency_rate": chance.choice([1.0, 0.3])} for n in range(1, 5)]
    lines: list[Row] = [
        {"id": n, "order_id": chance.randint(1, 5), "price_subtotal_incl": chance.uniform(-9, 9)}
        for n in range(1, 12)
    ]
    payments: list[Row] = [
        {"id": n, "pos_order_id": chance.randint(1, 5), "payment_method_id": chance.randint(1, 3)}
        for n in range(1, 9)
    ]
    tables: tuple[list[Any], ...] = (orders, lines, payments)
    before = pos_day(*tables)
    assert_same(before, pos_day(*[chance.sample(table, len(table)) for table in tables]))
