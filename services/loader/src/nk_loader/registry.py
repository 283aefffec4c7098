"""Which function builds which star table; one entry each."""

from __future__ import annotations

from nk_loader.build import Build
from nk_loader.dimensions import company, people, products, shops, stock
from nk_loader.facts import invoices, sales
from nk_loader.facts import stock as stock_facts

BUILDS: dict[str, Build] = {
    "fact_sales": sales.fact_sales,
    "fact_payments": sales.fact_payments,
    "fact_invoice_sales": invoices.fact_invoice_sales,
    "fact_purchases": invoices.fact_purchases,
    "fact_product_cost_events": invoices.fact_product_cost_events,
    "fact_inventory_moves": stock_facts.fact_inventory_moves,
    "fact_stock_on_hand_snapshot": stock_facts.fact_stock_on_hand_snapshot,
    "dim_products": products.dim_products,
    "dim_categories": products.dim_categories,
    "dim_brands": products.dim_brands,
    "dim_partners": people.dim_partners,
    "dim_cashiers": people.dim_cashiers,
    "dim_pos_configs": shops.dim_pos_configs,
    "dim_payment_methods": shops.dim_payment_methods,
    "dim_taxes": company.dim_taxes,
    "dim_locations": stock.dim_locations,
    "dim_uoms": stock.dim_uoms,
    "dim_users": people.dim_users,
    "dim_companies": company.dim_companies,
    "dim_lots": stock.dim_lots,
}
