"""Dimensions of the star schema. Each holds one labelled unknown member (`UNKNOWN_ID`)."""

from __future__ import annotations

from nk_common.datasets.types import FLAG, ID, NUMBER, TEXT, schema
from nk_common.star.base import StarTable

DIM_PRODUCTS = StarTable(
    name="dim_products",
    kind="dimension",
    dataset="products",
    grain="product variant",
    key=("product_id",),
    schema=schema(
        {"product_id": ID, "product_name": TEXT, "product_category": TEXT, "product_parent_category": TEXT,
         "product_brand": TEXT, "product_brand_id": ID, "category_id": ID, "category_path": TEXT,
         "principal_name": TEXT, "active": FLAG},
        default_code=TEXT,
        barcode=TEXT,
        list_price=NUMBER,
        is_storable=FLAG,
        uom_id=ID,
    ),
)  # fmt: skip
DIM_CATEGORIES = StarTable(
    name="dim_categories",
    kind="dimension",
    dataset="products",
    grain="product category",
    key=("category_id",),
    schema=schema(
        {"category_id": ID, "category_name": TEXT, "parent_category_name": TEXT, "category_path": TEXT},
        parent_id=ID,
    ),
)
DIM_BRANDS = StarTable(
    name="dim_brands",
    kind="dimension",
    dataset="products",
    grain="brand",
    key=("brand_id",),
    schema=schema({"brand_id": ID, "brand_name": TEXT, "principal_name": TEXT}),
)
DIM_PARTNERS = StarTable(
    name="dim_partners",
    kind="dimension",
    dataset="partners",
    grain="customer, vendor or other partner",
    key=("partner_id",),
    schema=schema(
        {"partner_id": ID, "partner_name": TEXT, "is_company": FLAG, "active": FLAG},
        ref=TEXT,
        parent_id=ID,
        email=TEXT,
        phone=TEXT,
    ),
)
DIM_CASHIERS = StarTable(
    name="dim_cashiers",
    kind="dimension",
    dataset="cashiers",
    grain="cashier",
    key=("cashier_id",),
    schema=schema({"cashier_id": ID, "cashier_name": TEXT, "active": FLAG}),
)
DIM_POS_CONFIGS = StarTable(
    name="dim_pos_configs",
    kind="dimension",
    dataset="pos-configs",
    grain="point of sale",
    key=("pos_config_id",),
    schema=schema({"pos_config_id": ID, "pos_config_name": TEXT, "active": FLAG}, company_id=ID),
)
DIM_PAYMENT_METHODS = StarTable(
    name="dim_payment_methods",
    kind="dimension",
    dataset="payment-methods",
    grain="payment method",
    key=("payment_method_id",),
    schema=schema({"payment_method_id": ID, "payment_method_name": TEXT, "is_cash": FLAG, "active": FLAG}),
)
DIM_TAXES = StarTable(
    name="dim_taxes",
    kind="dimension",
    dataset="taxes",
    grain="tax",
    key=("tax_id",),
    schema=schema(
        {"tax_id": ID, "tax_name": TEXT, "active": FLAG},
        amount=NUMBER,
        amount_type=TEXT,
        price_include=FLAG,
        type_tax_use=TEXT,
    ),
)
DIM_LOCATIONS = StarTable(
    name="dim_locations",
    kind="dimension",
    dataset="locations",
    grain="stock location",
    key=("location_id",),
    schema=schema(
        {"location_id": ID, "location_name": TEXT, "complete_name": TEXT, "usage": TEXT,
         "active": FLAG},
        is_scrap=FLAG,
        parent_id=ID,
        company_id=ID,
    ),
)  # fmt: skip
DIM_UOMS = StarTable(
    name="dim_uoms",
    kind="dimension",
    dataset="uoms",
    grain="unit of measure; `factor` is how many make one reference unit of the category",
    key=("uom_id",),
    schema=schema(
        {"uom_id": ID, "uom_name": TEXT, "active": FLAG}, uom_category=TEXT, factor=NUMBER, uom_type=TEXT
    ),
)
DIM_USERS = StarTable(
    name="dim_users",
    kind="dimension",
    dataset="users",
    grain="Odoo user",
    key=("user_id",),
    schema=schema({"user_id": ID, "user_name": TEXT, "active": FLAG}),
)
DIM_COMPANIES = StarTable(
    name="dim_companies",
    kind="dimension",
    dataset="companies",
    grain="company",
    key=("company_id",),
    schema=schema(
        {"company_id": ID, "company_name": TEXT, "active": FLAG}, currency=TEXT, currency_id=ID, parent_id=ID
    ),
)
DIM_LOTS = StarTable(
    name="dim_lots",
    kind="dimension",
    dataset="lots",
    grain="lot or serial number",
    key=("lot_id",),
    schema=schema({"lot_id": ID, "lot_name": TEXT, "product_id": ID}, company_id=ID),
)
DIMENSIONS: tuple[StarTable, ...] = (
    DIM_PRODUCTS,
    DIM_CATEGORIES,
    DIM_BRANDS,
    DIM_PARTNERS,
    DIM_CASHIERS,
    DIM_POS_CONFIGS,
    DIM_PAYMENT_METHODS,
    DIM_TAXES,
    DIM_LOCATIONS,
    DIM_UOMS,
    DIM_USERS,
    DIM_COMPANIES,
    DIM_LOTS,
)
