"""Taxes, and what a line costs with and without them. All arithmetic is on integer cents."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(slots=True, frozen=True)
class Tax:
    """One account.tax. `permille` is its rate in tenths of a percent; `included` means inside the price."""

    id: int
    name: str
    permille: int
    use: str
    included: bool


SALE_SERVICE, PURCHASE_INCLUDED, PURCHASE_ON_TOP, PURCHASE_INCOME = 8, 6, 7, 9
TAXES = {
    tax.id: tax
    for tax in (
        Tax(3, "PPN 11% (termasuk)", 110, "sale", included=True),
        Tax(4, "PPN 11%", 110, "sale", included=False),
        Tax(5, "PPN 0%", 0, "sale", included=False),
        Tax(PURCHASE_INCLUDED, "PPN 11% (beli, termasuk)", 110, "purchase", included=True),
        Tax(PURCHASE_ON_TOP, "PPN 11% (beli)", 110, "purchase", included=False),
        Tax(SALE_SERVICE, "Layanan 2%", 20, "sale", included=False),
        Tax(PURCHASE_INCOME, "PPh 22 1,5%", 15, "purchase", included=False),
    )
}


def divide(value: int, by: int) -> int:
    """Divide, rounding half away from zero."""
    half = (2 * abs(value) + by) // (2 * by)
    return -half if value < 0 else half


def split(base: int, taxes: Iterable[int]) -> tuple[int, dict[int, int]]:
    """(without tax, tax by id) of a line whose price times quantity less discount is `base` cents.

    A tax inside the price stands alone on its line; several taxes on top each count from the untaxed amount.
    """
    untaxed, amounts = base, {}
    for number in taxes:
        tax = TAXES[number]
        if tax.included:
            untaxed = divide(base * 1000, 1000 + tax.permille)
            amounts[number] = base - untaxed
        else:
            amounts[number] = divide(untaxed * tax.permille, 1000)
    return untaxed, amounts
