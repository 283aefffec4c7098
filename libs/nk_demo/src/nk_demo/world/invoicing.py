"""Invoices to resellers and other customers, and their credit notes: what the office sells beside the tills.

A pure function of the seed, the knobs and the date. Invoices of the tills' orders are made from those orders
(`till_invoice`), not planned here.
"""

from bisect import bisect
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random

from nk_demo.world import calendar
from nk_demo.world.accounting_records import (
    DOZEN,
    IDR,
    MOVE_LINE_STRIDE,
    MOVE_STRIDE,
    UNIT,
    USD,
    Document,
    DocumentLine,
)
from nk_demo.world.catalogue import DELIVERY_SERVICE
from nk_demo.world.documents import Lines, number_of, office_hour, posted, rate_of, returned, with_fate
from nk_demo.world.people import ADMIN, FIRST_RESELLER, RESELLERS
from nk_demo.world.planner import Shop
from nk_demo.world.records import Order, Product, as_text
from nk_demo.world.taxes import SALE_SERVICE

_FIRST_ID, _FIRST_REFUND = 8_192, 9_216
_FIRST_LINE, _LINES_EACH, _FIRST_REFUND_LINE = 40_960, 64, 49_152
_REACH = 7


def invoices_of_day(shop: Shop, ordinal: int) -> tuple[Document, ...]:
    """Customer invoices and credit notes dated a day, as planned: drafts and cancelled ones among them."""
    return (*sales_of_day(shop, ordinal), *_credit_notes(shop, ordinal))


def sales_of_day(shop: Shop, ordinal: int) -> tuple[Document, ...]:
    """The invoices alone: two to six on a business day, none on Sundays and closed days."""
    day = calendar.date_of(ordinal)
    if ordinal < 0 or calendar.is_closed(day) or day.weekday() == 6:
        return ()
    rng = Random(f"{shop.seed}:invoices:{ordinal}")
    return tuple(_invoice(shop, ordinal, place, rng) for place in range(rng.randrange(2, 7)))


def _credit_notes(shop: Shop, ordinal: int) -> tuple[Document, ...]:
    """At most one a day, for an invoice of the last week."""
    rng = Random(f"{shop.seed}:credit:{ordinal}")
    if ordinal < 0 or rng.random() > 0.3:
        return ()
    earlier = sales_of_day(shop, ordinal - rng.randrange(1, _REACH + 1))
    fit = [one for one in earlier if one.state == "posted" and not one.steps and _returnable(one)]
    if not fit:
        return ()
    ids = ordinal * MOVE_STRIDE + _FIRST_REFUND, ordinal * MOVE_LINE_STRIDE + _FIRST_REFUND_LINE
    moment = office_hour(rng, ordinal, shop.tz)
    made = returned(rng, fit[rng.randrange(len(fit))], "out_refund", ids, ordinal, moment)
    return (with_fate(rng, replace(made, user_id=ADMIN)),)


def _returnable(document: Document) -> bool:
    return any(line.is_goods and not line.is_bonus for line in document.lines)


def _invoice(shop: Shop, ordinal: int, place: int, rng: Random) -> Document:
    currency = USD if rng.random() < 0.07 else IDR
    lines = Lines("out_invoice", ordinal * MOVE_LINE_STRIDE + _FIRST_LINE + place * _LINES_EACH)
    if rng.random() < 0.15:
        lines.text("line_section", "Pesanan reseller")
    for _ in range(rng.choice((1, 2, 3, 3, 4, 5, 6, 8))):
        _draw_line(shop, ordinal, currency, rng, lines)
    if rng.random() < 0.12:
        _freight(shop, rng, lines, currency)
    if rng.random() < 0.08:
        lines.text("line_note", "Barang diambil sendiri")
    move_id = ordinal * MOVE_STRIDE + _FIRST_ID + place
    moment = office_hour(rng, ordinal, shop.tz)
    made = posted("out_invoice", move_id, ordinal, _customer(shop, rng), lines, moment, currency=currency)
    made = replace(made, origin=f"S{move_id % 100_000:05d}", user_id=ADMIN, paid=rng.random() < 0.6)
    return with_fate(rng, made)


