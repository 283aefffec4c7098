"""`dim_products`, `dim_categories`, `dim_brands`.

Rule 13: of a category "A / B / C" the parent is A and the leaf is C; the whole path is kept, because two
categories of the same name may stand under different parents.
"""

from __future__ import annotations

import polars as pl

from nk_common.star.base import UNKNOWN_ID
from nk_common.star.dimensions import DIM_BRANDS, DIM_CATEGORIES, DIM_PRODUCTS
from nk_loader.build import Tables, with_unknown

NO_CATEGORY, NO_BRAND, NO_PRINCIPAL, NO_PRODUCT = (
    "(no category)",
    "(no brand)",
    "(no principal)",
    "(no product)",
)
_SEPARATOR = " / "


def dim_categories(clean: Tables) -> pl.DataFrame:
    """One row per category; `parent_category_name` is the top of its path."""
    steps = pl.col("category_path").str.split(_SEPARATOR)
    categories = clean["categories"].select(
        pl.col("id").alias("category_id"),
        pl.coalesce("complete_name", "name").alias("category_path"),
        "parent_id",
    )
    named = categories.with_columns(
        steps.list.last().alias("category_name"), steps.list.first().alias("parent_category_name")
    )
    unknown = {
        "category_id": UNKNOWN_ID,
        "category_name": NO_CATEGORY,
        "parent_category_name": NO_CATEGORY,
        "category_path": NO_CATEGORY,
    }
    return with_unknown(named, DIM_CATEGORIES, unknown)


def dim_brands(clean: Tables) -> pl.DataFrame:
    """One row per brand. Two brands spelt alike stay two: joins are on ids, never on names."""
    brands = clean["brands"].select(
        pl.col("id").alias("brand_id"),
        pl.col("name").alias("brand_name"),
        pl.col("principal").fill_null(NO_PRINCIPAL).alias("principal_name"),
    )
    unknown = {"brand_id": UNKNOWN_ID, "brand_name": NO_BRAND, "principal_name": NO_PRINCIPAL}
    return with_unknown(brands, DIM_BRANDS, unknown)


def dim_products(clean: Tables) -> pl.DataFrame:
    """One row per product variant, archived ones too, with the names of its category and brand."""
    products = clean["products"].select(
        pl.col("id").alias("product_id"),
        pl.col("name").alias("product_name"),
        pl.col("categ_id").fill_null(UNKNOWN_ID).alias("category_id"),
        pl.col("brand_id").fill_null(UNKNOWN_ID).alias("product_brand_id"),
        "default_code",
        "barcode",
        pl.col("lst_price").alias("list_price"),
        pl.col("active").fill_null(value=True),
        "is_storable",
        "uom_id",
    )
    joined = (
        products.join(dim_categories(clean), on="category_id", how="left")
        .join(dim_brands(clean), left_on="product_brand_id", right_on="brand_id", how="left")
        .with_columns(
            pl.col("category_name").fill_null(NO_CATEGORY).alias("product_category"),
            pl.col("parent_category_name").fill_null(NO_CATEGORY).alias("product_parent_category"),
            pl.col("category_path").fill_null(NO_CATEGORY),
            pl.col("brand_name").fill_null(NO_BRAND).alias("product_brand"),
            pl.col("principal_name").fill_null(NO_PRINCIPAL),
        )
    )
    unknown = {
        "product_id": UNKNOWN_ID,
        "product_name": NO_PRODUCT,
        "product_category": NO_CATEGORY,
        "product_parent_category": NO_CATEGORY,
        "product_brand": NO_BRAND,
        "product_brand_id": UNKNOWN_ID,
        "category_id": UNKNOWN_ID,
        "category_path": NO_CATEGORY,
        "principal_name": NO_PRINCIPAL,
        "active": False,
    }
    return with_unknown(joined, DIM_PRODUCTS, unknown)
