"""The tills' day-planned models: orders, their lines and payments, and sessions."""

from collections.abc import Callable
from operator import itemgetter

from nk_demo.orm import rows
from nk_demo.orm.day_model import DayModel, Source
from nk_demo.world import planner
from nk_demo.world.records import Order
from nk_demo.world.world import Snapshot, World


def _snapshot(source: Source, day: int) -> Snapshot:
    return source.world.snapshot(day, source.now)


def _order_of(source: Source) -> Callable[[int], Order | None]:
    return lambda order_id: source.world.order(order_id, source.now)


def _size(place: int) -> Callable[[Source, int], int]:
    take = itemgetter(place)
    return lambda source, day: int(take(source.world.size(day, source.now)))


def _touched(world: World, text: str) -> set[int]:
    return world.touched_since(text)


def _order_label(source: Source, order_id: int) -> str | None:
    # A refund of the first days names a sale from before the world's history.
    order = source.world.order(order_id, source.now) or source.world.planned_order(order_id)
    return order.name if order else None


def _line_label(source: Source, line_id: int) -> str | None:
    line = source.record("pos.order.line", line_id)
    return str(line.product.display_name) if line else None


def _payment_label(source: Source, payment_id: int) -> str | None:
    row = source.record("pos.payment", payment_id)
    return f"{source.label('pos.payment.method', row.method_id)} {row.amount / 100:.2f}" if row else None


def _sessions(source: Source, day: int) -> list[rows.Session]:
    return rows.sessions_of(source.world.shop, day, _snapshot(source, day).orders, source.now)


POS_DAYS = (
    DayModel(
        "pos.order",
        planner.ORDER_STRIDE,
        rows=lambda source, day: _snapshot(source, day).orders,
        index=lambda source, day: _snapshot(source, day).orders_by_id,
        getters=lambda source: rows.order_getters(source.world.shop),
        label=_order_label,
        times={"date_order": 0},
        relations={
            "session_id": "pos.session", "lines": "pos.order.line", "payment_ids": "pos.payment",
        },
        touched=_touched,
        ordered=frozenset({"id", "date_order"}),
        count=_size(0),
    ),
    DayModel(
        "pos.order.line",
        planner.LINE_STRIDE,
        rows=lambda source, day: _snapshot(source, day).lines,
        index=lambda source, day: _snapshot(source, day).lines_by_id,
        getters=lambda _source: rows.line_getters(),
        label=_line_label,
        relations={"order_id": "pos.order"},
        touched=_touched,
        count=_size(1),
        own_labels={"refunded_orderline_id": lambda line: str(line.product.display_name)},
    ),
    DayModel(
        "pos.payment",
        planner.PAYMENT_STRIDE,
        rows=lambda source, day: _snapshot(source, day).payments,
        index=lambda source, day: _snapshot(source, day).payments_by_id,
        getters=lambda source: rows.payment_getters(source.world.shop, _order_of(source)),
        label=_payment_label,
        # A tab may be paid after midnight.
        times={"payment_date": 1},
        relations={"pos_order_id": "pos.order", "session_id": "pos.session"},
        touched=_touched,
        count=_size(2),
    ),
    DayModel(
        "pos.session",
        planner.SESSION_STRIDE,
        rows=_sessions,
        getters=lambda _source: rows.session_getters(),
        label=lambda _source, number: rows.session_name(number),
        times={"start_at": 0},
        touched=_touched,
        ordered=frozenset({"id", "start_at"}),
    ),
)  # fmt: skip
