"""`products`: products with their categories and, where the database has them, brands and principals."""

from __future__ import annotations

from datetime import date

import pyarrow as pa
import pyarrow.compute as pc

from nk_common.clock import Clock
from nk_common.datasets.products import RAW_BRANDS, RAW_CATEGORIES, RAW_PRODUCTS
from nk_extractor.extract.base import Extract, Extraction, present, read_all, row_totals
from nk_extractor.extract.brands import PRODUCT, brand_field, brand_model, label_of
from nk_extractor.extract.incremental import IncrementalTable
from nk_extractor.odoo.client import Domain, OdooClient, Row
from nk_extractor.odoo.columns import to_table
from nk_extractor.odoo.versions import resolve
from nk_extractor.settings import OdooSettings

CATEGORY = "product.category"
_OWN = RAW_PRODUCTS.schema.append(pa.field("kind", pa.string()))


def _changed_since(since: str) -> Domain:
    """A variant's name, category and price stand on its template, whose change does not write the variant."""
    return ["|", ["write_date", ">=", since], ["product_tmpl_id.write_date", ">=", since]]


def products(clock: Clock) -> Extract:
    """How `products` is read: all of them, archived ones too, for they still stand in old orders."""
    table = IncrementalTable(PRODUCT, _OWN, clock, _changed_since)

    def extract(client: OdooClient, settings: OdooSettings, _day: date | None) -> Extraction:
        rows = _with_storable(table.read(client, _product_fields(client, settings)))
        categories = client.read_table(CATEGORY, client.search(CATEGORY, []), RAW_CATEGORIES.schema)
        tables = {
            RAW_PRODUCTS.name: rows.select(RAW_PRODUCTS.schema.names).cast(RAW_PRODUCTS.schema),
            RAW_CATEGORIES.name: categories,
            RAW_BRANDS.name: _brands(client, settings),
        }
        return Extraction(tables, row_totals(rows))

    return extract


def _product_fields(client: OdooClient, settings: OdooSettings) -> dict[str, str | None]:
    return {
        "brand_id": brand_field(client, settings),
        "kind": resolve(client, PRODUCT, "detailed_type"),
        "is_storable": resolve(client, PRODUCT, "is_storable"),
    }


def _with_storable(rows: pa.Table) -> pa.Table:
    """Whether a product has quants: a type of its own until Odoo 17, a flag since 18."""
    by_type = pc.if_else(pc.is_valid(rows["kind"]), pc.equal(rows["kind"], "product"), None)
    storable = pc.coalesce(rows["is_storable"], by_type)
    return rows.set_column(rows.schema.get_field_index("is_storable"), "is_storable", storable)


def _brands(client: OdooClient, settings: OdooSettings) -> pa.Table:
    model = brand_model(client, settings)
    if model is None:
        return RAW_BRANDS.schema.empty_table()
    name = label_of(client, model)
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
    label = label_of(client, relation)
    names = {row["id"]: row[label] for row in client.read(relation, ids, ["id", label])}
    for row in rows:
        row[field] = names.get(row[field], False)
