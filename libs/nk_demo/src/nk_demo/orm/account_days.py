"""The office's day-planned models: documents with their lines, purchase orders with theirs."""

from nk_demo.orm import account_rows
from nk_demo.orm.day_model import DayModel, Source
from nk_demo.world.accounting_records import (
    LAST_ACCOUNT_WRITE,
    MOVE_LINE_STRIDE,
    MOVE_STRIDE,
    PURCHASE_LINE_STRIDE,
    PURCHASE_STRIDE,
)
from nk_demo.world.accounts import Books


def _books(source: Source, day: int) -> Books:
    return source.world.accounts.books(day, source.now)


def _move_label(source: Source, move_id: int) -> str | None:
    move = source.record("account.move", move_id)
    return account_rows.move_label(move) if move else None


def _line_label(source: Source, line_id: int) -> str | None:
    row = source.record("account.move.line", line_id)
    return account_rows.line_label(row) if row else None


def _order_label(source: Source, order_id: int) -> str | None:
    order = source.record("purchase.order", order_id)
    return account_rows.order_label(order) if order else None


def _order_line_label(source: Source, line_id: int) -> str | None:
    row = source.record("purchase.order.line", line_id)
    return str(row.line.product.display_name) if row else None


def _order_lines(source: Source, day: int) -> list[account_rows.PurchaseRow]:
    orders = source.world.accounts.orders(day, source.now)
    return [account_rows.PurchaseRow(line.id, line, order) for order in orders for line in order.lines]


ACCOUNT_DAYS = (
    DayModel(
        "account.move",
        MOVE_STRIDE,
        rows=lambda source, day: _books(source, day).documents,
        index=lambda source, day: _books(source, day).documents_by_id,
        getters=lambda source: account_rows.move_getters(source.world.days(source.now)),
        label=_move_label,
        dates=frozenset({"date"}),
        relations={
            "line_ids": "account.move.line",
            "invoice_line_ids": "account.move.line",
            "pos_order_ids": "pos.order",
        },
        last_write=LAST_ACCOUNT_WRITE,
        ordered=frozenset({"id", "date"}),
    ),
    DayModel(
        "account.move.line",
        MOVE_LINE_STRIDE,
        rows=lambda source, day: _books(source, day).lines,
        index=lambda source, day: _books(source, day).lines_by_id,
        getters=lambda source: account_rows.line_getters(source.world.days(source.now)),
        label=_line_label,
        dates=frozenset({"date"}),
        relations={"move_id": "account.move"},
        last_write=LAST_ACCOUNT_WRITE,
        ordered=frozenset({"id", "date"}),
    ),
    DayModel(
        "purchase.order",
        PURCHASE_STRIDE,
        rows=lambda source, day: source.world.accounts.orders(day, source.now),
        getters=account_rows.purchase_getters,
        label=_order_label,
        times={"date_order": 0, "date_approve": 0},
        relations={"order_line": "purchase.order.line"},
        last_write=LAST_ACCOUNT_WRITE,
        ordered=frozenset({"id", "date_order"}),
    ),
    DayModel(
        "purchase.order.line",
        PURCHASE_LINE_STRIDE,
        rows=_order_lines,
        getters=account_rows.purchase_line_getters,
        label=_order_line_label,
        relations={"order_id": "purchase.order"},
        last_write=LAST_ACCOUNT_WRITE,
    ),
)
