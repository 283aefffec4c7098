"""Dimensions: one row per key, one labelled unknown member, names joined by id."""

from __future__ import annotations

from typing import Any

import polars as pl
import pyarrow as pa
import pytest

from nk_common.datasets import by_name
from nk_common.datasets.products import RAW_BRANDS, RAW_CATEGORIES, RAW_PRODUCTS
from nk_common.errors import SchemaMismatchError
from nk_common.lake.writer import conform
from nk_common.star.dimensions import DIM_PRODUCTS, DIMENSIONS
from nk_extractor.odoo.columns import to_table
from nk_loader.build import with_unknown
from nk_loader.dimensions.products import dim_brands, dim_categories, dim_products
from nk_loader.registry import BUILDS

CATEGORIES = [
    {"id": 1, "name": "All", "complete_name": "All", "parent_id": False, "write_date": False},
    {"id": 5, "name": "Makeup", "complete_name": "Makeup", "parent_id": False, "write_date": False},
    {"id": 6, "name": "Sets", "complete_name": "Makeup / Face / Sets", "parent_id": 5, "write_date": False},
    {"id": 7, "name": "Sets", "complete_name": "Skincare / Sets", "parent_id": 9, "write_date": False},
]
BRANDS = [
    {"id": 1, "name": "B1", "principal": "PT Satu"},
    {"id": 2, "name": "b1", "principal": False},
]


def product(product_id: int, categ_id: int | bool, brand_id: int | bool) -> dict[str, object]:
    return {
        "id": product_id, "name": f"P{product_id}", "default_code": False, "barcode": False,
        "categ_id": categ_id, "brand_id": brand_id, "lst_price": 10.0, "active": True, "write_date": False,
        "uom_id": 1, "is_storable": True,
    }  # fmt: skip


def clean(*products: dict[str, object]) -> dict[str, pl.DataFrame]:
    tables = {
        "products": to_table(list(products), RAW_PRODUCTS.schema),
        "categories": to_table(CATEGORIES, RAW_CATEGORIES.schema),
        "brands": to_table(BRANDS, RAW_BRANDS.schema),
    }
    return {name: pl.DataFrame(pl.from_arrow(table)) for name, table in tables.items()}


def test_rule_13_parent_is_the_top_and_leaf_the_end_of_the_path() -> None:
    by_id = {r["category_id"]: r for r in dim_categories(clean()).rows(named=True)}
    assert (by_id[6]["parent_category_name"], by_id[6]["category_name"]) == ("Makeup", "Sets")
    assert (by_id[5]["parent_category_name"], by_id[5]["category_name"]) == ("Makeup", "Makeup")
    assert by_id[6]["category_path"] == "Makeup / Face / Sets"


def test_categories_of_one_name_under_two_parents_stay_two() -> None:
    sets = dim_categories(clean()).filter(pl.col("category_name") == "Sets")
    assert sets["category_path"].to_list() == ["Makeup / Face / Sets", "Skincare / Sets"]


def test_brands_spelt_alike_stay_two_and_double_nothing() -> None:
    products = dim_products(clean(product(1, 6, 1), product(2, 6, 2)))
    assert products["product_id"].to_list() == [-1, 1, 2]
    assert products["product_brand"].to_list() == ["(no brand)", "B1", "b1"]


def test_unknown_members_are_labelled_and_never_null() -> None:
    row = dim_products(clean(product(1, False, False))).rows(named=True)[1]
    assert row["product_brand_id"] == row["category_id"] == -1
    labels = (
        row["product_category"],
        row["product_parent_category"],
        row["product_brand"],
        row["principal_name"],
    )
    assert labels == ("(no category)", "(no category)", "(no brand)", "(no principal)")


def test_a_category_or_brand_that_is_not_there_falls_to_the_unknown_names() -> None:
    row = dim_products(clean(product(1, 99, 99))).rows(named=True)[1]
    assert (row["product_category"], row["product_brand"]) == ("(no category)", "(no brand)")


def test_brand_without_principal_is_labelled() -> None:
    assert dim_brands(clean())["principal_name"].to_list() == ["(no principal)", "PT Satu", "(no principal)"]


