"""Comparing two sides of a day: small tables, with what is found worked out by hand."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from nk_extractor.reconcile.compare import IDS_SHOWN, by_store, compare
from nk_extractor.reconcile.figures import Document, Documents, through


def order(amount: float, store: int = 1, lines: int = 1, **other: Any) -> Document:
    made = Document(store, None, lines, 1.0, amount, amount / 2, amount)
    return replace(made, **other)


BASE: Documents = {(1,): order(100.0), (2,): order(50.0, store=2)}

CASES: dict[str, tuple[Documents, Documents | None, str, list[int]]] = {
    "the same": (BASE, BASE, "equal", []),
    "both empty": ({}, {}, "equal", []),
    "a rounding error": (BASE, {**BASE, (1,): order(100.0 + 0.004)}, "equal", []),
    "a cent": (BASE, {**BASE, (1,): order(100.01)}, "different", [1]),
    "a cent up and a cent down": (
        {(1,): order(10.0), (2,): order(20.0)},
        {(1,): order(10.01), (2,): order(19.99)},
        "different",
        [1, 2],
    ),
    "an order too few": (BASE, {(1,): order(100.0)}, "different", [2]),
    "an order too many": ({(1,): order(100.0)}, BASE, "different", [2]),
    "a line too few": (BASE, {**BASE, (2,): order(50.0, store=2, lines=2)}, "different", [2]),
    "another store": (BASE, {**BASE, (2,): order(50.0, store=1)}, "different", [2]),
    "other payments": (BASE, {**BASE, (1,): order(100.0, payments=90.0)}, "different", [1]),
    "no such day in the lake": (BASE, None, "missing", [1, 2]),
    "an empty day that the lake does not have": ({}, None, "missing", []),
}


@pytest.mark.parametrize("case", CASES)
def test_what_is_found(case: str) -> None:
    odoo, lake, status, ids = CASES[case]
    found = compare(odoo, lake)
    assert (found.status, list(found.ids), found.differing) == (status, ids, len(ids))


def test_totals_of_both_sides() -> None:
    found = compare(BASE, {(1,): order(100.0)})
    assert found.odoo is not None
    assert found.lake is not None
    assert found.odoo.as_json() == {
        "documents": 2, "lines": 2, "quantity": 2.0, "amount": 150.0, "untaxed": 75.0, "payments": 150.0,
    }  # fmt: skip
    assert (found.lake.documents, found.lake.amount) == (1, 100.0)


def test_a_missing_day_has_no_figures_of_the_lake() -> None:
    """Missing is not zero."""
    assert compare(BASE, None).lake is None


def test_what_is_not_known_of_one_side_is_not_compared() -> None:
    """And it is shown of neither, also on a day without documents."""
    bill: Documents = {(7,): Document(lines=2, untaxed=90.0)}
    found, empty = compare(bill, bill, ("untaxed",)), compare({}, {}, ("untaxed",))
    assert empty.odoo is not None
    assert (empty.odoo.untaxed, empty.odoo.amount) == (0.0, None)
    assert found.odoo is not None
    assert (found.status, found.odoo.untaxed, found.odoo.amount, found.odoo.payments) == (
        "equal",
        90.0,
        None,
        None,
    )


def test_quantities_in_two_units_are_not_compared() -> None:
    """Two dozens are 24 pieces; in one unit the difference counts."""
    dozens, pieces = Document(unit=12, lines=1, quantity=2.0), Document(unit=1, lines=1, quantity=24.0)
    found = compare({(1,): dozens}, {(1,): pieces})
    assert found.odoo is not None
    assert (found.status, found.odoo.quantity) == ("equal", None)
    assert compare({(1,): Document(unit=1, lines=1, quantity=2.0)}, {(1,): pieces}).status == "different"


def test_stores_apart() -> None:
    """Only the store that differs is different; one that only the lake names is shown, too."""
    stores = by_store(BASE, {**BASE, (2,): order(60.0, store=2), (3,): order(5.0, store=3)})
    assert {store: found.status for store, found in stores.items()} == {
        1: "equal",
        2: "different",
        3: "different",
    }
    assert stores[2].ids == (2,)
    assert {store: found.status for store, found in by_store(BASE, None).items()} == {
        1: "missing",
        2: "missing",
    }


def test_ids_are_the_first_and_the_rest_is_counted() -> None:
    many: Documents = {(number,): order(1.0) for number in range(250)}
    found = compare(many, {})
    assert (found.differing, found.ids) == (250, tuple(range(IDS_SHOWN)))


def test_a_day_s_domain_on_what_points_to_it() -> None:
    domain = ["|", ["state", "=", "done"], ["date", ">=", "2026-01-01"]]
    assert through("order_id", domain) == [
        "|",
        ["order_id.state", "=", "done"],
        ["order_id.date", ">=", "2026-01-01"],
    ]
