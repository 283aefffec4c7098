"""`products`: products with their categories and, where the database has them, brands and principals."""

from __future__ import annotations

from datetime import date

import pyarrow as pa

from nk_common.datasets.products import RAW_BRANDS, RAW_CATEGORIES, RAW_PRODUCTS
from nk_extractor.extract.base import Extraction, present, read_all, row_totals
from nk_extractor.odoo.client import OdooClient, Row
from nk_extractor.odoo.columns import to_table
from nk_extractor.settings import OdooSettings

PRODUCT, CATEGORY = "product.product", "product.category"


def extract(client: OdooClient, settings: OdooSettings, _day: date | None) -> Extraction:
    """All of them, archived ones too: they still stand in old orders."""
    brand_field = _brand_field(client, settings)
    product_fields: dict[str, str | None] = {name: name for name in RAW_PRODUCTS.schema.names}
    product_fields["brand_id"] = brand_field
    products = read_all(client, PRODUCT, [f for f in product_fields.values() if f])
    categories = read_all(client, CATEGORY, RAW_CATEGORIES.schema.names)
    tables = {
        RAW_PRODUCTS.name: to_table(products, RAW_PRODUCTS.schema, product_fields),
        RAW_CATEGORIES.name: to_table(categories, RAW_CATEGORIES.schema),
        RAW_BRANDS.name: _brands(client, settings, brand_field),
    }
    return Extraction(tables, row_totals(tables[RAW_PRODUCTS.name]))


def _brand_field(client: OdooClient, settings: OdooSettings) -> str | None:
    """The configured brand field, where the database has it as a many2one."""
    name = settings.odoo_brand_field
    field = client.fields_of(PRODUCT).get(name)
    return name if field and field["type"] == "many2one" else None


def _brands(client: OdooClient, settings: OdooSettings, brand_field: str | None) -> pa.Table:
    if brand_field is None:
        return RAW_BRANDS.schema.empty_table()
    model = client.fields_of(PRODUCT)[brand_field]["relation"]
    name = next(n for n in ("name", "x_name", "display_name") if n in client.fields_of(model))
    principal = settings.odoo_principal_field
    principal_field = present(client, model, principal)[principal] if principal else None
    rows = read_all(client, model, [f for f in ("id", name, principal_field) if f])
    if principal_field:
        _name_principals(client, model, principal_field, rows)
    return to_table(rows, RAW_BRANDS.schema, {"name": name, "principal": principal_field})


def _name_principals(client: OdooClient, model: str, field: str, rows: list[Row]) -> None:
    """A principal that is a record is shown by its name; one that is text already is one."""
    kind = client.fields_of(model)[field]
    if kind["type"] != "many2one":
        return
    ids = sorted({row[field] for row in rows if row[field]})
    relation = kind["relation"]
    label = next(n for n in ("name", "x_name", "display_name") if n in client.fields_of(relation))
    names = {row["id"]: row[label] for row in client.read(relation, ids, ["id", label])}
    for row in rows:
        row[field] = names.get(row[field], False)
