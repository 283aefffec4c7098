"""Rule 12: a snapshot is of the day on which it was taken, and never filed under another."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from unit.nk_cleaner.raw_rows import DAY, cleaned, kept, loaded, quant, reasons

AFTER_MIDNIGHT = datetime(2026, 1, 6, 17, 30, tzinfo=UTC)
"""00:30 on the 7th in Jakarta."""


@pytest.mark.parametrize("day", [date(2026, 1, 5), date(2026, 1, 7)])
def test_rule_12_trap_a_snapshot_of_today_is_not_yesterday_s(day: date) -> None:
    outcome = cleaned("stock-quants", quant(1), quant(2), day=day)
    assert reasons(outcome) == ["the snapshot was taken on another day"] * 2
    assert kept(outcome, "quant_id") == []


def test_rule_12_the_day_is_the_local_one() -> None:
    late = quant(1, taken_at=AFTER_MIDNIGHT)
    assert reasons(cleaned("stock-quants", late, day=DAY)) == ["the snapshot was taken on another day"]
    assert kept(cleaned("stock-quants", late, day=date(2026, 1, 7)), "taken_at") == [
        (datetime(2026, 1, 7, 0, 30),)
    ]


@pytest.mark.parametrize("moment", [AFTER_MIDNIGHT, None])
def test_rule_12_one_row_of_another_moment_condemns_them_all(moment: datetime | None) -> None:
    outcome = cleaned("stock-quants", quant(1), quant(2, taken_at=moment))
    assert reasons(outcome) == ["the snapshot was taken on another day"] * 2


def test_rule_12_what_odoo_said_is_not_marked_as_reconstructed() -> None:
    row = loaded("fact_stock_on_hand_snapshot", quant(1, quantity=-3.0)).row(0, named=True)
    assert (row["snapshot_date"], row["reconstructed"], row["quantity"]) == (DAY, False, -3.0)
    assert row["taken_at"] == datetime(2026, 1, 6, 12)
