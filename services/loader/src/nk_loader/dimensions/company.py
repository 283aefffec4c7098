"""`dim_companies` and `dim_taxes`."""

from __future__ import annotations

import polars as pl

from nk_common.star.base import UNKNOWN_ID
from nk_common.star.dimensions import DIM_COMPANIES, DIM_TAXES
from nk_loader.build import Tables, with_unknown


def dim_companies(clean: Tables) -> pl.DataFrame:
    """One row per company, with the code of its currency."""
    companies = clean["companies"].select(
        pl.col("id").alias("company_id"),
        pl.col("name").alias("company_name"),
        pl.col("active").fill_null(value=True),
        pl.col("currency_id.name").alias("currency"),
        "currency_id",
        "parent_id",
    )
    unknown = {"company_id": UNKNOWN_ID, "company_name": "(no company)", "active": False}
    return with_unknown(companies, DIM_COMPANIES, unknown)


def dim_taxes(clean: Tables) -> pl.DataFrame:
    """One row per tax, archived ones too: they still stand on old lines."""
    taxes = clean["taxes"].select(
        pl.col("id").alias("tax_id"),
        pl.col("name").alias("tax_name"),
        pl.col("active").fill_null(value=True),
        "amount",
        "amount_type",
        "price_include",
        "type_tax_use",
    )
    return with_unknown(taxes, DIM_TAXES, {"tax_id": UNKNOWN_ID, "tax_name": "(no tax)", "active": False})
