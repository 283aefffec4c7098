"""What the demo shop sold, worked out from its own plan: nothing of nkdash is in these figures."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from playwright.sync_api import Page

from nk_demo.server import DemoServer
from nk_demo.totals import totals
from nk_demo.totals.invoices import invoice_totals
from nk_demo.world import calendar
from nk_demo.world.accounting_records import Document
from nk_demo.world.records import Order


@dataclass
class Sold:
    """Till and invoices of some days. Money in cents; products by their id."""

    revenue: int = 0
    untaxed: int = 0
    transactions: int = 0
    quantity: int = 0
    stores: dict[int, int] = field(default_factory=dict)
    products: dict[int, int] = field(default_factory=dict)


def sold(demo: DemoServer, start: date, end: date) -> Sold:
    """Everything that was sold from `start` to `end`, both included, as the shop stands now."""
    found = Sold()
    for day in totals(demo.world, start, end):
        found.revenue += day.all.revenue_cents
        found.untaxed += day.all.untaxed_cents
        found.transactions += day.all.orders - day.all.refund_orders
        found.quantity += day.all.quantity
        for store, measures in day.stores.items():
            found.stores[store] = found.stores.get(store, 0) + measures.revenue_cents
    for books in invoice_totals(demo.world, start, end):
        found.revenue += books.all.taxed_cents
        found.untaxed += books.all.untaxed_cents
        found.transactions += books.all.documents - books.all.refund_documents
        found.quantity += books.all.quantity
    for product, cents in _lines(demo, start, end):
        found.products[product] = found.products.get(product, 0) + cents
    return found


def customers_at_the_till(demo: DemoServer, start: date, end: date) -> dict[int, int]:
    """What every named customer paid, in cents, if they bought something and did not only bring it back."""
    paid: dict[int, int] = {}
    bought: set[int] = set()
    for order in _orders(demo, start, end):
        if order.partner_id is None:
            continue
        cents = sum(line.incl - line.extra for line in order.lines)
        paid[order.partner_id] = paid.get(order.partner_id, 0) + cents
        if any(line.qty >= 0 for line in order.lines):
            bought.add(order.partner_id)
    return {customer: cents for customer, cents in paid.items() if customer in bought}


def rupiah(cents: int | Decimal) -> str:
    """As the page writes it, in Indonesian, to the rupiah."""
    text = f"{round(Decimal(cents) / 100):,}".replace(",", ".")
    return f"Rp {text}" if not text.startswith("-") else f"\u2212Rp {text[1:]}"


def count(number: int) -> str:
    return f"{number:,}".replace(",", ".")


def card(page: Page, name: str) -> str:
    """A KPI card's value in full, blanks made plain."""
    found = page.locator(".kpi").filter(has=page.get_by_role("heading", name=name, exact=True))
    value = found.locator(".kpi-value")
    return plain(value.get_attribute("title") or value.inner_text())


def plain(text: str) -> str:
    return text.replace("\u00a0", " ").strip()


def _lines(demo: DemoServer, start: date, end: date) -> Iterator[tuple[int, int]]:
    """Product and cents of every line that counts."""
    for order in _orders(demo, start, end):
        for line in order.lines:
            yield line.product.id, line.incl - line.extra
    for document in _invoices(demo, start, end):
        sign = -1 if document.move_type.endswith("_refund") else 1
        for entry in document.product_lines:
            if entry.product:
                yield entry.product.id, sign * entry.total * document.rate


def _orders(demo: DemoServer, start: date, end: date) -> Iterator[Order]:
    world, now = demo.world, demo.world.now()
    around = range(calendar.ordinal_of(start) - 1, calendar.ordinal_of(end) + 2)
    for ordinal in sorted({*around, *world.redated} & {*world.days(now)}):
        for order in world.snapshot(ordinal, now).orders:
            moment = datetime.fromisoformat(order.ordered).replace(tzinfo=UTC)
            if order.counted and start <= moment.astimezone(world.tz).date() <= end:
                yield order


def _invoices(demo: DemoServer, start: date, end: date) -> Iterator[Document]:
    world, now = demo.world, demo.world.now()
    for at in range((end - start).days + 1):
        ordinal = calendar.ordinal_of(start + timedelta(days=at))
        for planned in world.accounts.planned(ordinal) if ordinal in world.days(now) else ():
            document = planned.at(now)
            entered = document.created <= now and document.counted and not document.pos_orders
            if entered and document.move_type in {"out_invoice", "out_refund"}:
                yield document
