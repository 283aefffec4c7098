"""Raw values of documents, their lines and purchase orders, field by field (see rows.py for what raw means)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from nk_demo.orm.day_model import Getter, Source
from nk_demo.orm.rows import COMPANY, constant
from nk_demo.world import calendar
from nk_demo.world.accounting_records import (
    IDR,
    MOVE_STRIDE,
    PURCHASE_LINE_STRIDE,
    Document,
    PurchaseLine,
    PurchaseOrder,
)
from nk_demo.world.accounts import LineRow
from nk_demo.world.documents import DIRECTION
from nk_demo.world.people import ADMIN

SALES_JOURNAL, BILLS_JOURNAL, MISC_JOURNAL = 1, 2, 3
_RECEIVABLE, _PAYABLE, _TAX_ACCOUNT, _INCOME, _EXPENSE = 6, 14, 17, 21, 26
_DRAFT_TITLES = {
    "out_invoice": "Draft Invoice",
    "out_refund": "Draft Credit Note",
    "in_invoice": "Draft Bill",
    "in_refund": "Draft Vendor Credit Note",
    "entry": "Draft Entry",
}
_SHOWN = {"product", "line_section", "line_note"}
_WHO: dict[str, Getter] = {"create_uid": constant(ADMIN), "write_uid": constant(ADMIN)}


@dataclass(slots=True, frozen=True)
class PurchaseRow:
    """A purchase order's line with its order."""

    id: int
    line: PurchaseLine
    order: PurchaseOrder


def move_label(document: Document) -> str:
    """As Odoo 16 names a move in pairs: drafts by their kind, numbers with the reference."""
    title = f"{_DRAFT_TITLES[document.move_type]} " if document.state == "draft" else ""
    name = f"(* {document.id})" if document.name == "/" else document.name
    return f"{title}{name} ({document.ref})" if document.ref else f"{title}{name}"


def line_label(row: LineRow) -> str:
    """The number, the reference and the line's own name."""
    document = row.document
    parts = [document.name] if document.name != "/" else []
    parts += [f"({document.ref})"] if document.ref else []
    return " ".join([*parts, row.line.name])


def order_label(order: PurchaseOrder) -> str:
    """The number with the vendor's reference."""
    return f"{order.name} ({order.ref})"


def _journal(document: Document) -> int:
    if document.move_type == "entry":
        return MISC_JOURNAL
    return BILLS_JOURNAL if document.move_type.startswith("in_") else SALES_JOURNAL


def _sign(document: Document) -> int:
    """+1 where money comes in (or a vendor gives it back), -1 where it goes out."""
    return -DIRECTION.get(document.move_type, -1)


def _total(document: Document) -> int:
    """Cents of the document's currency; an entry's debits."""
    if document.move_type == "entry":
        return sum(line.amount for line in document.lines if line.amount > 0)
    return document.total


def _payment_state(document: Document) -> str:
    return "paid" if document.paid and document.state == "posted" else "not_paid"


def _due(document: Document) -> str | None:
    if document.invoice_date is None:
        return None
    return (date.fromisoformat(document.invoice_date) + timedelta(days=30)).isoformat()


def move_getters(within: range) -> Mapping[str, Getter]:
    """account.move. `within` are the world's days: what a document names from before them is left out."""

    def reverses(move: Document) -> int | None:
        number = move.reversed_id
        return number if number is not None and number // MOVE_STRIDE in within else None

    return {
        **_WHO,
        "id": lambda move: move.id,
        "create_date": lambda move: move.created,
        "write_date": lambda move: move.written,
        "name": lambda move: move.name,
        "state": lambda move: move.state,
        "move_type": lambda move: move.move_type,
        "date": lambda move: move.date,
        "invoice_date": lambda move: move.invoice_date,
        "invoice_date_due": _due,
        "partner_id": lambda move: move.partner_id,
        "company_id": constant(COMPANY),
        "company_currency_id": constant(IDR),
        "currency_id": lambda move: move.currency,
        "invoice_origin": lambda move: move.origin,
        "ref": lambda move: move.ref,
        "reversed_entry_id": reverses,
        "pos_order_ids": lambda move: move.pos_orders,
        "invoice_line_ids": lambda move: tuple(line.id for line in move.lines if line.kind in _SHOWN),
        "line_ids": lambda move: tuple(line.id for line in move.lines),
        "journal_id": _journal,
        "invoice_user_id": lambda move: move.user_id,
        "payment_state": _payment_state,
        **_move_amounts(),
    }


def _move_amounts() -> Mapping[str, Getter]:
    """In the document's currency; `_signed` in the company's."""

    def signed(amount: int, move: Document) -> float:
        return (1 if move.move_type == "entry" else _sign(move)) * amount * move.rate / 100

    return {
        "amount_untaxed": lambda move: move.untaxed / 100,
        "amount_tax": lambda move: (move.total - move.untaxed) / 100,
        "amount_total": lambda move: _total(move) / 100,
        "amount_residual": lambda move: 0.0 if _payment_state(move) == "paid" else _total(move) / 100,
        "amount_untaxed_signed": lambda move: signed(move.untaxed, move),
        "amount_tax_signed": lambda move: signed(move.total - move.untaxed, move),
        "amount_total_signed": lambda move: signed(_total(move), move),
        "amount_total_in_currency_signed": lambda move: _sign(move) * _total(move) / 100,
    }