def _customer(shop: Shop, rng: Random) -> int:
    """A reseller, now and then by its warehouse's address, or a named customer."""
    roll = rng.random()
    if roll < 0.12:
        return shop.people.customers[rng.randrange(len(shop.people.customers))]
    return FIRST_RESELLER + 2 * rng.randrange(RESELLERS) + (roll < 0.42)


def _draw_line(shop: Shop, ordinal: int, currency: int, rng: Random, lines: Lines) -> None:
    chances = shop.catalogue.chances
    product = shop.catalogue.items[bisect(chances, rng.random() * chances[-1])].product
    dozens = rng.random() < 0.15
    uom, quantity = (DOZEN, rng.randrange(1, 3)) if dozens else (UNIT, rng.randrange(1, 10))
    price = product.price * (12 if dozens else 1)
    taxes = _taxes(product, rng)
    if currency == USD:
        price, taxes = price // rate_of(calendar.date_of(ordinal), USD), ()
    roll = rng.random()
    if roll < 0.03:
        price = 0
    discount = 100 if 0.03 <= roll < 0.05 else rng.choice((0, 0, 5, 10, 15, 25))
    lines.goods(product, product.display_name, quantity, price, uom=uom, discount=discount, taxes=taxes)


def _taxes(product: Product, rng: Random) -> tuple[int, ...]:
    """Mostly the product's own; sometimes on top, on top with a second one, or none at all."""
    roll = rng.random()
    if roll < 0.72:
        return (product.tax_id,)
    if roll < 0.85:
        return (4,)
    return (4, SALE_SERVICE) if roll < 0.94 else ()


def _freight(shop: Shop, rng: Random, lines: Lines, currency: int) -> None:
    """Delivery: as free text without a product, or as the service."""
    price = rng.randrange(2, 12) * (1_000_000 if currency == IDR else 60)
    if rng.random() < 0.5:
        lines.goods(None, "Ongkos kirim", 1, price, taxes=(4,))
        return
    service = next(one.product for one in shop.catalogue.extras if one.product.id == DELIVERY_SERVICE)
    lines.goods(service, service.display_name, 1, price, taxes=())


def till_invoice(shop: Shop, order: Order, first_line: int) -> Document:
    """The posted move of an invoiced order: dated the order's local day, with the order's own id and amounts.

    A refund becomes a credit note, whose quantities are positive. The extra discount of the tills is not on it.
    """
    move_type = "out_refund" if order.total < 0 else "out_invoice"
    sign = -1 if move_type == "out_refund" else 1
    lines = Lines(move_type, first_line)
    for line in order.lines:
        lines.goods(
            line.product, line.product.display_name, sign * line.qty, line.price, discount=line.discount,
            taxes=(line.product.tax_id,),
        )  # fmt: skip
    day = calendar.date_of(order.day)
    number = till_number(order)
    written = as_text(datetime.fromisoformat(order.created).replace(tzinfo=UTC) + timedelta(seconds=1))
    return Document(
        order.id, order.day, move_type, number, number, "posted", order.partner_id, IDR, 1, day.isoformat(),
        day.isoformat(), order.created, written, lines.closed(number), order.final_name(), order.final_name(),
        shop.people.stores[order.store].user_id, True, order.refunded_orders[0] if order.refunded_orders else None,
        (order.id,),
    )  # fmt: skip


def till_number(order: Order) -> str:
    """The number of an invoiced order's move."""
    move_type = "out_refund" if order.total < 0 else "out_invoice"
    return number_of(move_type, calendar.date_of(order.day), order.id)


def goods_of(document: Document) -> tuple[DocumentLine, ...]:
    """Lines that are delivered or come back: those of storable products and consumables."""
    return tuple(
        line
        for line in document.lines
        if line.is_goods and line.product and line.product.id > DELIVERY_SERVICE
    )
