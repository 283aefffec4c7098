"""Rule 4: an invoice that Odoo made of a POS order is a POS sale and no invoice sale."""

from __future__ import annotations

from typing import Any

import pytest

from nk_common.datasets.invoices import INVOICE_TYPES
from nk_extractor.extract.invoices import MOVE, domain
from nk_extractor.odoo.client import OdooClient
from support.fake_odoo import FakeOdoo
from unit.nk_cleaner.raw_rows import DAY


def move(move_id: int, **changes: Any) -> dict[str, Any]:
    posted = {"move_type": "out_invoice", "state": "posted", "date": "2026-01-06", "pos_order_ids": []}
    return {"id": move_id, **posted, **changes}


@pytest.mark.parametrize(
    ("change", "counted"),
    [
        ({}, True),
        ({"move_type": "out_refund"}, True),
        ({"pos_order_ids": [20]}, False),
        ({"move_type": "out_refund", "pos_order_ids": [21]}, False),
    ],
)
def test_rule_4_invoices_of_pos_orders_are_not_asked_for(change: dict[str, Any], counted: bool) -> None:
    fields = {name: {"type": "char"} for name in move(1)} | {"pos_order_ids": {"type": "one2many"}}
    asked = domain(OdooClient(FakeOdoo({}, {MOVE: fields}), 1000), DAY, INVOICE_TYPES)
    record = move(1, **change)
    assert all(holds(record, *leaf) for leaf in asked) is counted


def holds(record: dict[str, Any], field: str, operator: str, value: Any) -> bool:
    """Odoo's meaning of the few operators that are used; `= False` means empty."""
    held = record[field]
    match operator:
        case "=":
            return bool(not held if value is False else held == value)
        case "in":
            return held in value
    raise AssertionError(f"the rule now uses {operator!r}: teach it to this test")
