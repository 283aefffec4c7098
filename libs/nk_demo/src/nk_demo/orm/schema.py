"""The models and fields of the demo, as fields_get describes them (fields.json, cut from the recorded server)."""

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


_TITLES = {
    "account.tax": ("Tax", "sequence,id"),
    "hr.employee": ("Employee", "name"),
    "ir.model": ("Models", "model"),
    "pos.config": ("Point of Sale Configuration", "id"),
    "pos.order": ("Point of Sale Orders", "date_order desc, name desc, id desc"),
    "pos.order.line": ("Point of Sale Order Lines", "id"),
    "pos.payment": ("Point of Sale Payments", "id desc"),
    "pos.payment.method": ("Point of Sale Payment Methods", "id asc"),
    "pos.session": ("Point of Sale Session", "id desc"),
    "product.category": ("Product Category", "complete_name"),
    "product.product": ("Product Variant", "default_code, name, id"),
    "product.template": ("Product", "name"),
    "purchase.order": ("Purchase Order", "id desc"),
    "res.company": ("Companies", "sequence, name"),
    "res.country": ("Country", "name"),
    "res.currency": ("Currency", "active desc, name"),
    "res.partner": ("Contact", "display_name, id"),
    "res.users": ("User", "name, login"),
    "uom.uom": ("Product Unit of Measure", "factor DESC, id"),
    "x_brand": ("Brand", "id"),
}
_INHERITS = {"product.product": "product.template", "res.users": "res.partner"}
_NAMED_BY = {"pos.order.line": "product_id", "x_brand": "x_name", "pos.payment": "name"}


@cache
def models() -> dict[str, Model]:
    """Every model the demo knows, by name."""
    raw = orjson.loads(resources.files(__package__).joinpath("fields.json").read_bytes())
    return {name: _model(name, fields, raw.get(_INHERITS.get(name, ""), {})) for name, fields in raw.items()}


def _model(name: str, raw: dict[str, dict[str, Any]], parent: dict[str, dict[str, Any]]) -> Model:
    title, order = _TITLES[name]
    fields = {}
    for field, one in raw.items():
        inherited = not one["store"] and parent.get(field, {}).get("store", False)
        relation = one.get("relation", "")
        fields[field] = Field(
            field, one["type"], one["string"], relation, one["required"], one["store"], inherited
        )
    return Model(name, title, order, _NAMED_BY.get(name, "name"), fields)
