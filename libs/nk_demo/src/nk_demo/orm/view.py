"""The world seen as Odoo's tables, at one moment, for one call."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from nk_demo.orm import errors, rows, schema
from nk_demo.orm.daily import day_models
from nk_demo.orm.day_model import DayModel
from nk_demo.orm.domain import Node
from nk_demo.orm.masters import OUTSIDE, master_rows
from nk_demo.orm.narrowing import candidate_days
from nk_demo.orm.versions import Edition
from nk_demo.world.world import World

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

    def __init__(
        self, tables: Tables, visibility: Visibility | None = None, edition: Edition | None = None
    ) -> None:
        self.world = tables.world
        self.now = tables.world.now()
        self.visibility = visibility or Visibility()
        self._edition = edition or Edition()
        self._rows = tables.by_model
        self._within = tables.world.days(self.now)
        self._daily = day_models()
        self._getters: dict[str, Mapping[str, rows.Getter]] = {}
        self._indexes: dict[tuple[str, int], dict[int, Any]] = {}
        self._labels: dict[tuple[str, int], str] = {}

    def named_model(self, name: str) -> schema.Model:
        """The model that a client names. Raises `UserError` for one that is not there."""
        native = self._edition.native_model(name)
        if native is None:
            raise errors.missing_model(name)
        return self.model(native)

    def model(self, name: str) -> schema.Model:
        """A model's fields, by its Odoo 16 name. Raises `UserError` for one that is not there."""
        model = schema.models().get(name)
        if model is None or name in self.visibility.missing_models or not self._edition.has_model(name):
            raise errors.missing_model(name)
        model = self._edition.present(model)
        gone = {one for place, one in self.visibility.missing_fields if place == name}
        if not gone:
            return model
        kept = {one: value for one, value in model.fields.items() if one not in gone}
        return replace(model, fields=kept)

    def getter(self, model: str, name: str) -> rows.Getter:
        """The raw value of a field, as a function of a record."""
        return self._edition.getter(model, name, lambda native: self._native_getter(model, native))

    def _native_getter(self, model: str, name: str) -> rows.Getter:
        entry = self._daily.get(model)
        if entry is None:
            return _master_getter(model, name)
        if name == "display_name":
            return lambda record: self.label(model, record.id)
        found = self._day_getters(entry).get(name)
        if found is None:
            empty = _EMPTY.get(schema.models()[model].fields[name].type)
            return lambda _record: empty
        return found

    def record(self, model: str, record_id: int) -> Any:
        """A record by its id, archived or not; None where there is none."""
        entry = self._daily.get(model)
        if entry is not None:
            day = record_id // entry.stride
            return self._day_index(entry, day).get(record_id) if day in self._within else None
        return self._rows.get(model, {}).get(record_id)

    def by_ids(self, model: str, ids: Iterable[Any]) -> list[Any]:
        """Records in the order of the ids; missing ones are left out."""
        wanted = list(ids)
        entry = self._daily.get(model)
        if entry is None:
            table = self._rows[model]
            return [table[one] for one in wanted if one in table]
        stride, within = entry.stride, self._within
        days = {one // stride for one in wanted if isinstance(one, int)}
        indexes = {day: self._day_index(entry, day) for day in days if day in within}
        found = (indexes.get(one // stride, {}).get(one) for one in wanted if isinstance(one, int))
        return [record for record in found if record is not None]

    def chunks(self, model: str, node: Node, *, backwards: bool = False) -> Iterator[list[Any]]:
        """Records that may match, day by day (all at once for the small models)."""
        entry = self._daily.get(model)
        if entry is None:
            yield list(self._rows[model].values())
            return
        days = candidate_days(node, entry, self.world, self.now)
        for day in reversed(days) if backwards else days:
            yield entry.rows(self, day)

    def label(self, model: str, record_id: int) -> str:
        """The display name of a record; also of records that lie outside the world's days."""
        key = (model, record_id)
        if key not in self._labels:
            self._labels[key] = self._label(model, record_id)
        return self._labels[key]

    def own_label(self, model: str, name: str) -> Callable[[Any], str] | None:
        """The label of a many2one where the record itself tells it, without looking the other one up."""
        entry = self._daily.get(model)
        return entry.own_labels.get(name) if entry else None

    def ordered(self, model: str, name: str) -> bool:
        """Whether a field rises with the days that `chunks` goes through."""
        entry = self._daily.get(model)
        return entry is not None and name in entry.ordered and (name == "id" or not self.world.redated)

    def count(self, model: str) -> int | None:
        """All rows of a model if that is known without looking at each; days that are over are remembered."""
        entry = self._daily.get(model)
        if entry is None or entry.count is None:
            return None
        return sum(entry.count(self, day) for day in self._within)

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
        entry = self._daily.get(model)
        if entry is not None:
            label = entry.label(self, record_id)
        else:
            row = self.record(model, record_id)
            label = str(row["display_name"]) if row else OUTSIDE.get(model, {}).get(record_id)
        return label or f"{model},{record_id}"

    def _day_getters(self, entry: DayModel) -> Mapping[str, rows.Getter]:
        if entry.name not in self._getters:
            self._getters[entry.name] = entry.getters(self)
        return self._getters[entry.name]

    def _day_index(self, entry: DayModel, day: int) -> dict[int, Any]:
        if entry.index is not None:
            return entry.index(self, day)
        key = (entry.name, day)
        if key not in self._indexes:
            self._indexes[key] = {row.id: row for row in entry.rows(self, day)}
        return self._indexes[key]


def _master_getter(model: str, name: str) -> rows.Getter:
    empty = _EMPTY.get(schema.models()[model].fields[name].type)
    return lambda row: row.get(name, empty)
