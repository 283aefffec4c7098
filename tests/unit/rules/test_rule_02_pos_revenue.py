"""Rule 2: POS revenue is `price_subtotal_incl` less the configured extra discount, where there is one."""

from __future__ import annotations

import pytest

from unit.rules.pos_day import pos_lines


@pytest.mark.parametrize(
    ("extra", "revenue", "discount"), [(12.5, 87.5, 12.5), (0.0, 100.0, 0.0), (None, 100.0, 0.0)]
)
def test_rule_2_revenue_is_less_the_extra_discount(
    extra: float | None, revenue: float, discount: float
) -> None:
    """A database without the field has null in it."""
    lines = pos_lines({"extra_discount": extra})
    assert lines.select("revenue", "discount_amount").rows() == [(revenue, discount)]


def test_rule_2_the_line_s_own_discount_is_in_the_amount_already() -> None:
    """100 less 20 % is 80 in Odoo's column; 5 more go off, and 25 were given in all."""
    lines = pos_lines({"discount": 20.0, "price_subtotal_incl": 80.0, "extra_discount": 5.0})
    assert lines.select("revenue", "discount_amount").rows() == [(75.0, 25.0)]
