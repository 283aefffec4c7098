"""Every dimension of the made-up shops, each with its unknown member."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import polars as pl

from benchmarks.scale_catalogue import (
    BRAND_NAMES,
    CASH,
    CASHIERS_PER_STORE,
    CATEGORIES,
    FIRST_BUSINESS,
    FIRST_CATEGORY,
    FIRST_CUSTOMER,
    FIRST_PRODUCT,
    FIRST_VENDOR,
    METHOD_NAMES,
    NO_BRAND,
    NO_PRINCIPAL,
    PARENTS,
    PLACES,
    PRINCIPAL_NAMES,
    PRINCIPALS,
    PRODUCTS,
    SCRAP,
    STORE_NAMES,
    VENDOR_NAMES,
)
from benchmarks.scale_invoices import BUSINESS_NAMES
from benchmarks.scale_world import World
from nk_common.star.base import UNKNOWN_ID, StarTable
from nk_common.star.dimensions import DIMENSIONS

_GIVEN = ("Siti", "Dewi", "Ayu", "Rina", "Putri", "Budi", "Agus", "Rudi", "Andi", "Maya", "Lestari", "Joko")
_FAMILY = (
    "Wijaya",
    "Santoso",
    "Rahayu",
    "Pratama",
    "Hartono",
    "Saputra",
    "Utami",
    "Nugroho",
    "Halim",
    "Sari",
)
_CASHIERS = ("Sari", "Budi", "Dian", "Eko")


def dimension_frames(world: World) -> dict[str, pl.DataFrame]:
    """All tables of `DIMENSIONS`, by name, with their unknown member first."""
    return {table.name: _with_unknown(_MEMBERS[table.name](world), table) for table in DIMENSIONS}


def _with_unknown(members: pl.DataFrame, table: StarTable) -> pl.DataFrame:
    """Columns that nobody fills are null, but an active flag is true."""
    rows = members if "active" in members.columns else members.with_columns(active=pl.lit(value=True))
    none = {name: text for name, text in _NONE.items() if name in table.schema.names}
    unknown = {table.key[0]: UNKNOWN_ID, **none, "active": False}
    if table.name == "dim_partners":
        unknown["is_company"] = False
    both = pl.concat([pl.DataFrame([unknown]), rows], how="diagonal_relaxed")
    missing = [pl.lit(None).alias(name) for name in table.schema.names if name not in both.columns]
    return both.with_columns(missing).select(table.schema.names)


_NONE: dict[str, object] = {
    "product_name": "(no product)", "product_category": "(no category)",
    "product_parent_category": "(no category)", "product_brand": NO_BRAND, "product_brand_id": UNKNOWN_ID,
    "category_id": UNKNOWN_ID, "category_path": "(no category)", "principal_name": NO_PRINCIPAL,
    "category_name": "(no category)", "parent_category_name": "(no category)", "brand_name": NO_BRAND,
    "partner_name": "(no customer)", "cashier_name": "(no cashier)", "pos_config_name": "(no store)",
    "payment_method_name": "(no payment method)", "is_cash": False, "tax_name": "(no tax)",
    "location_name": "(no location)", "complete_name": "(no location)", "usage": "(no usage)",
    "is_scrap": False, "uom_name": "(no unit)", "user_name": "(no user)", "company_name": "(no company)",
    "lot_name": "(no lot)", "product_id": UNKNOWN_ID,
}  # fmt: skip


def _products(world: World) -> pl.DataFrame:
    goods, ids = world.goods, FIRST_PRODUCT + np.arange(PRODUCTS)
    parents, leaves = zip(*(CATEGORIES[n] for n in goods.category), strict=True)
    return pl.DataFrame(
        {
            "product_id": ids,
            "product_name": goods.names,
            "product_category": leaves,
            "product_parent_category": parents,
            "product_brand": goods.brand_names,
            "product_brand_id": np.where(goods.brand < 0, UNKNOWN_ID, goods.brand + 1),
            "category_id": FIRST_CATEGORY + goods.category,
            "category_path": [f"{parent} / {leaf}" for parent, leaf in zip(parents, leaves, strict=True)],
            "principal_name": [_principal(brand) for brand in goods.brand],
            "active": goods.ends >= world.scale.days,
            "default_code": [f"SKU{n:05}" for n in ids],
            "barcode": [f"899{n:010}" for n in ids],
            "list_price": world.prices(world.scale.days - 1),
            "is_storable": np.ones(PRODUCTS, np.bool_),
            "uom_id": np.ones(PRODUCTS, np.int64),
        }
    )


def _principal(brand: int) -> str:
    return PRINCIPAL_NAMES[brand % PRINCIPALS] if brand >= 0 else NO_PRINCIPAL


def _categories(_world: World) -> pl.DataFrame:
    """The parents are members, too."""
    parents = [
        {"category_id": n + 1, "category_name": p, "parent_category_name": p, "category_path": p}
        for n, p in enumerate(PARENTS)
    ]
    leaves = [
        {
            "category_id": FIRST_CATEGORY + n,
            "category_name": leaf,
            "parent_category_name": parent,
            "category_path": f"{parent} / {leaf}",
            "parent_id": PARENTS.index(parent) + 1,
        }
        for n, (parent, leaf) in enumerate(CATEGORIES)
    ]
    return pl.DataFrame([*leaves, *parents]).sort("category_id")


def _brands(_world: World) -> pl.DataFrame:
    rows = [
        {"brand_id": n + 1, "brand_name": name, "principal_name": _principal(n)}
        for n, name in enumerate(BRAND_NAMES)
    ]
    return pl.DataFrame(rows)


def _partners(world: World) -> pl.DataFrame:
    """The company itself, vendors, businesses, and all who ever come."""
    count = world.scale.customers
    given, family = len(_GIVEN), len(_FAMILY)
    people = [
        f"{_GIVEN[n % given]} {_FAMILY[n // given % family]} {n // (given * family)}" for n in range(count)
    ]
    firms = [(FIRST_VENDOR, VENDOR_NAMES), (FIRST_BUSINESS, BUSINESS_NAMES)]
    ids = [1, *(first + n for first, names in firms for n in range(len(names)))]
    return pl.DataFrame(
        {
            "partner_id": [*ids, *range(FIRST_CUSTOMER, FIRST_CUSTOMER + count)],
            "partner_name": ["Toko Cantik", *VENDOR_NAMES, *BUSINESS_NAMES, *people],
            "is_company": [True] * len(ids) + [False] * count,
            "ref": [None] * len(ids) + [f"C{n:06}" for n in range(count)],
        }
    )


def _cashiers(_world: World) -> pl.DataFrame:
    names = [f"{_CASHIERS[n % CASHIERS_PER_STORE]} {store}" for store in STORE_NAMES for n in range(4)]
    return _named("cashier", names)


def _stores(_world: World) -> pl.DataFrame:
    return _named("pos_config", STORE_NAMES).with_columns(company_id=1)


def _methods(_world: World) -> pl.DataFrame:
    return _named("payment_method", METHOD_NAMES).with_columns(
        is_cash=pl.col("payment_method_id") == CASH + 1
    )


def _taxes(_world: World) -> pl.DataFrame:
    return _named("tax", ("PPN 11%", "PPN 11% Masukan")).with_columns(
        amount=11.0,
        amount_type=pl.lit("percent"),
        price_include=pl.col("tax_id") == 1,
        type_tax_use=pl.Series(["sale", "purchase"]),
    )


def _locations(_world: World) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "location_id": PLACES.ids,
            "location_name": [name.split("/")[-1] for name in PLACES.names],
            "complete_name": PLACES.names,
            "usage": PLACES.usages,
            "is_scrap": [n == SCRAP for n in range(len(PLACES.ids))],
            "company_id": [1] * len(PLACES.ids),
        }
    ).sort("location_id")


def _units(_world: World) -> pl.DataFrame:
    return _named("uom", ("Units", "Dozens")).with_columns(
        uom_category=pl.lit("Unit"),
        factor=pl.Series([1.0, 1 / 12]),
        uom_type=pl.Series(["reference", "bigger"]),
    )


def _users(_world: World) -> pl.DataFrame:
    return _named("user", ("Administrator", "Gudang"))


def _companies(_world: World) -> pl.DataFrame:
    return _named("company", ("Toko Cantik",)).with_columns(currency=pl.lit("IDR"), currency_id=12)


def _lots(_world: World) -> pl.DataFrame:
    """None of the goods has lots."""
    schema = {"lot_id": pl.Int64, "lot_name": pl.String, "product_id": pl.Int64, "company_id": pl.Int64}
    return pl.DataFrame(schema=schema)


def _named(what: str, names: tuple[str, ...] | list[str]) -> pl.DataFrame:
    return pl.DataFrame({f"{what}_id": range(1, len(names) + 1), f"{what}_name": names})


_MEMBERS: dict[str, Callable[[World], pl.DataFrame]] = {
    "dim_products": _products,
    "dim_categories": _categories,
    "dim_brands": _brands,
    "dim_partners": _partners,
    "dim_cashiers": _cashiers,
    "dim_pos_configs": _stores,
    "dim_payment_methods": _methods,
    "dim_taxes": _taxes,
    "dim_locations": _locations,
    "dim_uoms": _units,
    "dim_users": _users,
    "dim_companies": _companies,
    "dim_lots": _lots,
}
