"""The models and fields of the demo, as fields_get describes them (fields/*.json, cut from the recorded server)."""

from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

import orjson

NUMERIC = {"integer", "float", "monetary"}
TO_MANY = {"one2many", "many2many"}


@dataclass(slots=True, frozen=True)
class Field:
    """One field."""

    name: str
    type: str
    string: str
    relation: str
    required: bool
    store: bool
    # Kept in the parent's table (a variant's category is its template's): no column of its own, yet one to use.
    inherited: bool

    @property
    def kept(self) -> bool:
        """Whether some table keeps it."""
        return self.store or self.inherited

    @property
    def column(self) -> bool:
        """Whether there is a column of it, which grouping, aggregating and ordering need."""
        return self.kept and self.type not in TO_MANY

    def describe(self) -> dict[str, Any]:
        """All attributes, as fields_get gives them without a list of attributes."""
        described: dict[str, Any] = {
            "change_default": False,
            "company_dependent": False,
            "default_export_compatible": False,
            "depends": [],
            "exportable": True,
            "manual": self.name.startswith("x_"),
            "name": self.name,
            "readonly": not self.store or self.name in {"id", "create_date", "write_date"},
            "required": self.required,
            "searchable": True,
            "sortable": self.column,
            "store": self.store,
            "string": self.string,
            "type": self.type,
        }
        if self.relation:
            described |= {"relation": self.relation, "context": {}, "domain": []}
        if self.type in NUMERIC:
            described["group_operator"] = "sum"
        if self.type in {"char", "text"}:
            described |= {"translate": False, "trim": True}
        if self.type == "selection":
            described["selection"] = []
        return described


@dataclass(slots=True, frozen=True)
class Model:
    """One model: its title, default order, and the field that names a record."""

    name: str
    title: str
    order: str
    rec_name: str
    fields: dict[str, Field]


_INHERITS = {"product.product": "product.template", "res.users": "res.partner"}


@cache
def models() -> dict[str, Model]:
    """Every model the demo knows, by name."""
    # One file per area, so that an area grows by a file of its own.
    areas = resources.files(__package__).joinpath("fields").iterdir()
    raw: dict[str, dict[str, Any]] = {}
    for area in sorted((one for one in areas if one.name.endswith(".json")), key=lambda one: one.name):
        raw |= orjson.loads(area.read_bytes())
    return {name: _model(name, one, raw.get(_INHERITS.get(name, ""), {})) for name, one in raw.items()}


def _model(name: str, raw: dict[str, Any], parent: dict[str, Any]) -> Model:
    kept_there = parent.get("fields", {})
    fields = {}
    for field, one in raw["fields"].items():
        inherited = not one["store"] and kept_there.get(field, {}).get("store", False)
        relation = one.get("relation", "")
        fields[field] = Field(
            field, one["type"], one["string"], relation, one["required"], one["store"], inherited
        )
    return Model(name, raw["title"], raw["order"], raw.get("rec_name", "name"), fields)
