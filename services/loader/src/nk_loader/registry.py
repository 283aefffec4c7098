"""Which function builds which star table; one entry each."""

from __future__ import annotations

from nk_common.datasets.base import ControlTotals
from nk_loader.build import Build, Tables, TotalsOf
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

_MAIN_DIMENSION = {
    "products": "dim_products",
    "partners": "dim_partners",
    "cashiers": "dim_cashiers",
    "pos-configs": "dim_pos_configs",
    "payment-methods": "dim_payment_methods",
}


def _members(dimension: str) -> TotalsOf:
    def totals(star: Tables) -> ControlTotals:
        members = star[dimension].height - 1  # without the unknown one
        return ControlTotals(members, members, 0.0, 0.0, 0.0)

    return totals


TOTALS: dict[str, TotalsOf] = {
    "pos": sales.totals,
    **{dataset: _members(dimension) for dataset, dimension in _MAIN_DIMENSION.items()},
}
