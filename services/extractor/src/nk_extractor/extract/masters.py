"""What days refer to by id, and how it is read: one lookup each, shared by the datasets of a process."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import pyarrow as pa
import pyarrow.compute as pc

from nk_common.datasets.types import FLAG, ID, NUMBER, TEXT, schema
from nk_extractor.extract.brands import brand_field, brand_model, label_of
from nk_extractor.extract.lookups import Lookup
from nk_extractor.odoo.client import OdooClient
from nk_extractor.odoo.versions import resolve, units_hold_references
from nk_extractor.settings import OdooSettings


def _named(model: str, *, optional: bool) -> Lookup:
    return Lookup(model, schema({"id": ID}, name=TEXT), optional=optional)


def _units() -> Lookup:
    def sources(client: OdooClient) -> Mapping[str, str | None]:
        return {"category_id": resolve(client, "uom.uom", "category_id")}

    columns = schema({"id": ID}, name=TEXT, factor=NUMBER, category_id=ID)
    return Lookup("uom.uom", columns, sources=sources, finish=per_reference)


def per_reference(client: OdooClient, units: pa.Table) -> pa.Table:
    """`factor` as how many of the unit make one reference unit, whatever this Odoo means by it."""
    if not units_hold_references(client):
        return units
    place = units.schema.get_field_index("factor")
    return units.set_column(place, units.schema.field(place), pc.divide(1.0, units["factor"]))


def _locations() -> Lookup:
    def sources(client: OdooClient) -> Mapping[str, str | None]:
        return {"scrap_location": resolve(client, "stock.location", "scrap_location")}

    columns = schema({"id": ID}, complete_name=TEXT, usage=TEXT, scrap_location=FLAG)
    return Lookup("stock.location", columns, sources=sources)


@dataclass(frozen=True)
class Masters:
    """The lookups. `products.brand_id` is the configured brand field."""

    products: Lookup
    brands: Lookup
    units: Lookup = field(default_factory=_units)
    locations: Lookup = field(default_factory=_locations)
    unit_categories: Lookup = field(default_factory=lambda: _named("uom.category", optional=True))
    partners: Lookup = field(default_factory=lambda: _named("res.partner", optional=True))
    users: Lookup = field(default_factory=lambda: _named("res.users", optional=True))
    taxes: Lookup = field(default_factory=lambda: _named("account.tax", optional=True))
    purchase_orders: Lookup = field(default_factory=lambda: _named("purchase.order", optional=True))


def masters(settings: OdooSettings) -> Masters:
    """Fresh lookups for one process."""

    def product_sources(client: OdooClient) -> Mapping[str, str | None]:
        return {"brand_id": brand_field(client, settings)}

    def brand_sources(client: OdooClient) -> Mapping[str, str | None]:
        model = brand_model(client, settings)
        return {"name": label_of(client, model)} if model else {}

    columns = schema({"id": ID}, name=TEXT, uom_id=ID, brand_id=ID)
    return Masters(
        products=Lookup("product.product", columns, sources=product_sources),
        brands=Lookup(
            lambda client: brand_model(client, settings),
            schema({"id": ID}, name=TEXT),
            sources=brand_sources,
            optional=True,
        ),
    )
