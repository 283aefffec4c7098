"""Which function builds which star table; one entry each."""

from __future__ import annotations

from nk_loader.build import Build
from nk_loader.dimensions import people, products, shops
from nk_loader.facts import sales

BUILDS: dict[str, Build] = {
    "fact_sales": sales.fact_sales,
    "fact_payments": sales.fact_payments,
    "dim_products": products.dim_products,
    "dim_categories": products.dim_categories,
    "dim_brands": products.dim_brands,
    "dim_partners": people.dim_partners,
    "dim_cashiers": people.dim_cashiers,
    "dim_pos_configs": shops.dim_pos_configs,
    "dim_payment_methods": shops.dim_payment_methods,
}
