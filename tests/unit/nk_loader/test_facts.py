"""Facts: columns and rows of the clean tables, by their key."""

from __future__ import annotations

from datetime import date, datetime

import polars as pl
import pytest

from nk_common.star import FACTS
from nk_loader.registry import BUILDS
from unit.nk_cleaner.raw_rows import Row, bill_line, cleaned, invoice_line, loaded, move_line, quant

ROWS: dict[str, list[Row]] = {
    "fact_invoice_sales": [invoice_line(2), invoice_line(1)],
    "fact_purchases": [bill_line(2, 50.0), bill_line(1, 60.0)],
    "fact_product_cost_events": [bill_line(2, 50.0), bill_line(1, 60.0)],
    "fact_inventory_moves": [move_line(2, "supplier", "internal"), move_line(1, "internal", "customer")],
    "fact_stock_on_hand_snapshot": [quant(2), quant(1)],
}


@pytest.mark.parametrize("table", [fact for fact in FACTS if fact.name in ROWS], ids=lambda fact: fact.name)
def test_rows_come_by_key_and_are_of_the_partition_s_day(table: object) -> None:
    fact = next(fact for fact in FACTS if fact is table)
    frame = loaded(fact.name, *ROWS[fact.name])
    assert frame.columns == fact.schema.names
    assert frame[fact.key[0]].to_list() == [1, 2]
    assert frame[fact.day].cast(pl.Date).unique().to_list() == [date(2026, 1, 6)]


def test_the_order_of_the_clean_table_does_not_matter() -> None:
    clean = cleaned("purchases", *ROWS["fact_purchases"]).tables
    upside_down = {name: frame.reverse() for name, frame in clean.items()}
    for name in ("fact_purchases", "fact_product_cost_events"):
        assert BUILDS[name](upside_down).equals(BUILDS[name](clean))


def test_a_cost_event_is_the_cost_with_tax_of_one_piece() -> None:
    """Four for 100 and 10 % tax."""
    bill = bill_line(5, 100.0, quantity=4.0, price_unit=25.0, move_id=9, tax_ids=[3])
    assert loaded("fact_product_cost_events", bill).rows(named=True) == [
        {
            "date": date(2026, 1, 6), "product_id": 7, "cost_unit_tax_in": pytest.approx(27.5),
            "source_move_id": 9, "source_move_line_id": 5, "source_tax_id": 3,
        }
    ]  # fmt: skip


def test_a_snapshot_carries_its_day_and_its_moment() -> None:
    row = loaded("fact_stock_on_hand_snapshot", quant(1)).row(0, named=True)
    assert row["snapshot_date"] == date(2026, 1, 6)
    assert row["taken_at"] == datetime(2026, 1, 6, 12)
    assert row["reserved_quantity"] == 1.0
