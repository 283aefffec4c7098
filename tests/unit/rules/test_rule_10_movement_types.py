"""Rule 10: kinds of stock moves, and their sign from the point of view of stock."""

from __future__ import annotations

import pytest

from nk_cleaner.transforms.base import Rules
from nk_common.star.stock import MOVEMENT_TYPES
from unit.nk_cleaner.raw_rows import RULES, Row, cleaned, kept, loaded, move_line

SCRAPPED: Row = {"move_id.scrapped": True}
SCRAP_PLACE: Row = {"location_dest_id.scrap_location": True}
COUNTED: Row = {"move_id.is_inventory": True}
MADE: Row = {"move_id.production_id": 31}
USED: Row = {"move_id.raw_material_production_id": 32}

CASES: list[tuple[str, str, Row, str, float]] = [
    # from        to            the move says       kind              five pieces become
    ("supplier", "internal", {}, "incoming", 5.0),
    ("internal", "customer", {}, "outgoing", -5.0),
    ("customer", "internal", {}, "return_in", 5.0),
    ("internal", "supplier", {}, "return_out", -5.0),
    ("internal", "internal", {}, "transfer", 5.0),
    ("supplier", "customer", {}, "transfer", 5.0),  # sent by the vendor to the customer, past our shelves
    ("internal", "transit", {}, "transfer", -5.0),
    ("transit", "internal", {}, "transfer", 5.0),
    ("inventory", "internal", {}, "adjustment", 5.0),
    ("internal", "inventory", {}, "adjustment", -5.0),
    ("internal", "inventory", COUNTED, "adjustment", -5.0),
    ("supplier", "internal", COUNTED, "adjustment", 5.0),
    ("internal", "internal", COUNTED, "transfer", 5.0),  # put on another shelf, in Odoo 17 and later
    ("production", "internal", {}, "production_in", 5.0),
    ("internal", "production", {}, "production_out", -5.0),
    ("production", "internal", MADE, "production_in", 5.0),
    ("internal", "production", USED, "production_out", -5.0),
    ("supplier", "internal", MADE, "production_in", 5.0),  # made by a subcontractor
    ("internal", "customer", USED, "production_out", -5.0),
    ("internal", "internal", MADE, "transfer", 5.0),
    ("internal", "internal", USED, "transfer", 5.0),  # only brought to the workbench
    ("production", "internal", USED, "production_in", 5.0),
    ("internal", "inventory", SCRAPPED, "scrap", -5.0),
    ("internal", "inventory", SCRAP_PLACE, "scrap", -5.0),
    ("internal", "inventory", {**SCRAPPED, **COUNTED}, "scrap", -5.0),
    ("internal", "production", {**SCRAPPED, **USED}, "scrap", -5.0),
]


@pytest.mark.parametrize(("source", "dest", "says", "kind", "moved"), CASES)
def test_rule_10_kind_and_sign(source: str, dest: str, says: Row, kind: str, moved: float) -> None:
    outcome = cleaned("inventory-moves", move_line(1, source, dest, says))
    assert kept(outcome, "movement_type", "qty_moved", "inventory_adjustment_flag") == [
        (kind, moved, kind == "adjustment")
    ]


def test_rule_10_every_kind_is_tested() -> None:
    assert {kind for *_, kind, _ in CASES} == set(MOVEMENT_TYPES)


def test_rule_10_goods_in_transit_are_stock_where_that_is_configured() -> None:
    """Sent on the way and arrived: twice a transfer within stock, so nothing is gained or lost."""
    with_transit = Rules(RULES.zone, transit_is_stock=True)
    lines = [move_line(1, "internal", "transit"), move_line(2, "transit", "internal")]
    lines += [move_line(3, "supplier", "transit"), move_line(4, "transit", "customer")]
    outcome = cleaned("inventory-moves", *lines, rules=with_transit)
    assert kept(outcome, "movement_type", "qty_moved") == [
        ("transfer", 5.0), ("transfer", 5.0), ("incoming", 5.0), ("outgoing", -5.0),
    ]  # fmt: skip


def test_rule_10_trap_no_production_is_no_production() -> None:
    """Odoo's False for an empty many2one is an int to Python: every move read as production_out."""
    nothing = {"move_id.production_id": None, "move_id.raw_material_production_id": None}
    outcome = cleaned("inventory-moves", move_line(1, "internal", "customer", nothing))
    assert kept(outcome, "movement_type", "manufacturing_order_id") == [("outgoing", None)]


def test_rule_10_flags_that_odoo_leaves_empty_mean_no() -> None:
    empty = {"move_id.is_inventory": None, "move_id.scrapped": None, "location_dest_id.scrap_location": None}
    outcome = cleaned("inventory-moves", move_line(1, "supplier", "internal", empty))
    assert kept(outcome, "movement_type") == [("incoming",)]


def test_rule_10_production_names_its_manufacturing_order() -> None:
    outcome = cleaned(
        "inventory-moves",
        move_line(1, "production", "internal", MADE),
        move_line(2, "internal", "production", USED),
    )
    assert kept(outcome, "manufacturing_order_id") == [(31,), (32,)]


def test_rule_10_trap_a_product_without_a_brand_has_not_brand_0() -> None:
    unbranded = move_line(1, "supplier", "internal", {"product_id.brand_id.name": None})
    assert loaded("fact_inventory_moves", unbranded)["product_brand"].to_list() == ["(no brand)"]
