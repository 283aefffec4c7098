"""Raw values of the orders' models: field by field, a function from a record to what its column holds.

Raw means: None for null, an id for a many2one, a tuple of ids for the to-many relations, UTC text for a datetime.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from nk_demo.world import calendar
from nk_demo.world.people import ADMIN, Store
from nk_demo.world.planner import SESSION_STRIDE, Shop
from nk_demo.world.records import Line, Order, Payment, as_text

Getter = Callable[[Any], Any]
Row = dict[str, Any]
COMPANY, CURRENCY, PRICELIST, UNIT = 1, 13, 1, 1


@dataclass(slots=True, frozen=True)
class Session:
    """A store's day at the till."""

    id: int
    store: Store
    start: str
    stop: str | None
    orders: tuple[int, ...]


def session_id(day: int, store: int) -> int:
    """The id of a store's session of a day."""
    return day * SESSION_STRIDE + store + 1


def session_name(number: int) -> str:
    """As Odoo numbers them."""
    return f"POS/{number:05d}"


def sessions_of(shop: Shop, day: int, orders: list[Order], now: str) -> list[Session]:
    """The sessions of one day's visible orders."""
    found = []
    for store in shop.people.stores:
        mine = tuple(order.id for order in orders if order.store == store.index)
        if mine:
            start = as_text(calendar.start_of(calendar.date_of(day), shop.tz))
            stop = as_text(calendar.closing_of(calendar.date_of(day), store.index, shop.tz))
            found.append(
                Session(session_id(day, store.index), store, start, stop if stop <= now else None, mine)
            )
    return found


def constant(value: Any) -> Getter:
    """A getter that gives the same for every record."""
    return lambda _record: value


_NULL = constant(None)
_COMMON: dict[str, Getter] = {
    "id": lambda record: record.id,
    "create_date": lambda record: record.created,
    "write_date": lambda record: record.written,
    "create_uid": constant(ADMIN),
    "write_uid": constant(ADMIN),
    "company_id": constant(COMPANY),
    "currency_id": constant(CURRENCY),
}


def _reference(order: Order) -> str:
    return f"Order {session_id(order.day, order.store):05d}-{order.store + 1:03d}-{order.seq:04d}"


def order_getters(shop: Shop) -> dict[str, Getter]:
    """pos.order."""
    stores, employees = shop.people.stores, shop.people.employees

    getters: dict[str, Getter] = {
        **_COMMON,
        "name": lambda order: order.name,
        "date_order": lambda order: order.ordered,
        "state": lambda order: order.state,
        "config_id": lambda order: stores[order.store].config_id,
        "session_id": lambda order: session_id(order.day, order.store),
        "user_id": lambda order: stores[order.store].user_id,
        "employee_id": lambda order: order.employee_id,
        "cashier": lambda order: employees[order.employee_id],
        "partner_id": lambda order: order.partner_id,
        "amount_total": lambda order: order.total / 100,
        "amount_tax": lambda order: (order.total - order.untaxed) / 100,
        "amount_paid": lambda order: order.paid / 100,
        "amount_return": lambda order: order.given_back / 100,
        "pos_reference": _reference,
        "sequence_number": lambda order: order.seq,
        "lines": lambda order: tuple(line.id for line in order.lines),
        # Payments are ordered by id, newest first, in Odoo.
        "payment_ids": lambda order: tuple(row.id for row in reversed(order.payments)),
        "account_move": lambda order: order.id if order.invoiced else None,
        "to_invoice": lambda order: order.invoiced,
        "is_invoiced": lambda order: order.invoiced,
        "refunded_order_ids": lambda order: order.refunded_orders,
        "pricelist_id": constant(PRICELIST),
        "currency_rate": constant(1.0),
    }
    return getters


def line_getters() -> dict[str, Getter]:
    """pos.order.line."""

    def taxes(line: Line) -> tuple[int, ...]:
        return (line.product.tax_id,)

    getters: dict[str, Getter] = {
        **_COMMON,
        "name": lambda line: f"Line/{line.id}",
        "order_id": lambda line: line.order_id,
        "product_id": lambda line: line.product.id,
        "full_product_name": lambda line: line.product.full_name,
        "qty": lambda line: float(line.qty),
        "price_unit": lambda line: line.price / 100,
        "discount": lambda line: float(line.discount),
        "price_subtotal": lambda line: line.untaxed / 100,
        "price_subtotal_incl": lambda line: line.incl / 100,
        "tax_ids": taxes,
        "tax_ids_after_fiscal_position": taxes,
        "product_uom_id": constant(UNIT),
        "refunded_orderline_id": lambda line: line.refunded_line,
        "pack_lot_ids": constant(()),
        "refund_orderline_ids": constant(()),
        "refunded_qty": constant(0.0),
        "total_cost": lambda line: line.qty * line.product.cost / 100,
        "x_studio_discount_amount": lambda line: line.extra / 100,
    }
    return getters


def payment_getters(shop: Shop, order_of: Callable[[int], Order | None]) -> dict[str, Getter]:
    """pos.payment; `order_of` finds the order, whose store and customer the payment shows."""

    def session(row: Payment) -> int | None:
        order = order_of(row.order_id)
        return None if order is None else session_id(order.day, order.store)

    def partner(row: Payment) -> int | None:
        order = order_of(row.order_id)
        return None if order is None else order.partner_id

    return {
        **_COMMON,
        "name": lambda row: "return" if row.is_change else None,
        "pos_order_id": lambda row: row.order_id,
        "amount": lambda row: row.amount / 100,
        "payment_method_id": lambda row: row.method_id,
        "payment_date": lambda row: row.paid,
        "is_change": lambda row: row.is_change,
        "session_id": session,
        "partner_id": partner,
    }


def session_getters() -> dict[str, Getter]:
    """pos.session."""
    return {
        **_COMMON,
        "create_date": lambda session: session.start,
        "write_date": lambda session: session.stop or session.start,
        "name": lambda session: session_name(session.id),
        "config_id": lambda session: session.store.config_id,
        "user_id": lambda session: session.store.user_id,
        "start_at": lambda session: session.start,
        "stop_at": lambda session: session.stop,
        "state": lambda session: "closed" if session.stop else "opened",
        "order_ids": lambda session: session.orders,
    }
