"""Rule 6: drafts and cancelled documents are never counted, even where one slips through."""

from __future__ import annotations

import pytest

from unit.nk_cleaner.raw_rows import bill_line, cleaned, invoice_line, kept, move_line, reasons
from unit.rules.pos_day import pos_day


@pytest.mark.parametrize(
    ("state", "counted"),
    [("paid", True), ("done", True), ("invoiced", True), ("draft", False), ("cancel", False), (None, False)],
)
def test_rule_6_pos(state: str | None, counted: bool) -> None:
    outcome = pos_day([{"state": state}], [{}], [{}])
    assert (outcome.totals.lines, outcome.totals.payments) == ((1, 100.0) if counted else (0, 0.0))
    if not counted:
        assert reasons(outcome) == ["its order is a draft or cancelled"] * 2


@pytest.mark.parametrize("state", ["draft", "cancel"])
def test_rule_6_invoices_and_bills(state: str) -> None:
    for dataset, line in (("invoice-sales", invoice_line(1)), ("purchases", bill_line(1, 50.0))):
        outcome = cleaned(dataset, {**line, "move_id.state": state}, {**line, "id": 2})
        assert kept(outcome, "move_line_id") == [(2,)]
        assert outcome.totals.lines == 1


@pytest.mark.parametrize("state", ["draft", "waiting", "assigned", "cancel"])
def test_rule_6_moves_that_are_only_planned(state: str) -> None:
    outcome = cleaned("inventory-moves", move_line(1, "supplier", "internal", state=state))
    assert outcome.totals.quantity == 0.0
    assert reasons(outcome) == ["the move is not done"]
