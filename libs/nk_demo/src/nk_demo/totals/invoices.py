"""What was invoiced and what was bought, from the plan of the books. Money is summed in integer cents of the company.

An amount in another currency is its cents times the document's rate, a whole number of rupiah. Shares of a discount are
fractions: nothing is rounded before the end.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import TypeVar

from nk_demo.world import calendar
from nk_demo.world.accounting_records import Document, DocumentLine
from nk_demo.world.world import World

_SALES, _PURCHASES = ("out_invoice", "out_refund"), ("in_invoice", "in_refund")
ZERO = Fraction(0)
Day = TypeVar("Day", bound="SalesDay")


@dataclass
class InvoiceMeasures:
    """Posted documents of one day or one partner. Refunds count against; money is in cents, signed.

    `lines` are product lines, `quantity` is in the products' own units (lines without a product count as they are).
    """

    documents: int = 0
    refund_documents: int = 0
    lines: int = 0
    quantity: int = 0
    taxed_cents: int = 0
    untaxed_cents: int = 0

    def add(self, document: Document) -> None:
        """Count a posted document."""
        sign = _sign(document)
        self.documents += 1
        self.refund_documents += sign < 0
        for line in _lines(document):
            self.lines += 1
            self.quantity += sign * line.units
            self.taxed_cents += sign * line.total * document.rate
            self.untaxed_cents += sign * line.untaxed * document.rate

    def as_json(self, money: str) -> dict[str, object]:
        """Money as text; `money` names it."""
        return {
            "documents": self.documents,
            "refund_documents": self.refund_documents,
            "lines": self.lines,
            "quantity": self.quantity,
            money: _text(Fraction(self.taxed_cents)),
            f"{money}_untaxed": _text(Fraction(self.untaxed_cents)),
        }


@dataclass
class SalesDay:
    """One day's invoices and credit notes, those of the tills' orders left out."""

    day: date
    all: InvoiceMeasures = field(default_factory=InvoiceMeasures)
    partners: dict[int, InvoiceMeasures] = field(default_factory=dict)

    def add(self, document: Document) -> None:
        """Count a posted document, in total and for its partner (res.partner id)."""
        self.all.add(document)
        if document.partner_id is not None:
            self.partners.setdefault(document.partner_id, InvoiceMeasures()).add(document)

    def as_json(self) -> dict[str, object]:
        """For /demo/totals."""
        return {
            "day": self.day.isoformat(),
            **self.all.as_json("revenue"),
            "partners": {str(key): one.as_json("revenue") for key, one in sorted(self.partners.items())},
        }


@dataclass(slots=True, frozen=True)
class LineCost:
    """What a bill's line costs after the bill's discounts are spread; cents of the company, with sign."""

    move_id: int
    line_id: int
    product_id: int | None
    units: int
    untaxed: Fraction
    taxed: Fraction

    @property
    def unit_taxed(self) -> Fraction:
        """Cents for one of the product's own unit, with tax."""
        return self.taxed / self.units


@dataclass
class PurchasesDay(SalesDay):
    """One day's bills and vendors' credit notes. `events` are the lines that set a product's cost, by move and line."""

    costs: list[LineCost] = field(default_factory=list)
    events: list[LineCost] = field(default_factory=list)

    def add(self, document: Document) -> None:
        """Count a posted document, with the cost of its positive lines."""
        super().add(document)
        costs = list(line_costs(document))
        self.costs += costs
        if document.move_type == "in_invoice":
            self.events += [cost for cost in costs if cost.product_id is not None and cost.untaxed > 0]

    @property
    def cost_untaxed(self) -> Fraction:
        """Cents, of all positive lines after discounts; credit notes count against."""
        return sum((cost.untaxed for cost in self.costs), ZERO)

    @property
    def cost_taxed(self) -> Fraction:
        """With tax."""
        return sum((cost.taxed for cost in self.costs), ZERO)

    def as_json(self) -> dict[str, object]:
        """For /demo/totals."""
        return {
            "day": self.day.isoformat(),
            **self.all.as_json("amount"),
            "cost_untaxed": _text(self.cost_untaxed),
            "cost_taxed": _text(self.cost_taxed),
            "partners": {str(key): one.as_json("amount") for key, one in sorted(self.partners.items())},
            "cost_events": [
                {
                    "product_id": event.product_id,
                    "cost_unit_tax_in": _text(event.unit_taxed, 6),
                    "move_id": event.move_id,
                    "line_id": event.line_id,
                }
                for event in self.events
            ],
        }


def line_costs(document: Document) -> Iterator[LineCost]:
    """Cost of a document's positive lines.

    On a bill, the negative-price lines are spread over them in proportion to their amount, without tax and with tax
    each for itself. A line of price or quantity zero costs nothing and is left out.
    """
    sign = _sign(document)
    lines = _lines(document)
    positive = [line for line in lines if line.quantity > 0 and line.price > 0]
    spread = document.move_type == "in_invoice"
    off = [line for line in lines if line.price < 0 and spread]
    untaxed = _share(sum(line.untaxed for line in off), sum(line.untaxed for line in positive))
    taxed = _share(sum(line.total for line in off), sum(line.total for line in positive))
    for line in positive:
        yield LineCost(
            document.id, line.id, line.product.id if line.product else None, line.units,
            sign * line.untaxed * document.rate * untaxed, sign * line.total * document.rate * taxed,
        )  # fmt: skip


def invoice_totals(world: World, start: date, end: date, _tz: str | None = None) -> list[SalesDay]:
    """Invoice sales of every day from `start` to `end`, both included, as the books stand now."""
    return _collect(world, start, end, SalesDay, _SALES)


def purchase_totals(world: World, start: date, end: date, _tz: str | None = None) -> list[PurchasesDay]:
    """Purchases of every day from `start` to `end`, both included, as the books stand now."""
    return _collect(world, start, end, PurchasesDay, _PURCHASES)


def _collect(
    world: World, start: date, end: date, make: Callable[[date], Day], types: tuple[str, ...]
) -> list[Day]:
    """Accounting dates are local already: a time zone moves nothing."""
    now = world.now()
    within = world.days(now)
    found = []
    for number in range(start.toordinal(), end.toordinal() + 1):
        day = date.fromordinal(number)
        totals = make(day)
        ordinal = calendar.ordinal_of(day)
        planned = world.accounts.planned(ordinal) if ordinal in within else ()
        for document in planned:
            current = document.at(now)
            entered = current.created <= now and current.counted
            if entered and current.move_type in types and not current.pos_orders:
                totals.add(current)
        found.append(totals)
    return found


def _share(off: int, bought: int) -> Fraction:
    """What is left of an amount after its share of the (negative) discounts."""
    return 1 + Fraction(off, bought) if bought else Fraction(1)


def _lines(document: Document) -> list[DocumentLine]:
    return [line for line in document.lines if line.kind == "product"]


def _sign(document: Document) -> int:
    return -1 if document.move_type.endswith("_refund") else 1


def _text(cents: Fraction, places: int = 2) -> str:
    """Rupiah as text, rounded only here."""
    scaled = cents / 100
    value = Decimal(scaled.numerator) / Decimal(scaled.denominator)
    return str(value.quantize(Decimal(1).scaleb(-places)))
