"""Dimensions: one row per key, one labelled unknown member, names joined by id."""

from __future__ import annotations

import polars as pl
import pytest

from nk_common.datasets.products import RAW_BRANDS, RAW_CATEGORIES, RAW_PRODUCTS
from nk_common.errors import SchemaMismatchError
from nk_common.star.dimensions import DIM_PRODUCTS
from nk_extractor.odoo.columns import to_table
from nk_loader.build import with_unknown
from nk_loader.dimensions.products import dim_brands, dim_categories, dim_products

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
