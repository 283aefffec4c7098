"""Invoices, bills and purchase orders. Money is in integer cents of the document's currency.

A document is one account.move: a customer invoice (`out_invoice`), a credit note (`out_refund`), a vendor bill
(`in_invoice`), a vendor's credit note (`in_refund`) or another entry (`entry`). Quantities are positive in all of them:
only the type tells a return.
"""

from dataclasses import dataclass, replace

from nk_demo.world.records import Product, Step

# Ids of a day. An invoice of a till's order carries the order's own id.
MOVE_STRIDE, MOVE_LINE_STRIDE, PURCHASE_STRIDE, PURCHASE_LINE_STRIDE = 32_768, 131_072, 64, 16_384
IDR, USD = 13, 2
UNIT, DOZEN = 1, 2
UNITS_IN = {UNIT: 1, DOZEN: 12}
# A document is written for the last time this many days after its date: entered late, then cancelled.
LAST_ACCOUNT_WRITE = 9


@dataclass(slots=True, frozen=True)
class DocumentLine:
    """One account.move.line. `kind` is its display_type; `amount` is signed as Odoo's amount_currency (credits
    negative); `untaxed` and `total` are price_subtotal and price_total, positive but for a negative price."""

    id: int
    kind: str
    name: str
    amount: int
    product: Product | None = None
    quantity: int = 0
    uom: int | None = None
    price: int = 0
    discount: int = 0
    taxes: tuple[int, ...] = ()
    untaxed: int = 0
    total: int = 0
    tax_line: int | None = None
    purchase_line: int | None = None

    @property
    def units(self) -> int:
        """Quantity in the product's own unit."""
        return self.quantity * UNITS_IN[self.uom or UNIT]

    @property
    def is_goods(self) -> bool:
        """Whether something is received or delivered: a line of a product that is no discount line."""
        return self.kind == "product" and self.product is not None and self.price >= 0

    @property
    def is_discount(self) -> bool:
        """A negative-price line, which makes the document's other lines cheaper."""
        return self.kind == "product" and self.price < 0

    @property
    def is_bonus(self) -> bool:
        """Free of charge."""
        return self.kind == "product" and (self.price == 0 or self.discount == 100)


@dataclass(slots=True, frozen=True)
class Document:
    """One account.move as first written, and the steps that change it afterwards.

    `day` is the ordinal of its accounting date (`date`); `rate` is what one unit of its currency is in rupiah.
    `created` may be some days later than `day`: bills are entered when there is time.
    """

    id: int
    day: int
    move_type: str
    number: str
    name: str
    state: str
    partner_id: int | None
    currency: int
    rate: int
    date: str
    invoice_date: str | None
    created: str
    written: str
    lines: tuple[DocumentLine, ...]
    ref: str | None = None
    origin: str | None = None
    user_id: int | None = None
    paid: bool = False
    reversed_id: int | None = None
    pos_orders: tuple[int, ...] = ()
    purchase_id: int | None = None
    steps: tuple[Step, ...] = ()

    @property
    def product_lines(self) -> tuple[DocumentLine, ...]:
        """The lines that Odoo's forms show with amounts."""
        return tuple(line for line in self.lines if line.kind == "product")

    @property
    def untaxed(self) -> int:
        """Amount without tax, cents of the document's currency."""
        return sum(line.untaxed for line in self.product_lines)

    @property
    def total(self) -> int:
        """Amount with tax, cents of the document's currency."""
        return sum(line.total for line in self.product_lines)

    @property
    def counted(self) -> bool:
        """Whether the books have it."""
        return self.state == "posted"

    @property
    def settled(self) -> bool:
        """Whether it is posted in the end, whatever comes in between."""
        return self.at("9999").state == "posted"

    def at(self, now: str) -> "Document":
        """This document as it stands at `now`."""
        current = self
        for step in self.steps:
            if step.at > now:
                break
            current = replace(current, written=step.at, **step.changes)
        return current


@dataclass(slots=True, frozen=True)
class PurchaseLine:
    """One purchase.order.line."""

    id: int
    order_id: int
    product: Product
    quantity: int
    uom: int
    price: int
    taxes: tuple[int, ...]
    untaxed: int
    total: int

    @property
    def units(self) -> int:
        """Quantity in the product's own unit."""
        return self.quantity * UNITS_IN[self.uom]


@dataclass(slots=True, frozen=True)
class PurchaseOrder:
    """One purchase.order; `bill_day` is the ordinal of the day that its goods and bills come. `bills` are
    their ids and when they are entered."""

    id: int
    day: int
    name: str
    partner_id: int
    currency: int
    ref: str
    ordered: str
    bill_day: int
    lines: tuple[PurchaseLine, ...]
    bills: tuple[tuple[int, str], ...]

    @property
    def created(self) -> str:
        """It is written when it is placed."""
        return f"{self.ordered}.314159"
