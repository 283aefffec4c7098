"""The books of a world: a day's documents and purchase orders, as they stand at one moment."""

from collections import OrderedDict
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from functools import cached_property

from nk_demo.world import calendar
from nk_demo.world.accounting_records import (
    IDR,
    MOVE_LINE_STRIDE,
    MOVE_STRIDE,
    Document,
    DocumentLine,
    PurchaseOrder,
)
from nk_demo.world.invoicing import invoices_of_day, till_invoice
from nk_demo.world.planner import Shop
from nk_demo.world.purchasing import bills_of_day, orders_of_day
from nk_demo.world.records import Order

_KEEP_LINES, _KEEP_DAYS = 20_000, 16
_TILL_LINES_EACH = 16
_FIRST_ENTRY, _FIRST_ENTRY_LINE = 14_336, 130_048
_FOREVER = "9999"


@dataclass(slots=True, frozen=True)
class LineRow:
    """A line with the document that it stands on, as it is at the moment."""

    id: int
    line: DocumentLine
    document: Document


@dataclass
class Books:
    """One day's visible documents, by id; valid for moments in [since, until)."""

    since: str
    until: str
    documents: list[Document] = field(default_factory=list)

    @cached_property
    def lines(self) -> list[LineRow]:
        """Lines of all documents, by id."""
        rows = [LineRow(line.id, line, document) for document in self.documents for line in document.lines]
        return sorted(rows, key=lambda row: row.id)

    @cached_property
    def documents_by_id(self) -> dict[int, Document]:
        """Documents by id."""
        return {document.id: document for document in self.documents}

    @cached_property
    def lines_by_id(self) -> dict[int, LineRow]:
        """Lines by id."""
        return {row.id: row for row in self.lines}


@dataclass(slots=True)
class _Day:
    """One day's plan; purchase orders and documents are asked for apart, so each is planned when it is."""

    planned: tuple[Document, ...] | None = None
    orders: tuple[PurchaseOrder, ...] | None = None
    books: Books | None = None

    @property
    def size(self) -> int:
        lines = sum(len(document.lines) for document in self.planned or ())
        return lines + sum(len(order.lines) for order in self.orders or ())


class Accounts:
    """Documents on demand, kept while they are used. `planned` gives the tills' planned orders of a day.

    `lock` is the world's own, since planning asks the world for orders. Live actions at the tills change no
    document: an invoice stays as it was posted.
    """

    def __init__(
        self, shop: Shop, planned: Callable[[int], Iterable[Order]], lock: AbstractContextManager[object]
    ) -> None:
        self._shop, self._at_tills, self._lock = shop, planned, lock
        self._days: OrderedDict[int, _Day] = OrderedDict()

    def books(self, ordinal: int, now: str) -> Books:
        """A day's documents at `now`."""
        with self._lock:
            planned = self.planned(ordinal)
            day = self._day(ordinal)
            if day.books is None or not day.books.since <= now < day.books.until:
                day.books = _books_of(planned, now)
            return day.books

    def planned(self, ordinal: int) -> tuple[Document, ...]:
        """Everything that will ever be dated a day, as first written."""
        with self._lock:
            day = self._day(ordinal)
            if day.planned is None:
                day.planned = self._plan(ordinal)
                self._forget_old()
            return day.planned

    def orders(self, ordinal: int, now: str) -> list[PurchaseOrder]:
        """A day's purchase orders at `now`, by id."""
        with self._lock:
            day = self._day(ordinal)
            if day.orders is None:
                day.orders = orders_of_day(self._shop, ordinal)
                self._forget_old()
            return [order for order in day.orders if order.created <= now]

    def _day(self, ordinal: int) -> _Day:
        day = self._days.setdefault(ordinal, _Day())
        self._days.move_to_end(ordinal)
        return day

    def _plan(self, ordinal: int) -> tuple[Document, ...]:
        invoiced = (order for order in self._at_tills(ordinal) if order.invoiced)
        first = ordinal * MOVE_LINE_STRIDE + 1
        tills = [
            till_invoice(self._shop, order, first + place * _TILL_LINES_EACH)
            for place, order in enumerate(sorted(invoiced, key=lambda order: order.id))
        ]
        documents = [
            *tills,
            *invoices_of_day(self._shop, ordinal),
            *bills_of_day(self._shop, ordinal),
            *entries_of_day(self._shop, ordinal),
        ]
        return tuple(sorted(documents, key=lambda document: document.id))

    def _forget_old(self) -> None:
        total = sum(day.size for day in self._days.values())
        while total > _KEEP_LINES and len(self._days) > _KEEP_DAYS:
            total -= self._days.popitem(last=False)[1].size


def entries_of_day(shop: Shop, ordinal: int) -> tuple[Document, ...]:
    """Entries that are neither sale nor purchase: the bank's fee, on Fridays."""
    day = calendar.date_of(ordinal)
    if ordinal < 0 or day.weekday() != 4:
        return ()
    move_id, first = ordinal * MOVE_STRIDE + _FIRST_ENTRY, ordinal * MOVE_LINE_STRIDE + _FIRST_ENTRY_LINE
    fee = 650_000 + 12_500 * (ordinal % 7)
    lines = (
        DocumentLine(first, "product", "Biaya admin bank", fee, quantity=1),
        DocumentLine(first + 1, "product", "Biaya admin bank", -fee, quantity=1),
    )
    number = f"MISC/{day.year}/{day.month:02d}/{move_id}"
    written = f"{calendar.local_moment(day, 57_600, shop.tz):%Y-%m-%d %H:%M:%S}.271828"
    return (
        Document(
            move_id, ordinal, "entry", number, number, "posted", None, IDR, 1, day.isoformat(), None, written,
            written, lines,
        ),
    )  # fmt: skip


def _books_of(planned: tuple[Document, ...], now: str) -> Books:
    moments = [document.created for document in planned]
    moments += [step.at for document in planned for step in document.steps]
    since = max((moment for moment in moments if moment <= now), default="")
    until = min((moment for moment in moments if moment > now), default=_FOREVER)
    return Books(since, until, [document.at(now) for document in planned if document.created <= now])