def test_a_key_that_occurs_twice_fails() -> None:
    """Every join with such a dimension would count double."""
    twice = pl.DataFrame({"product_id": [1, 1]})
    with pytest.raises(SchemaMismatchError, match="product_id is not unique"):
        with_unknown(twice, DIM_PRODUCTS, {"product_id": -1})


def test_a_product_says_whether_it_is_kept_in_stock_and_in_what_unit() -> None:
    consumable = {**product(2, 6, 1), "is_storable": False, "uom_id": 3}
    products = dim_products(clean(product(1, 6, 1), consumable))
    assert products.select("is_storable", "uom_id").rows()[1:] == [(True, 1), (False, 3)]


def built(table: str, *rows: dict[str, Any]) -> list[dict[str, Any]]:
    """A dimension of one raw table, from rows that may leave out columns; all members."""
    raw = by_name(next(t.dataset for t in DIMENSIONS if t.name == table)).raw[0]
    frame = pl.DataFrame(pl.from_arrow(pa.Table.from_pylist(list(rows), raw.schema)))
    return BUILDS[table]({raw.name: frame}).rows(named=True)


def test_dim_locations_says_which_places_are_stock_and_which_are_scrap() -> None:
    _, shelf, bin_ = built(
        "dim_locations",
        {
            "id": 8,
            "name": "Stock",
            "complete_name": "WH/Stock",
            "usage": "internal",
            "location_id": 7,
            "scrap_location": False,
        },
        {"id": 9, "name": "Scrap", "usage": "inventory", "scrap_location": True, "active": False},
    )
    assert (shelf["complete_name"], shelf["usage"], shelf["is_scrap"]) == ("WH/Stock", "internal", False)
    assert (shelf["parent_id"], shelf["active"]) == (7, True)
    assert (bin_["complete_name"], bin_["is_scrap"], bin_["active"]) == ("Scrap", True, False)


def test_dim_uoms_keeps_odoo_s_factor() -> None:
    _, dozen = built(
        "dim_uoms",
        {"id": 2, "name": "Dozens", "factor": 1 / 12, "uom_type": "bigger", "category_id.name": "Unit"},
    )
    assert (dozen["uom_name"], dozen["factor"], dozen["uom_category"]) == ("Dozens", 1 / 12, "Unit")


def test_dim_taxes_keeps_archived_ones() -> None:
    _, tax = built(
        "dim_taxes", {"id": 3, "name": "PPN", "amount": 11.0, "price_include": True, "active": False}
    )
    assert (tax["tax_name"], tax["amount"], tax["price_include"], tax["active"]) == ("PPN", 11.0, True, False)


def test_dim_companies_names_the_currency() -> None:
    _, company = built("dim_companies", {"id": 1, "name": "NK", "currency_id": 13, "currency_id.name": "IDR"})
    assert (company["company_name"], company["currency"], company["currency_id"]) == ("NK", "IDR", 13)


def test_dim_lots_and_users() -> None:
    assert built("dim_lots", {"id": 1, "name": "L1", "product_id": 7})[1]["product_id"] == 7
    assert built("dim_lots", {"id": 1, "name": "L1"})[1]["product_id"] == -1
    assert built("dim_users", {"id": 6, "name": "Sari"})[1] == {
        "user_id": 6, "user_name": "Sari", "active": True,
    }  # fmt: skip


@pytest.mark.parametrize("table", DIMENSIONS, ids=lambda table: table.name)
def test_every_dimension_has_one_labelled_unknown_member_and_unique_keys(table: Any) -> None:
    raw = by_name(table.dataset).raw
    rows = [{"id": 2, "name": "B"}, {"id": 1, "name": "A"}]
    frames = {t.name: pl.DataFrame(pl.from_arrow(pa.Table.from_pylist(rows, t.schema))) for t in raw}
    dimension = BUILDS[table.name](frames)
    conform(dimension.to_arrow(), table.schema, table.name)
    assert dimension[table.key[0]].to_list() == [-1, 1, 2]
    label = next(c for c in table.schema.names if c.endswith("_name"))
    assert dimension[label][0].startswith("(no ")
    twice = {name: pl.concat([frame, frame]) for name, frame in frames.items()}
    with pytest.raises(SchemaMismatchError, match="not unique"):
        BUILDS[table.name](twice)
