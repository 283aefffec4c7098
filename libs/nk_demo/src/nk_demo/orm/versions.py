"""The demo as another version of Odoo, or without some modules: names and fields as that database has them.

The demo is Odoo 16 inside. A `View` asks here for the fields it shows and for the way to their values, so that
domains, orders, reads and groups need to know nothing of it. docs/odoo-versions.md tells what was checked where.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Literal

from nk_demo.orm.rows import Getter
from nk_demo.orm.schema import Field, Model

Module = Literal["account", "hr", "mrp", "point_of_sale", "pos_hr", "purchase", "stock", "studio"]
Getters = Callable[[str], Getter]
"""The getter of a field of the same model, by its Odoo 16 name."""

_MODELS: dict[str, tuple[int, str]] = {"stock.lot": (16, "stock.production.lot")}
"""Since when a model has its name, and the one before."""

_RENAMED: dict[tuple[str, str], tuple[tuple[range, str], ...]] = {
    ("stock.move.line", "qty_done"): ((range(17, 99), "quantity"),),
    ("stock.move.line", "reserved_uom_qty"): ((range(16), "product_uom_qty"),),
    ("stock.move.line", "reserved_qty"): ((range(16), "product_qty"),),
    ("stock.move", "quantity_done"): ((range(17, 99), "quantity"),),
    ("purchase.order.line", "product_uom"): ((range(19, 99), "product_uom_id"),),
    ("purchase.order.line", "taxes_id"): ((range(19, 99), "tax_ids"),),
}
"""In which versions an Odoo 16 field has another name."""

_ONLY: dict[tuple[str, str], range] = {
    ("stock.move.line", "reserved_uom_qty"): range(17),
    ("stock.move.line", "reserved_qty"): range(17),
    ("stock.move", "is_inventory"): range(15, 99),
    ("stock.move", "scrapped"): range(19),
    ("stock.move", "name"): range(19),
    ("stock.location", "scrap_location"): range(19),
    ("stock.location", "return_location"): range(18),
    ("pos.order.line", "refunded_orderline_id"): range(15, 99),
    ("pos.order.line", "refund_orderline_ids"): range(15, 99),
    ("pos.order", "note"): range(18),
    ("product.product", "detailed_type"): range(15, 18),
    ("product.template", "detailed_type"): range(15, 18),
    ("product.product", "uom_po_id"): range(19),
    ("product.template", "uom_po_id"): range(19),
    ("uom.uom", "category_id"): range(19),
    ("uom.uom", "factor_inv"): range(19),
    ("uom.uom", "uom_type"): range(19),
    ("uom.uom", "ratio"): range(16, 19),
}
"""In which versions an Odoo 16 field is there at all; the others are in all of them."""


@dataclass(slots=True, frozen=True)
class Made:
    """A field that Odoo 16 has otherwise or not at all, made of fields that it has."""

    versions: range
    type: str
    make: Callable[[Getters], Getter]
    relation: str = ""


def _link(flag: str) -> Callable[[Getters], Getter]:
    """A link that is set where the flag is."""

    def make(get: Getters) -> Getter:
        holds, own_id = get(flag), get("id")
        return lambda record: own_id(record) if holds(record) else None

    return make


def _of(name: str, value: Callable[[Any], Any]) -> Callable[[Getters], Getter]:
    """A function of one other field's value."""

    def make(get: Getters) -> Getter:
        held = get(name)
        return lambda record: value(held(record))

    return make


_OWN_TAB = ("product", "line_section", "line_note")
_MADE: dict[tuple[str, str], Made] = {
    ("stock.move", "inventory_id"): Made(range(15), "many2one", _link("is_inventory"), "stock.inventory"),
    ("stock.move", "scrap_id"): Made(range(17, 99), "many2one", _link("scrapped"), "stock.scrap"),
    ("stock.move", "picked"): Made(range(17, 99), "boolean", _of("state", lambda v: v == "done")),
    ("stock.move.line", "picked"): Made(range(17, 99), "boolean", _of("state", lambda v: v == "done")),
    ("account.move.line", "display_type"): Made(
        range(16), "selection", _of("display_type", lambda v: v if v in _OWN_TAB[1:] else None)
    ),
    ("account.move.line", "exclude_from_invoice_tab"): Made(
        range(16), "boolean", _of("display_type", lambda v: v not in _OWN_TAB)
    ),
    ("account.tax", "price_include_override"): Made(
        range(18, 99),
        "selection",
        _of("price_include", lambda v: "tax_included" if v else "tax_excluded"),
    ),
    ("pos.order", "state"): Made(
        range(19, 99), "selection", _of("state", lambda v: "done" if v == "invoiced" else v)
    ),
    ("pos.order", "config_id"): Made(range(17, 99), "many2one", _of("config_id", lambda v: v), "pos.config"),
    ("uom.uom", "factor"): Made(range(19, 99), "float", _of("factor_inv", lambda v: v)),
    ("uom.uom", "relative_factor"): Made(range(19, 99), "float", _of("factor_inv", lambda v: v)),
} | {
    (model, name): made
    for model in ("product.product", "product.template")
    for name, made in (
        ("is_storable", Made(range(18, 99), "boolean", _of("detailed_type", lambda v: v == "product"))),
        (
            "type",
            Made(
                range(18, 99), "selection", _of("detailed_type", lambda v: "consu" if v == "product" else v)
            ),
        ),
    )
}

