"""How a document is put together: lines, their taxes and balances, and what becomes of it."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

from nk_demo.world import calendar
from nk_demo.world.accounting_records import IDR, UNIT, USD, Document, DocumentLine
from nk_demo.world.records import Product, Step, as_text
from nk_demo.world.taxes import TAXES, divide, split

# Whether a product line of a type is a debit (+1) or a credit (-1).
DIRECTION = {"out_invoice": -1, "in_refund": -1, "out_refund": 1, "in_invoice": 1}
_PREFIX = {"out_invoice": "INV", "out_refund": "RINV", "in_invoice": "BILL", "in_refund": "RBILL"}


def rate_of(day: date, currency: int) -> int:
    """Rupiah for one unit of a currency: one rate a month, in whole rupiah so that cents stay whole."""
    if currency != USD:
        return 1
    month = (day.year - 2020) * 12 + day.month
    return 14_900 + 31 * (month % 36) + 173 * (month % 5)


def number_of(move_type: str, day: date, move_id: int) -> str:
    """A posted document's number; ids of a day have gaps, and so have the numbers."""
    month = f"/{day.month:02d}" if move_type.startswith("in_") else ""
    return f"{_PREFIX[move_type]}/{day.year}{month}/{move_id}"


class Lines:
    """Collects a document's lines with running ids; `closed` adds the tax lines and the one that is owed."""

    def __init__(self, move_type: str, first_id: int) -> None:
        self._sign, self._id = DIRECTION[move_type], first_id
        self._lines: list[DocumentLine] = []
        self._taxes: dict[int, int] = {}

    def goods(
        self, product: Product | None, name: str, quantity: int, price: int, *, uom: int = UNIT, discount: int = 0,
        taxes: tuple[int, ...] = (), purchase_line: int | None = None,
    ) -> None:  # fmt: skip
        """A product line; price in cents of one `uom`."""
        base = divide(quantity * price * (100 - discount), 100)
        untaxed, by_tax = split(base, taxes)
        for tax, amount in by_tax.items():
            self._taxes[tax] = self._taxes.get(tax, 0) + amount
        total = untaxed + sum(by_tax.values())
        self._add(
            DocumentLine(
                self._id, "product", name, self._sign * untaxed, product, quantity, uom, price, discount, taxes,
                untaxed, total, None, purchase_line,
            )
        )  # fmt: skip

    def text(self, kind: str, name: str) -> None:
        """A section or a note."""
        self._add(DocumentLine(self._id, kind, name, 0))

    def closed(self, number: str) -> tuple[DocumentLine, ...]:
        """All lines; they balance."""
        for tax, amount in self._taxes.items():
            if amount:
                name = TAXES[tax].name
                self._add(DocumentLine(self._id, "tax", name, self._sign * amount, tax_line=tax))
        owed = -sum(line.amount for line in self._lines)
        self._add(DocumentLine(self._id, "payment_term", number, owed))
        return tuple(self._lines)

    @property
    def worth(self) -> int:
        """What the lines so far cost without tax."""
        return sum(line.untaxed for line in self._lines)

    def _add(self, line: DocumentLine) -> None:
        self._lines.append(line)
        self._id += 1


def posted(
    move_type: str, move_id: int, day: int, partner_id: int | None, lines: Lines, moment: datetime, *,
    currency: int = IDR, number: str = "",
) -> Document:  # fmt: skip
    """A document that is posted as it is entered, at an aware `moment`."""
    on = calendar.date_of(day)
    number = number or number_of(move_type, on, move_id)
    created = as_text(moment)
    return Document(
        move_id, day, move_type, number, number, "posted", partner_id, currency, rate_of(on, currency),
        on.isoformat(), on.isoformat(), created, as_text(moment + timedelta(seconds=1)), lines.closed(number),
    )  # fmt: skip


def with_fate(rng: Random, document: Document) -> Document:
    """What becomes of it: most are posted for good; some stay drafts, are posted later, or are cancelled."""
    roll = rng.random()
    if roll < 0.05:
        return _draft(document)
    if roll < 0.08:
        return replace(
            _draft(document), steps=(Step(_later(document, hours=rng.randrange(1, 30)), {"state": "cancel"}),)
        )
    if roll < 0.11:
        # What the books once had is taken back out, three days after it went in.
        return replace(document, steps=(Step(_later(document, hours=72), {"state": "cancel"}),))
    if roll < 0.16:
        entered = Step(
            _later(document, hours=rng.randrange(20, 48)), {"state": "posted", "name": document.number}
        )
        return replace(_draft(document), steps=(entered,))
    return document


def _draft(document: Document) -> Document:
    return replace(document, state="draft", name="/", written=document.created)


def _later(document: Document, hours: int) -> str:
    created = datetime.fromisoformat(document.created).replace(tzinfo=UTC)
    return as_text(created + timedelta(hours=hours, microseconds=77))


def returned(
    rng: Random, original: Document, move_type: str, ids: tuple[int, int], day: int, moment: datetime
) -> Document:
    """A credit note for some lines of a document, with positive quantities. `ids` are its own and its first line's."""
    move_id, first_line = ids
    goods = [line for line in original.lines if line.is_goods and not line.is_bonus]
    lines = Lines(move_type, first_line)
    for line in rng.sample(goods, min(len(goods), rng.randrange(1, 4))):
        quantity = rng.randrange(1, line.quantity + 1)
        lines.goods(
            line.product, line.name, quantity, line.price, uom=line.uom or UNIT, discount=line.discount,
            taxes=line.taxes, purchase_line=line.purchase_line,
        )  # fmt: skip
    made = posted(move_type, move_id, day, original.partner_id, lines, moment, currency=original.currency)
    return replace(made, reversed_id=original.id, origin=original.origin)


def office_hour(rng: Random, ordinal: int, tz: ZoneInfo) -> datetime:
    """An aware moment of a day, between nine and five."""
    moment = calendar.local_moment(calendar.date_of(ordinal), 32_400 + rng.randrange(28_800), tz)
    return moment + timedelta(microseconds=rng.randrange(100_000, 1_000_000))
