"""What Odoo 14 to 19 call the same thing. Chosen by what `fields_get` shows, never by a version number.

Names in this project are Odoo 16's. docs/odoo-versions.md is the same table with what was checked where.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from types import MappingProxyType

from nk_extractor.odoo.client import Domain, OdooClient

FIELDS: Mapping[tuple[str, str], tuple[str, ...]] = MappingProxyType(
    {
        ("stock.move.line", "qty_done"): ("qty_done", "quantity"),
        ("stock.move", "quantity_done"): ("quantity_done", "quantity"),
        # Flags that once were links: in a flag column a link says whether it is set.
        ("stock.move", "is_inventory"): ("is_inventory", "inventory_id"),
        ("stock.move", "scrapped"): ("scrapped", "scrap_id"),
        ("product.product", "detailed_type"): ("detailed_type", "type"),
        ("product.template", "detailed_type"): ("detailed_type", "type"),
        ("purchase.order.line", "product_uom"): ("product_uom", "product_uom_id"),
        ("purchase.order.line", "taxes_id"): ("taxes_id", "tax_ids"),
    }
)
"""Odoo 16's name, to the names to look for, the first found being right. Other fields have one name."""

MODELS: Mapping[str, tuple[str, ...]] = MappingProxyType({"stock.lot": ("stock.lot", "stock.production.lot")})


def resolve(client: OdooClient, model: str, name: str) -> str | None:
    """What this database calls Odoo 16's field `name`; None where it has no such thing."""
    fields = client.fields_of(model)
    return next((one for one in FIELDS.get((model, name), (name,)) if one in fields), None)


def model(client: OdooClient, name: str) -> str | None:
    """What this database calls Odoo 16's model `name`; None where it is not installed."""
    return next((one for one in MODELS.get(name, (name,)) if client.has_model(one)), None)


def custom(client: OdooClient, model: str, name: str, types: Collection[str]) -> str | None:
    """`name` where the database has it as one of `types`: a custom field of another type means something else."""
    field = client.fields_of(model).get(name) if name else None
    return name if field and field["type"] in types else None


def product_line_domain(client: OdooClient) -> Domain:
    """Of account.move.line: the lines of goods and services, without sections, notes, taxes and due dates."""
    if "exclude_from_invoice_tab" in client.fields_of("account.move.line"):
        return [["display_type", "=", False], ["exclude_from_invoice_tab", "=", False]]
    return [["display_type", "=", "product"]]


def groupable(client: OdooClient, model: str, name: str) -> bool:
    """Whether `read_group` may group by the field: `pos.order.config_id` is a column since Odoo 17 only."""
    return bool(client.fields_of(model).get(name, {}).get("store"))


def units_hold_references(client: OdooClient) -> bool:
    """Whether `uom.uom.factor` says how many reference units a unit holds (Dozens: 12), as since Odoo 19.

    Until 18 it is the inverse: how many of the unit make one reference unit (Dozens: 1/12).
    """
    return "relative_factor" in client.fields_of("uom.uom")