_MODULES: dict[Module, tuple[frozenset[str], frozenset[tuple[str, str]]]] = {
    "mrp": (
        frozenset({"mrp.production"}),
        frozenset(
            {
                ("stock.move", "production_id"),
                ("stock.move", "raw_material_production_id"),
                ("stock.move.line", "production_id"),
            }
        ),
    ),
    "pos_hr": (frozenset(), frozenset({("pos.order", "employee_id"), ("pos.order", "cashier")})),
    "hr": (frozenset({"hr.employee"}), frozenset({("pos.order", "employee_id"), ("pos.order", "cashier")})),
    "purchase": (
        frozenset({"purchase.order", "purchase.order.line"}),
        frozenset(
            {
                ("account.move.line", "purchase_line_id"),
                ("account.move.line", "purchase_order_id"),
                ("stock.move", "purchase_line_id"),
            }
        ),
    ),
    "point_of_sale": (
        frozenset(
            {"pos.order", "pos.order.line", "pos.payment", "pos.payment.method", "pos.config", "pos.session"}
        ),
        frozenset(
            {
                ("account.move", "pos_order_ids"),
                ("product.product", "available_in_pos"),
                ("product.template", "available_in_pos"),
            }
        ),
    ),
    "stock": (
        frozenset(
            {
                "stock.location", "stock.lot", "stock.move", "stock.move.line", "stock.picking", "stock.picking.type",
                "stock.quant", "stock.warehouse", "mrp.production",
            }
        ),
        frozenset({("product.product", "qty_available")}),
    ),
    "account": (frozenset({"account.move", "account.move.line"}), frozenset({("pos.order", "account_move")})),
    "studio": (
        frozenset({"x_brand"}),
        frozenset(
            {
                ("pos.order.line", "x_studio_discount_amount"),
                ("product.product", "x_studio_brand_id"),
                ("product.template", "x_studio_brand_id"),
            }
        ),
    ),
}  # fmt: skip
"""Models and fields that come with a module."""


class Edition:
    """One version of Odoo, without some modules. Odoo 16 with everything changes nothing."""

    def __init__(self, version: int = 16, modules_missing: tuple[Module, ...] = ()) -> None:
        self.version = version
        self._plain = version == 16 and not modules_missing
        self._no_models = frozenset(name for one in modules_missing for name in _MODULES[one][0])
        self._no_fields = frozenset(pair for one in modules_missing for pair in _MODULES[one][1])
        self._presented: dict[str, Model] = {}

    @cached_property
    def version_info(self) -> dict[str, Any]:
        """What `common.version` and /web/webclient/version_info answer."""
        serie = f"{self.version}.0"
        info = [self.version, 0, 0, "final", 0, ""]
        return {
            "server_version": serie, "server_version_info": info, "server_serie": serie, "protocol_version": 1,
        }  # fmt: skip

    def native_model(self, name: str) -> str | None:
        """The Odoo 16 name of a model that a client names; None where this edition has no such model."""
        for native, (since, before) in _MODELS.items():
            if self.version < since and name in (native, before):
                name = native if name == before else ""
        return name if name and name not in self._no_models else None

    def has_model(self, native: str) -> bool:
        """Whether a model, by its Odoo 16 name, is installed."""
        return native not in self._no_models

    def present(self, model: Model) -> Model:
        """The model with the fields that this edition has, under its names. It keeps its own name."""
        if self._plain:
            return model
        if model.name not in self._presented:
            self._presented[model.name] = replace(model, fields=self._fields(model), order=self._order(model))
        return self._presented[model.name]

    def getter(self, model: str, name: str, native: Getters) -> Getter:
        """The value of a field under this edition's name; `native` gives those of Odoo 16's."""
        if self._plain:
            return native(name)
        made = _MADE.get((model, name))
        if made and self.version in made.versions:
            return made.make(native)
        return native(self._native_names(model).get(name, name))

    def _fields(self, model: Model) -> dict[str, Field]:
        fields = {}
        for name, field in model.fields.items():
            everywhere = range(99)
            gone = (model.name, name) in self._no_fields
            if self.version in _ONLY.get((model.name, name), everywhere) and not gone:
                shown = self._shown_name(model.name, name)
                fields[shown] = replace(field, name=shown)
        for (place, name), made in _MADE.items():
            if place == model.name and self.version in made.versions:
                label = name.replace("_", " ").title()
                fields[name] = Field(name, made.type, label, made.relation, False, True, False)
        return fields

    def _order(self, model: Model) -> str:
        """Odoo 16 sorts units by a field that means the inverse in 19; the model's own order there is by id."""
        return "id" if model.name == "uom.uom" and self.version >= 19 else model.order

    def _shown_name(self, model: str, name: str) -> str:
        renames = _RENAMED.get((model, name), ())
        return next((shown for versions, shown in renames if self.version in versions), name)

    def _native_names(self, model: str) -> Mapping[str, str]:
        return {self._shown_name(place, name): name for place, name in _RENAMED if place == model}
