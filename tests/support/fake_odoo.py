"""An Odoo of a few records in memory: just enough of `Transport` for the extractor's unit tests.

The demo Odoo speaks the real protocol; this one is for cases that must be exact or broken on purpose.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Records = dict[str, list[dict[str, Any]]]


class FakeOdoo:
    """Implements `Transport` over `records`. `hooks` may change or break an answer: (method, answer) -> answer."""

    def __init__(self, records: Records, fields: dict[str, dict[str, Any]] | None = None) -> None:
        self.records = records
        self.calls: list[tuple[str, str]] = []
        self.read_ids: list[list[int]] = []
        self.hook: Callable[[str, str, Any], Any] = lambda _model, _method, answer: answer
        self._fields = fields or {}

    def call(self, model: str, method: str, args: list[Any], kwargs: dict[str, Any]) -> Any:
        self.calls.append((model, method))
        answer = getattr(self, f"_{method}")(model, *args, **kwargs)
        return self.hook(model, method, answer)

    def _matching(self, model: str, domain: list[Any]) -> list[dict[str, Any]]:
        return [r for r in self.records.get(model, []) if all(_holds(r, leaf) for leaf in domain)]

    def _search(self, model: str, domain: list[Any], **_: Any) -> list[int]:
        return sorted(r["id"] for r in self._matching(model, domain))

    def _read(self, model: str, ids: list[int], *, fields: list[str], **_: Any) -> list[dict[str, Any]]:
        self.read_ids.append(ids)
        by_id = {r["id"]: r for r in self.records.get(model, [])}
        return [{"id": i, **{f: by_id[i].get(f, False) for f in fields}} for i in ids if i in by_id]

    def _search_read(
        self, model: str, domain: list[Any], *, fields: list[str], order: str, limit: int, **_: Any
    ) -> list[dict[str, Any]]:
        rows = self._matching(model, domain)
        for part in reversed(order.split(",")):
            key, *direction = part.split()
            rows = sorted(rows, key=lambda r: r[key], reverse=direction == ["desc"])
        return [{"id": r["id"], **{f: r.get(f, False) for f in fields}} for r in rows[:limit]]

    def _read_group(self, model: str, domain: list[Any], *_: Any, **__: Any) -> list[dict[str, Any]]:
        rows = self._matching(model, domain)
        return [{"__count": len(rows), "write_date": max((r["write_date"] for r in rows), default=False)}]

    def _fields_get(self, model: str, **_: Any) -> dict[str, Any]:
        if model in self._fields:
            return self._fields[model]
        known = [*_TEMPLATES.get(model, []), *self.records.get(model, [])]
        return {name: {"type": _kind(value)} for record in known for name, value in record.items()}


def _holds(record: dict[str, Any], leaf: list[Any]) -> bool:
    field, operator, value = leaf
    held = record.get(field, False)
    match operator:
        case "in":
            return held in value
        case ">=":
            return bool(held >= value)
        case "<":
            return bool(held < value)
        case ">":
            return bool(held > value)
        case "!=":
            return bool(held != value)
    raise AssertionError(f"FakeOdoo does not know {operator!r}")


def order(order_id: int, date_order: str, **changes: Any) -> dict[str, Any]:
    """A counted order of store 1 with line `order_id * 10` and payment `order_id * 100`."""
    return {
        "id": order_id, "name": f"Toko/{order_id:04d}", "pos_reference": f"Order {order_id}",
        "date_order": date_order, "state": "paid", "config_id": 1, "session_id": 1, "user_id": 6,
        "employee_id": 3, "partner_id": False, "company_id": 1, "amount_total": 100.0, "amount_tax": 0.0,
        "currency_rate": 1.0, "account_move": False, "lines": [order_id * 10],
        "payment_ids": [order_id * 100], "create_date": date_order, "write_date": date_order, **changes,
    }  # fmt: skip


def line(line_id: int, order_id: int, **changes: Any) -> dict[str, Any]:
    return {
        "id": line_id, "order_id": order_id, "product_id": 7, "qty": 1.0, "price_unit": 100.0,
        "discount": 0.0, "price_subtotal": 100.0, "price_subtotal_incl": 100.0,
        "refunded_orderline_id": False, "x_studio_discount_amount": 0.0,
        "write_date": "2026-01-06 00:00:00", **changes,
    }  # fmt: skip


def payment(payment_id: int, order_id: int, **changes: Any) -> dict[str, Any]:
    return {
        "id": payment_id, "pos_order_id": order_id, "payment_method_id": 5, "amount": 100.0,
        "payment_date": "2026-01-06 00:00:00", "is_change": False, **changes,
    }  # fmt: skip


def shop(*orders: dict[str, Any]) -> FakeOdoo:
    """An Odoo with these orders, each with its one line and one payment."""
    return FakeOdoo(
        {
            "pos.order": list(orders),
            "pos.order.line": [line(o["id"] * 10, o["id"]) for o in orders],
            "pos.payment": [payment(o["id"] * 100, o["id"]) for o in orders],
        }
    )


def _kind(value: Any) -> str:
    return {bool: "many2one", float: "float", int: "integer", list: "one2many"}.get(type(value), "char")


_TEMPLATES = {
    "pos.order": [order(1, "2026-01-06 00:00:00")],
    "pos.order.line": [line(1, 1)],
    "pos.payment": [payment(1, 1)],
}
"""What the models have even when there are no records."""
