"""`products`: every product ever sold (archived ones too) with its category and brand, in one read.

They are one dataset because a product row without the category and brand of the same moment would be
a row that never existed.
"""

from __future__ import annotations

from nk_common.datasets.base import Dataset, LakeTable
from nk_common.datasets.types import FLAG, ID, NUMBER, TEXT, UTC_TIME, schema

RAW_PRODUCTS = LakeTable(
    "products",
    schema(
        {"id": ID},
        name=TEXT,
        default_code=TEXT,
        barcode=TEXT,
        categ_id=ID,
        brand_id=ID,
        lst_price=NUMBER,
        uom_id=ID,
        is_storable=FLAG,
        active=FLAG,
        write_date=UTC_TIME,
    ),
)
RAW_CATEGORIES = LakeTable(
    "categories", schema({"id": ID}, name=TEXT, complete_name=TEXT, parent_id=ID, write_date=UTC_TIME)
)
RAW_BRANDS = LakeTable("brands", schema({"id": ID}, name=TEXT, principal=TEXT))

PRODUCTS = Dataset(
    name="products",
    lake_name="products",
    title_id="Produk, kategori, merek",
    title_en="Products, categories, brands",
    kind="whole",
    raw=(RAW_PRODUCTS, RAW_CATEGORIES, RAW_BRANDS),
    clean=(RAW_PRODUCTS, RAW_CATEGORIES, RAW_BRANDS),
    star=("dim_products", "dim_categories", "dim_brands"),
)
