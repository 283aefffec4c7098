"""Lines and payments: prices, taxes, discounts, change. All arithmetic is on integer cents."""

from bisect import bisect
from dataclasses import replace
from random import Random

from nk_demo.world.catalogue import TAX_INCLUDED, TAX_ON_TOP, Catalogue
from nk_demo.world.people import CARD, CUSTOMER_ACCOUNT, QRIS, Store
from nk_demo.world.records import Line, Payment, Product

_LINE_COUNTS = (1, 2, 3, 4, 5, 6, 7)
_LINE_WEIGHTS = (30, 52, 70, 82, 90, 96, 100)
_NOTES = (5_000_000, 10_000_000)


def amounts(product: Product, qty: int, price: int, discount: int) -> tuple[int, int]:
    """(with tax, without tax) in cents, rounded as Odoo rounds a line: half up, each amount once."""
    base = _divide(abs(qty) * price * (100 - discount), 100)
    sign = -1 if qty < 0 else 1
    if product.tax_id == TAX_INCLUDED:
        return sign * base, sign * _divide(base * 100, 111)
    if product.tax_id == TAX_ON_TOP:
        return sign * (base + _divide(base * 11, 100)), sign * base
    return sign * base, sign * base


def _divide(value: int, by: int) -> int:
    """Divide a non-negative integer, rounding half up."""
    return (2 * value + by) // (2 * by)


def priced(line: Line, qty: int, price: int, written: str) -> Line:
    """The line with another quantity or price; its extra discount stays, as long as it fits."""
    incl, untaxed = amounts(line.product, qty, price, line.discount)
    extra = min(line.extra, incl) if incl >= 0 else line.extra
    return replace(line, qty=qty, price=price, incl=incl, untaxed=untaxed, extra=extra, written=written)


def draw_lines(
    rng: Random, catalogue: Catalogue, order_id: int, first_id: int, stamp: str, most: int = 7
) -> tuple[Line, ...]:
    """A basket: one to seven lines, popular products more often."""
    roll = rng.random
    count = min(most, _LINE_COUNTS[bisect(_LINE_WEIGHTS, roll() * 100)])
    chances, items = catalogue.chances, catalogue.items
    lines = []
    for position in range(count):
        product = items[bisect(chances, roll() * chances[-1])].product
        lines.append(_draw_line(rng, product, order_id, first_id + position, stamp))
    return tuple(lines)


def _draw_line(rng: Random, product: Product, order_id: int, line_id: int, stamp: str) -> Line:
    roll = rng.random()
    qty = 1 if roll < 0.72 else 2 if roll < 0.92 else 3 + int(roll * 1000) % 10
    discount = 0
    roll = rng.random()
    if roll < 0.2:
        discount = (5, 10, 10, 15, 20, 50)[int(roll * 30)] if roll < 0.196 else 100
    incl, untaxed = amounts(product, qty, product.price, discount)
    extra = 0
    if rng.random() < 0.05 and incl > 0:
        # Cents on purpose: a sum in floats drifts, a sum in cents does not.
        extra = min(incl, rng.randrange(100_000, 2_500_001))
    price = product.price
    return Line(line_id, order_id, product, qty, price, discount, incl, untaxed, extra, None, stamp, stamp)


def refund_line(original: Line, line_id: int, order_id: int, stamp: str) -> Line:
    """The whole original line, given back: every amount turned."""
    return Line(
        line_id, order_id, original.product, -original.qty, original.price, original.discount,
        -original.incl, -original.untaxed, -original.extra, original.id, stamp, stamp,
    )  # fmt: skip


def draw_payments(
    rng: Random, store: Store, partner: int | None, total: int, order_id: int, first_id: int, paid: str
) -> tuple[Payment, ...]:
    """How an order was paid: at most three rows, summing up to its total."""
    parts = _parts(rng, store, partner, total)
    stamp = paid if len(paid) > 19 else f"{paid}.000000"
    return tuple(
        Payment(first_id + n, order_id, method, amount, change, stamp[:19], stamp, stamp)
        for n, (method, amount, change) in enumerate(parts)
    )


def _parts(rng: Random, store: Store, partner: int | None, total: int) -> list[tuple[int, int, bool]]:
    """(method, amount, is change) of every row."""
    roll = rng.random()
    if total == 0:
        return []
    if total < 0:
        return [(store.cash_method if roll < 0.85 else CARD, total, False)]
    if roll < 0.06 and total > 10_000_000:
        first = total // 200_000 * 100_000
        return [(store.cash_method, first, False), (QRIS if roll < 0.03 else CARD, total - first, False)]
    if roll < 0.66:
        method = CUSTOMER_ACCOUNT if roll < 0.08 and partner is not None else QRIS if roll < 0.42 else CARD
        return [(method, total, False)]
    return _in_notes(store, total, _NOTES[int(roll * 1000) % 2])


def _in_notes(store: Store, total: int, note: int) -> list[tuple[int, int, bool]]:
    """Cash in whole notes, with the change as a row of its own."""
    tendered = -(-total // note) * note
    change = [(store.cash_method, total - tendered, True)] if tendered != total else []
    return [(store.cash_method, tendered, False), *change]
