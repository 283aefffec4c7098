"""`dim_partners`, `dim_cashiers` and `dim_users`."""

from __future__ import annotations

import polars as pl

from nk_common.star.base import UNKNOWN_ID
from nk_common.star.dimensions import DIM_CASHIERS, DIM_PARTNERS, DIM_USERS
from nk_loader.build import Tables, with_unknown


def dim_partners(clean: Tables) -> pl.DataFrame:
    partners = clean["partners"].select(
        pl.col("id").alias("partner_id"),
        pl.col("name").alias("partner_name"),
        pl.col("is_company").fill_null(value=False),
        pl.col("active").fill_null(value=True),
        "ref",
        "parent_id",
        "email",
        "phone",
    )
    unknown = {
        "partner_id": UNKNOWN_ID, "partner_name": "(no customer)", "is_company": False, "active": False,
    }  # fmt: skip
    return with_unknown(partners, DIM_PARTNERS, unknown)


def dim_cashiers(clean: Tables) -> pl.DataFrame:
    cashiers = clean["cashiers"].select(
        pl.col("id").alias("cashier_id"),
        pl.col("name").alias("cashier_name"),
        pl.col("active").fill_null(value=True),
    )
    unknown = {"cashier_id": UNKNOWN_ID, "cashier_name": "(no cashier)", "active": False}
    return with_unknown(cashiers, DIM_CASHIERS, unknown)


def dim_users(clean: Tables) -> pl.DataFrame:
    users = clean["users"].select(
        pl.col("id").alias("user_id"),
        pl.col("name").alias("user_name"),
        pl.col("active").fill_null(value=True),
    )
    return with_unknown(users, DIM_USERS, {"user_id": UNKNOWN_ID, "user_name": "(no user)", "active": False})
