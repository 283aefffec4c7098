"""What is bought: purchase orders to the principals, their bills, and the vendors' credit notes.

A vendor is ordered from once a week, on its own weekday, and its goods and bills come together some days later. All of
it is a pure function of the seed, the knobs and the date of the order.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from random import Random

from nk_demo.world import calendar
from nk_demo.world.accounting_records import (
    DOZEN,
    IDR,
    MOVE_LINE_STRIDE,
    MOVE_STRIDE,
    PURCHASE_LINE_STRIDE,
    PURCHASE_STRIDE,
    UNIT,
    UNITS_IN,
    USD,
    Document,
    PurchaseLine,
    PurchaseOrder,
)
from nk_demo.world.catalogue import DISCOUNT_SERVICE, FIRST_PRINCIPAL, Catalogue, Item
from nk_demo.world.documents import Lines, office_hour, posted, rate_of, returned, with_fate
from nk_demo.world.people import default_vendor
from nk_demo.world.planner import Shop
from nk_demo.world.records import Product
from nk_demo.world.taxes import PURCHASE_INCLUDED, PURCHASE_INCOME, PURCHASE_ON_TOP, split

_FIRST_BILL, _BILLS_EACH, _FIRST_RETURN = 10_240, 32, 12_288
_FIRST_LINE, _LINES_EACH, _BILL_LINES, _FIRST_RETURN_LINE = 57_344, 4_096, 64, 122_880
_ORDER_LINES_EACH = 1_024
# A bill holds at most so many goods; a larger order comes with several.
_GOODS_EACH = 40
_NEVER_BOUGHT = 37
# Pieces sold by an order at the tills on an average day of the year, and a day by invoice.
TILL_PIECES, INVOICED_PIECES = 4.4, 80.0
_REACH = 14


@dataclass(slots=True, frozen=True)
class Vendor:
    """Who sells which products, on which weekday it is ordered from, and how many days later the goods come."""

    index: int
    partner_id: int
    weekday: int
    lead: int
    items: tuple[Item, ...]


def never_bought(product: Product) -> bool:
    """A few products are sold though no bill of them was ever entered: they have no cost."""
    return product.id % _NEVER_BOUGHT == 5


def vendors(catalogue: Catalogue) -> tuple[Vendor, ...]:
    """Every vendor: the principals, and one for products whose brand has none."""
    last = default_vendor(catalogue.principals)
    found: dict[int, list[Item]] = {number: [] for number in range(FIRST_PRINCIPAL, last + 1)}
    for item in catalogue.items:
        if not never_bought(item.product):
            found[_vendor_of(catalogue, item)].append(item)
    return tuple(
        Vendor(place, number, place % 3, 1 + place % 3, tuple(items))
        for place, (number, items) in enumerate(found.items())
    )


def bills_of_day(shop: Shop, ordinal: int) -> tuple[Document, ...]:
    """Vendor bills and credit notes dated a day, as planned: drafts and cancelled ones among them."""
    found = [bill for purchase in _purchases_billed(shop, ordinal) for bill in purchase.bills]
    return (*found, *_vendor_credits(shop, ordinal))


def orders_of_day(shop: Shop, ordinal: int) -> tuple[PurchaseOrder, ...]:
    """Purchase orders placed on a day."""
    purchases = (_purchase(shop, vendor, ordinal) for vendor in vendors(shop.catalogue))
    return tuple(purchase.order for purchase in purchases if purchase and not purchase.informal)


def unit_cost(product: Product, day: date) -> int:
    """What a piece costs without tax, in cents: dearer by the month, with a wobble, in steps of 100 rupiah."""
    month = (day.year - 2024) * 12 + day.month
    wobble = Random(f"{product.id}:cost:{month}").uniform(-0.03, 0.03)
    return max(1, round(product.cost * (1 + 0.004 * month + wobble) / 10_000)) * 10_000


def weekly_need(shop: Shop, item: Item) -> float:
    """How many pieces of a product a week sells, at the tills and by invoice."""
    share = item.weight / shop.catalogue.chances[-1]
    return 7 * share * (shop.orders_per_day * TILL_PIECES + INVOICED_PIECES)


@dataclass(slots=True, frozen=True)
class _Purchase:
    """An order with its bills; an informal one was made by telephone, so only its bills are in the books."""

    order: PurchaseOrder
    bills: tuple[Document, ...]
    informal: bool


def _vendor_of(catalogue: Catalogue, item: Item) -> int:
    principal = catalogue.brands[item.brand_id - 1][2] if item.brand_id else None
    if principal is None:
        return default_vendor(catalogue.principals)
    return FIRST_PRINCIPAL + catalogue.principals.index(principal)


def _purchases_billed(shop: Shop, ordinal: int) -> Iterator[_Purchase]:
    for vendor in vendors(shop.catalogue):
        purchase = _purchase(shop, vendor, ordinal - vendor.lead)
        if purchase is not None:
            yield purchase


def _purchase(shop: Shop, vendor: Vendor, ordinal: int) -> _Purchase | None:
    """What is ordered from a vendor on a day; mostly nothing, since each has its weekday and skips a week sometimes."""
    day = calendar.date_of(ordinal)
    if ordinal < 0 or day.weekday() != vendor.weekday:
        return None
    rng = Random(f"{shop.seed}:purchase:{vendor.partner_id}:{ordinal}")
    if rng.random() < 0.06:
        return None
    abroad = vendor.partner_id == default_vendor(shop.catalogue.principals) - 1
    currency = USD if abroad and rng.random() < 0.6 else IDR
    lines = tuple(_order_lines(shop, vendor, ordinal, currency, rng))
    if not lines:
        return None
    informal = rng.random() < 0.15
    bills = _Bills(shop, vendor, ordinal, currency, rng, informal=informal).of(lines)
    order_id = ordinal * PURCHASE_STRIDE + vendor.index + 1
    moment = calendar.local_moment(day, 32_400 + rng.randrange(10_800), shop.tz)
    order = PurchaseOrder(
        order_id, ordinal, f"P{order_id:05d}", vendor.partner_id, currency, f"SO-{rng.randrange(10_000, 99_999)}",
        f"{moment:%Y-%m-%d %H:%M:%S}", ordinal + vendor.lead, lines,
        tuple((bill.id, bill.created) for bill in bills if bill.purchase_id),
    )  # fmt: skip
    return _Purchase(order, bills, informal)


def _order_lines(
    shop: Shop, vendor: Vendor, ordinal: int, currency: int, rng: Random
) -> Iterator[PurchaseLine]:
    """Fast sellers every week, slow ones every few weeks and then more of them."""
    day, week = calendar.date_of(ordinal), ordinal // 7
    order_id = ordinal * PURCHASE_STRIDE + vendor.index + 1
    line_id = ordinal * PURCHASE_LINE_STRIDE + vendor.index * _ORDER_LINES_EACH
    for item in vendor.items:
        need = weekly_need(shop, item)
        period = min(13, max(1, round(12 / need))) if need else 13
        if (week + item.product.id) % period:
            continue
        pieces = max(1, round(need * period * rng.uniform(0.95, 1.35)))
        dozens = pieces >= 12 and rng.random() < 0.45
        uom, quantity = (DOZEN, round(pieces / 12)) if dozens else (UNIT, pieces)
        price = unit_cost(item.product, day) * UNITS_IN[uom] // rate_of(day, currency)
        taxes = _taxes(vendor, currency, rng)
        untaxed, by_tax = split(price * quantity, taxes)
        total = untaxed + sum(by_tax.values())
        yield PurchaseLine(line_id, order_id, item.product, quantity, uom, price, taxes, untaxed, total)
        line_id += 1
        if line_id % _ORDER_LINES_EACH == 0:
            return


def _taxes(vendor: Vendor, currency: int, rng: Random) -> tuple[int, ...]:
    """Mostly PPN on top; one vendor's prices include it, some lines carry a second tax or none."""
    roll = rng.random()
    if currency == USD or roll < 0.04:
        return ()
    if vendor.index % 4 == 3:
        return (PURCHASE_INCLUDED,)
    return (PURCHASE_ON_TOP, PURCHASE_INCOME) if roll < 0.09 else (PURCHASE_ON_TOP,)