def line_getters(within: range) -> Mapping[str, Getter]:
    """account.move.line: what it has of its document, and its own. `within` as above, for purchase orders."""

    def ordered(row: LineRow) -> int | None:
        number = row.line.purchase_line
        return number if number is not None and number // PURCHASE_LINE_STRIDE in within else None

    return {
        **_WHO,
        "id": lambda row: row.id,
        "create_date": lambda row: row.document.created,
        "write_date": lambda row: row.document.written,
        "move_id": lambda row: row.document.id,
        "move_name": lambda row: row.document.name,
        "parent_state": lambda row: row.document.state,
        "date": lambda row: row.document.date,
        "move_type": lambda row: row.document.move_type,
        "journal_id": lambda row: _journal(row.document),
        "ref": lambda row: row.document.ref,
        "partner_id": lambda row: row.document.partner_id,
        "company_id": constant(COMPANY),
        "company_currency_id": constant(IDR),
        "currency_id": lambda row: row.document.currency,
        "purchase_order_id": lambda row: row.document.purchase_id if ordered(row) else None,
        "purchase_line_id": ordered,
        "display_type": lambda row: row.line.kind,
        "sequence": lambda row: 100 if row.line.kind in _SHOWN else 10_000,
        "name": lambda row: row.line.name,
        "product_id": lambda row: row.line.product.id if row.line.product else None,
        "product_uom_id": lambda row: row.line.uom,
        "tax_ids": lambda row: row.line.taxes,
        "tax_line_id": lambda row: row.line.tax_line,
        "account_id": _account,
        **_line_amounts(),
    }


def _line_amounts() -> Mapping[str, Getter]:
    """Prices in the document's currency; balance, debit and credit in the company's."""

    def balance(row: LineRow) -> int:
        return row.line.amount * row.document.rate

    return {
        "quantity": lambda row: float(row.line.quantity),
        "price_unit": lambda row: row.line.price / 100,
        "discount": lambda row: float(row.line.discount),
        "price_subtotal": lambda row: row.line.untaxed / 100,
        "price_total": lambda row: row.line.total / 100,
        "amount_currency": lambda row: row.line.amount / 100,
        "balance": lambda row: balance(row) / 100,
        "debit": lambda row: max(0, balance(row)) / 100,
        "credit": lambda row: max(0, -balance(row)) / 100,
    }


def _account(row: LineRow) -> int | None:
    kind, incoming = row.line.kind, row.document.move_type.startswith("out_")
    if kind in {"line_section", "line_note"}:
        return None
    if kind == "payment_term":
        return _RECEIVABLE if incoming else _PAYABLE
    if kind == "tax":
        return _TAX_ACCOUNT
    return _INCOME if incoming else _EXPENSE


def _order_written(order: PurchaseOrder, now: str) -> str:
    """Its bills are the last thing that happens to an order."""
    return max([order.created, *(at for _, at in order.bills if at <= now)])


def purchase_getters(source: Source) -> Mapping[str, Getter]:
    """purchase.order; its bills appear as they are entered."""
    now = source.now

    def billed(order: PurchaseOrder) -> tuple[int, ...]:
        return tuple(number for number, at in order.bills if at <= now)

    return {
        **_WHO,
        "id": lambda order: order.id,
        "create_date": lambda order: order.created,
        "write_date": lambda order: _order_written(order, now),
        "name": lambda order: order.name,
        "state": constant("purchase"),
        "partner_id": lambda order: order.partner_id,
        "partner_ref": lambda order: order.ref,
        "date_order": lambda order: order.ordered,
        "date_approve": lambda order: order.ordered,
        "date_planned": lambda order: _planned_for(order, source),
        "amount_untaxed": lambda order: sum(line.untaxed for line in order.lines) / 100,
        "amount_tax": lambda order: sum(line.total - line.untaxed for line in order.lines) / 100,
        "amount_total": lambda order: sum(line.total for line in order.lines) / 100,
        "currency_id": lambda order: order.currency,
        "company_id": constant(COMPANY),
        "user_id": constant(ADMIN),
        "order_line": lambda order: tuple(line.id for line in order.lines),
        "invoice_ids": billed,
        "invoice_count": lambda order: len(billed(order)),
        "invoice_status": lambda order: (
            "invoiced" if len(billed(order)) == len(order.bills) else "to invoice"
        ),
        "receipt_status": lambda order: "full" if billed(order) else "pending",
    }


def _planned_for(order: PurchaseOrder, source: Source) -> str:
    moment = calendar.local_moment(calendar.date_of(order.bill_day), 36_000, source.world.tz)
    return f"{moment:%Y-%m-%d %H:%M:%S}"


def purchase_line_getters(source: Source) -> Mapping[str, Getter]:
    """purchase.order.line; what it has of its order comes with it."""
    now = source.now

    def invoiced(row: PurchaseRow) -> float:
        return float(row.line.quantity) if any(at <= now for _, at in row.order.bills) else 0.0

    return {
        **_WHO,
        "id": lambda row: row.id,
        "create_date": lambda row: row.order.created,
        "write_date": lambda row: _order_written(row.order, now),
        "order_id": lambda row: row.order.id,
        "product_id": lambda row: row.line.product.id,
        "name": lambda row: row.line.product.display_name,
        "product_qty": lambda row: float(row.line.quantity),
        "product_uom": lambda row: row.line.uom,
        "product_uom_qty": lambda row: float(row.line.units),
        "qty_received": invoiced,
        "qty_invoiced": invoiced,
        "price_unit": lambda row: row.line.price / 100,
        "price_subtotal": lambda row: row.line.untaxed / 100,
        "price_tax": lambda row: (row.line.total - row.line.untaxed) / 100,
        "price_total": lambda row: row.line.total / 100,
        "taxes_id": lambda row: row.line.taxes,
        "date_planned": lambda row: _planned_for(row.order, source),
        "state": constant("purchase"),
        "partner_id": lambda row: row.order.partner_id,
        "currency_id": lambda row: row.order.currency,
        "company_id": constant(COMPANY),
        "sequence": constant(10),
    }
