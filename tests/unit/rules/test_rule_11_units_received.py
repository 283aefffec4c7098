"""Rule 11: units received are `incoming` and `production_in`; nothing else brings goods to sell."""

from __future__ import annotations

import polars as pl

from unit.nk_cleaner.raw_rows import loaded, move_line


def test_rule_11_only_deliveries_and_production_are_received() -> None:
    """5 delivered and 5 made; found, given back by a customer, moved, used up and lost do not count."""
    moves = loaded(
        "fact_inventory_moves",
        move_line(1, "supplier", "internal"),
        move_line(2, "production", "internal", {"move_id.production_id": 31}),
        move_line(3, "inventory", "internal"),
        move_line(4, "internal", "inventory"),
        move_line(5, "customer", "internal"),
        move_line(6, "internal", "internal"),
        move_line(7, "internal", "production"),
        move_line(8, "internal", "inventory", {"move_id.scrapped": True}),
        move_line(9, "supplier", "customer"),
    )
    by_kind = dict(moves.group_by("movement_type").agg(pl.col("qty_moved").sum()).iter_rows())
    assert by_kind["incoming"] + by_kind["production_in"] == 10.0
    assert by_kind["adjustment"] == 0.0, "five found and five lost"
    assert by_kind["production_out"] == -5.0


def test_rule_11_goods_sent_back_to_the_vendor_are_not_taken_off() -> None:
    """A delivery of 5 of which 5 go back the same day: received 5, and 5 in `return_out` beside them."""
    moves = loaded(
        "fact_inventory_moves", move_line(1, "supplier", "internal"), move_line(2, "internal", "supplier")
    )
    assert moves.select("movement_type", "qty_moved").rows() == [("incoming", 5.0), ("return_out", -5.0)]