class _Bills:
    """Makes the bills of one purchase."""

    def __init__(
        self, shop: Shop, vendor: Vendor, ordered: int, currency: int, rng: Random, *, informal: bool
    ) -> None:
        self._shop, self._vendor, self._currency, self._rng = shop, vendor, currency, rng
        self._day, self._informal = ordered + vendor.lead, informal
        self._order_id = ordered * PURCHASE_STRIDE + vendor.index + 1
        self._made: list[Document] = []

    def of(self, lines: tuple[PurchaseLine, ...]) -> tuple[Document, ...]:
        """The order's bills, and sometimes one more of the same day with a few of its products at another price."""
        for first in range(0, len(lines), _GOODS_EACH):
            self._bill(lines[first : first + _GOODS_EACH])
        if self._rng.random() < 0.2:
            self._top_up(lines)
        return tuple(self._made)

    def _bill(self, ordered: tuple[PurchaseLine, ...]) -> None:
        rng, lines = self._rng, self._lines()
        for line in ordered:
            lines.goods(
                line.product, line.product.display_name, line.quantity, line.price, uom=line.uom,
                discount=rng.choice((5, 10)) if rng.random() < 0.05 else 0, taxes=line.taxes,
                purchase_line=None if self._informal else line.id,
            )  # fmt: skip
        if rng.random() < 0.25:
            self._bonus(ordered[rng.randrange(len(ordered))], lines)
        if rng.random() < 0.3:
            self._discount(lines, ordered[0].taxes)
        if rng.random() < 0.1:
            lines.text("line_note", "Harga sesuai daftar")
        self._add(lines, None if self._informal else self._order_id)

    def _bonus(self, line: PurchaseLine, lines: Lines) -> None:
        name = f"Bonus {line.product.full_name}"
        lines.goods(line.product, name, self._rng.randrange(1, 13), 0, taxes=line.taxes)

    def _discount(self, lines: Lines, taxes: tuple[int, ...]) -> None:
        step = 100_000 if self._currency == IDR else 100
        off = lines.worth * self._rng.randrange(30, 80) // 1_000 // step * step
        if not off:
            return
        services = {one.product.id: one.product for one in self._shop.catalogue.extras}
        product = services[DISCOUNT_SERVICE] if self._rng.random() < 0.6 else None
        lines.goods(product, "Diskon", 1, -off, taxes=taxes)

    def _top_up(self, ordered: tuple[PurchaseLine, ...]) -> None:
        rng, lines = self._rng, self._lines()
        for line in rng.sample(ordered, min(len(ordered), rng.randrange(1, 4))):
            price = line.price * rng.randrange(102, 109) // 100
            name = line.product.display_name
            lines.goods(line.product, name, rng.randrange(1, 4), price, uom=line.uom, taxes=line.taxes)
        self._add(lines, None)

    def _lines(self) -> Lines:
        first = _FIRST_LINE + self._vendor.index * _LINES_EACH + len(self._made) * _BILL_LINES
        return Lines("in_invoice", self._day * MOVE_LINE_STRIDE + first)

    def _add(self, lines: Lines, purchase_id: int | None) -> None:
        rng = self._rng
        move_id = self._day * MOVE_STRIDE + _FIRST_BILL + self._vendor.index * _BILLS_EACH + len(self._made)
        moment = office_hour(rng, self._day, self._shop.tz)
        if rng.random() < 0.16:
            # Entered when there was time: the accounting date is days before the create date.
            moment += timedelta(days=rng.randrange(1, 5))
        made = posted(
            "in_invoice", move_id, self._day, self._vendor.partner_id, lines, moment, currency=self._currency
        )
        day = calendar.date_of(self._day)
        dated = day - timedelta(days=rng.randrange(1, 6)) if rng.random() < 0.06 else day
        made = replace(
            made, ref=f"V-{day:%y%m%d}-{rng.randrange(100, 1_000)}", invoice_date=dated.isoformat(),
            purchase_id=purchase_id, paid=rng.random() < 0.5,
            origin=f"P{purchase_id:05d}" if purchase_id else None,
        )  # fmt: skip
        self._made.append(with_fate(rng, made))


def _vendor_credits(shop: Shop, ordinal: int) -> tuple[Document, ...]:
    """A credit note for goods of a bill of the last two weeks, now and then."""
    rng = Random(f"{shop.seed}:vendor-credit:{ordinal}")
    if ordinal < 0 or rng.random() > 0.25:
        return ()
    back = rng.randrange(1, _REACH + 1)
    bills = [bill for purchase in _purchases_billed(shop, ordinal - back) for bill in purchase.bills]
    fit = [bill for bill in bills if bill.state == "posted" and not bill.steps]
    if not fit:
        return ()
    original = fit[rng.randrange(len(fit))]
    ids = ordinal * MOVE_STRIDE + _FIRST_RETURN, ordinal * MOVE_LINE_STRIDE + _FIRST_RETURN_LINE
    made = returned(rng, original, "in_refund", ids, ordinal, office_hour(rng, ordinal, shop.tz))
    made = replace(made, ref=f"CN-{original.ref}", user_id=None)
    return (with_fate(rng, made),)
