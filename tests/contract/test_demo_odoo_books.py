"""The demo's arithmetic of invoices is that of the recorded Odoo 16: its amounts, computed again from its lines."""

import json
from pathlib import Path
from typing import Any

import pytest

from nk_demo.orm.account_rows import move_label
from nk_demo.world.accounting_records import UNIT, Document
from nk_demo.world.documents import DIRECTION, Lines

SAMPLES = Path(__file__).parents[1] / "fixtures" / "odoo16" / "samples"


def recorded(model: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((SAMPLES / f"{model}.json").read_text())
    return found


PRODUCT_LINES = [row for row in recorded("account.move.line") if row["display_type"] == "product"]


@pytest.mark.parametrize("row", PRODUCT_LINES, ids=lambda row: f"line {row['id']}")
def test_a_recorded_line_comes_out_again(row: dict[str, Any]) -> None:
    """From its quantity, price, discount and taxes: amounts with and without tax, and the balance with its sign."""
    lines = Lines(row["move_type"], row["id"])
    lines.goods(
        None, row["name"], round(row["quantity"]), round(row["price_unit"] * 100), uom=UNIT,
        discount=round(row["discount"]), taxes=tuple(row["tax_ids"]),
    )  # fmt: skip
    line = lines.closed("number")[0]
    assert (line.untaxed / 100, line.total / 100) == (row["price_subtotal"], row["price_total"])
    assert line.amount / 100 == row["balance"]


def test_the_samples_cover_discounts_and_free_lines() -> None:
    """So that the test above says something."""
    prices = [row["price_unit"] for row in PRODUCT_LINES]
    assert min(prices) < 0 < max(prices)
    assert 0 in prices
    assert any(row["discount"] for row in PRODUCT_LINES)


@pytest.mark.parametrize("row", recorded("account.move"), ids=lambda row: f"move {row['id']}")
def test_signs_of_a_recorded_move(row: dict[str, Any]) -> None:
    """The signed amount is positive for customers' invoices and vendors' credit notes, whatever the state."""
    assert row["amount_untaxed_signed"] == -DIRECTION[row["move_type"]] * row["amount_untaxed"]
    assert row["amount_total_signed"] == -DIRECTION[row["move_type"]] * row["amount_total"]


def test_labels_are_those_of_the_recorded_pairs() -> None:
    """A bill is shown with its reference, an invoice without one is its number."""
    pairs = {row["move_id"][0]: row["move_id"][1] for row in recorded("account.move.line")}
    seen = 0
    for row in recorded("account.move"):
        if row["id"] in pairs:
            seen += 1
            move = Document(
                row["id"], 0, row["move_type"], row["name"], row["name"], row["state"], None, 13, 1, row["date"],
                row["date"], "", "", (), row["ref"] or None,
            )  # fmt: skip
            assert move_label(move) == pairs[row["id"]]
    assert seen >= 3
