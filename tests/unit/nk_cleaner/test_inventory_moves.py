"""Stock moves: units, partners, local time, and rows that cannot be used. Their kinds: see rule 10."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from unit.nk_cleaner.raw_rows import NOON, Row, cleaned, kept, move_line, reasons


def test_names_are_those_of_the_product_and_the_places() -> None:
    outcome = cleaned("inventory-moves", move_line(1, "supplier", "internal"))
    places = ("location_src_id", "location_src_name", "location_dest_id", "location_dest_name")
    assert kept(outcome, *places) == [(4, "A/supplier", 8, "B/internal")]
    names = ("product_name", "product_brand", "uom_name", "uom_category", "created_by_user")
    assert kept(outcome, *names) == [("Serum", "Bunga", "Units", "Unit", "Sari")]
    papers = ("picking_id", "picking_type_code", "reference", "origin_reference")
    assert kept(outcome, *papers) == [(2, "incoming", "WH/1", "P1")]


def test_times_are_local() -> None:
    """17:30 UTC on the 5th is 00:30 on the 6th in Jakarta."""
    late = datetime(2026, 1, 5, 17, 30, tzinfo=UTC)
    outcome = cleaned("inventory-moves", move_line(1, "supplier", "internal", date=late, create_date=NOON))
    assert kept(outcome, "date", "create_date") == [(datetime(2026, 1, 6, 0, 30), datetime(2026, 1, 6, 12))]


def test_quantities_are_in_the_product_s_own_unit_and_so_is_the_unit() -> None:
    """Two dozen of a product that is kept in units."""
    dozen = move_line(
        1, "supplier", "internal", {"product_uom_id.factor": 1 / 12}, product_uom_id=2, qty_done=2.0
    )
    outcome = cleaned("inventory-moves", dozen)
    assert kept(outcome, "qty_moved", "uom_id", "uom_name") == [(24.0, 1, "Units")]
    assert outcome.input_totals.quantity == 2.0
    assert outcome.totals.quantity == 24.0


@pytest.mark.parametrize(
    ("source", "dest", "from_partner", "to_partner"),
    [
        ("supplier", "internal", (57, "Toko Wijaya"), (None, None)),
        ("customer", "internal", (57, "Toko Wijaya"), (None, None)),
        ("internal", "customer", (None, None), (57, "Toko Wijaya")),
        ("internal", "supplier", (None, None), (57, "Toko Wijaya")),
        ("internal", "internal", (None, None), (None, None)),
    ],
)
def test_the_partner_is_on_the_side_where_goods_come_from_or_go_to(
    source: str, dest: str, from_partner: tuple[object, ...], to_partner: tuple[object, ...]
) -> None:
    outcome = cleaned("inventory-moves", move_line(1, source, dest))
    assert kept(outcome, "source_partner_id", "source_partner_name") == [from_partner]
    assert kept(outcome, "destination_partner_id", "destination_partner_name") == [to_partner]


def test_a_line_that_moved_nothing_is_kept() -> None:
    outcome = cleaned("inventory-moves", move_line(1, "internal", "customer", qty_done=0.0))
    ((quantity,),) = kept(outcome, "qty_moved")
    assert str(quantity) == "0.0"


REJECTED: list[tuple[Row, str]] = [
    ({"state": "assigned"}, "the move is not done"),
    ({"state": "cancel"}, "the move is not done"),
    ({"date": datetime(2026, 1, 6, 17, tzinfo=UTC)}, "the move is of another day"),
    ({"date": None}, "the move is of another day"),
    ({"move_id": None}, "the line has no move"),
    ({"product_id": None}, "the line has no product"),
    ({"location_id": None}, "a location is missing"),
    ({"location_dest_id": None}, "a location is missing"),
    ({"location_dest_id.usage": None}, "a location of the line is not known"),
    ({"qty_done": None}, "the line has no quantity"),
]


@pytest.mark.parametrize(("change", "reason"), REJECTED)
def test_a_bad_row_is_kept_aside_with_its_reason(change: Row, reason: str) -> None:
    good = move_line(1, "supplier", "internal")
    outcome = cleaned("inventory-moves", {**good, **change}, {**good, "id": 2})
    assert reasons(outcome) == [reason]
    assert kept(outcome, "move_line_id") == [(2,)]


def test_a_line_id_that_occurs_twice_is_rejected_twice() -> None:
    line = move_line(1, "supplier", "internal")
    assert reasons(cleaned("inventory-moves", line, line)) == ["the move line id occurs twice"] * 2
