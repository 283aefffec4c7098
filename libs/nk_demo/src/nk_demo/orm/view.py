"""The world seen as Odoo's tables, at one moment, for one call."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from nk_demo.orm import errors, rows, schema
from nk_demo.orm.domain import Node
from nk_demo.orm.masters import OUTSIDE, master_rows
from nk_demo.orm.narrowing import STRIDES, candidate_days
from nk_demo.world.records import Order
from nk_demo.world.world import Snapshot, World

DAILY = frozenset({"pos.order", "pos.order.line", "pos.payment", "pos.session"})
_PARENTS = {"product.category": "parent_id", "res.partner": "parent_id"}
_EMPTY = {"boolean": False, "integer": 0, "float": 0.0, "monetary": 0.0, "one2many": (), "many2many": ()}


@dataclass(slots=True, frozen=True)
class Visibility:
    """What this call is not to find, as faults or rights have it."""

    missing_models: frozenset[str] = frozenset()
    missing_fields: frozenset[tuple[str, str]] = frozenset()
    refused_models: frozenset[str] = frozenset()
    refused_fields: frozenset[tuple[str, str]] = frozenset()


@dataclass
class Tables:
    """What stays the same between calls: the rows of the small models, by id."""

    world: World
    by_model: dict[str, dict[int, rows.Row]] = field(init=False)

    def __post_init__(self) -> None:
        self.by_model = {
            name: {row["id"]: row for row in table} for name, table in master_rows(self.world.shop).items()
        }
        listed = enumerate(sorted(schema.models()), 1)
        self.by_model["ir.model"] = {
            number: {"id": number, "model": name, "name": schema.models()[name].title}
            for number, name in listed
        }


class View:
    """One call's view. Implements what matching, ordering and reading look up."""

    def __init__(self, tables: Tables, visibility: Visibility | None = None) -> None:
        self.world = tables.world
        self.now = tables.world.now()
        self.visibility = visibility or Visibility()
        self._rows = tables.by_model
        self._within = tables.world.days(self.now)
        self._getters: dict[str, dict[str, rows.Getter]] = {}
        self._labels: dict[tuple[str, int], str] = {}

    def model(self, name: str) -> schema.Model:
        """A model's fields. Raises `UserError` for one that is not there."""
        model = schema.models().get(name)
        if model is None or name in self.visibility.missing_models:
            raise errors.missing_model(name)
        gone = {one for place, one in self.visibility.missing_fields if place == name}
        if not gone:
            return model
        kept = {one: value for one, value in model.fields.items() if one not in gone}
        return replace(model, fields=kept)

    def getter(self, model: str, name: str) -> rows.Getter:
        """The raw value of a field, as a function of a record."""
        if name == "display_name" and model in DAILY:
            return lambda record: self.label(model, record.id)
        found = self._day_getters(model).get(name) if model in DAILY else _master_getter(model, name)
        if found is None:
            empty = _EMPTY.get(schema.models()[model].fields[name].type)
            return lambda _record: empty
        return found

    def record(self, model: str, record_id: int) -> Any:
        """A record by its id, archived or not; None where there is none."""
        if model in DAILY:
            day = record_id // STRIDES[model]
            return self._day_index(model, day).get(record_id) if day in self._within else None
        return self._rows.get(model, {}).get(record_id)

    def by_ids(self, model: str, ids: Iterable[Any]) -> list[Any]:
        """Records in the order of the ids; missing ones are left out."""
        wanted = list(ids)
        if model not in DAILY:
            table = self._rows[model]
            return [table[one] for one in wanted if one in table]
        stride, within = STRIDES[model], self._within
        days = {one // stride for one in wanted if isinstance(one, int)}
        indexes = {day: self._day_index(model, day) for day in days if day in within}
        found = (indexes.get(one // stride, {}).get(one) for one in wanted if isinstance(one, int))
        return [record for record in found if record is not None]

    def chunks(self, model: str, node: Node, *, backwards: bool = False) -> Iterator[list[Any]]:
        """Records that may match, day by day (all at once for the small models)."""
        if model not in DAILY:
            yield list(self._rows[model].values())
            return
        days = candidate_days(node, model, self.world, self.now)
        for day in reversed(days) if backwards else days:
            yield self._day_rows(model, day)

    def label(self, model: str, record_id: int) -> str:
        """The display name of a record; also of records that lie outside the world's days."""
        key = (model, record_id)
        if key not in self._labels:
            self._labels[key] = self._label(model, record_id)
        return self._labels[key]

    def own_label(self, model: str, name: str) -> Callable[[Any], str] | None:
        """The label of a many2one where the record itself tells it, without looking the other one up."""
        if (model, name) == ("pos.order.line", "refunded_orderline_id"):
            return lambda line: str(line.product.display_name)
        return None

    def count(self, model: str) -> int | None:
        """All rows of a model if that is known without looking at each; days that are over are remembered."""
        place = {"pos.order": 0, "pos.order.line": 1, "pos.payment": 2}.get(model)
        if place is None:
            return None
        return sum(self.world.size(day, self.now)[place] for day in self._within)

    def relatives(self, model: str, ids: list[int], operator: str) -> set[int]:
        """The ids with everything below (child_of) or above (parent_of) them."""
        parent = _PARENTS.get(model)
        table = self._rows.get(model, {})
        found, ring = set(ids), set(ids)
        while parent and ring:
            if operator == "child_of":
                ring = {number for number, row in table.items() if row[parent] in ring} - found
            else:
                ring = {table[one][parent] for one in ring if one in table} - found - {None}
            found |= ring
        return found

    def _label(self, model: str, record_id: int) -> str:
        special: dict[str, Callable[[int], str | None]] = {
            "pos.session": rows.session_name,
            "pos.order": self._order_label,
            "account.move": self._invoice_label,
            "pos.order.line": self._line_label,
            "pos.payment": self._payment_label,
        }
        if model in special:
            label = special[model](record_id)
        else:
            row = self.record(model, record_id)
            label = str(row["display_name"]) if row else OUTSIDE.get(model, {}).get(record_id)
        return label or f"{model},{record_id}"

    def _order_label(self, order_id: int) -> str | None:
        # A refund of the first days names a sale from before the world's history.
        order = self.order(order_id) or self.world.planned_order(order_id)
        return order.name if order else None

    def _invoice_label(self, order_id: int) -> str | None:
        order = self.order(order_id)
        return rows.invoice_name(order) if order else None

    def _line_label(self, line_id: int) -> str | None:
        line = self.record("pos.order.line", line_id)
        return str(line.product.display_name) if line else None

    def _payment_label(self, payment_id: int) -> str | None:
        row = self.record("pos.payment", payment_id)
        return f"{self.label('pos.payment.method', row.method_id)} {row.amount / 100:.2f}" if row else None

    def order(self, order_id: int) -> Order | None:
        """An order of this moment."""
        return self.world.order(order_id, self.now)

    @cached_property
    def _sessions(self) -> dict[int, dict[int, rows.Session]]:
        return {}

    def _day_getters(self, model: str) -> dict[str, rows.Getter]:
        if model not in self._getters:
            make: dict[str, Callable[[], dict[str, rows.Getter]]] = {
                "pos.order": lambda: rows.order_getters(self.world.shop),
                "pos.order.line": rows.line_getters,
                "pos.payment": lambda: rows.payment_getters(self.world.shop, self.order),
                "pos.session": rows.session_getters,
            }
            self._getters[model] = make[model]()
        return self._getters[model]

    def _day_rows(self, model: str, day: int) -> list[Any]:
        snapshot = self.world.snapshot(day, self.now)
        if model == "pos.order":
            return snapshot.orders
        if model == "pos.order.line":
            return snapshot.lines
        if model == "pos.payment":
            return snapshot.payments
        return list(self._day_sessions(day, snapshot).values())

    def _day_index(self, model: str, day: int) -> dict[int, Any]:
        snapshot = self.world.snapshot(day, self.now)
        if model == "pos.order":
            return snapshot.orders_by_id
        if model == "pos.order.line":
            return snapshot.lines_by_id
        if model == "pos.payment":
            return snapshot.payments_by_id
        return self._day_sessions(day, snapshot)

    def _day_sessions(self, day: int, snapshot: Snapshot) -> dict[int, rows.Session]:
        if day not in self._sessions:
            made = rows.sessions_of(self.world.shop, day, snapshot.orders, self.now)
            self._sessions[day] = {session.id: session for session in made}
        return self._sessions[day]


def _master_getter(model: str, name: str) -> rows.Getter:
    empty = _EMPTY.get(schema.models()[model].fields[name].type)
    return lambda row: row.get(name, empty)
