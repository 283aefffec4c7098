"""`dim_pos_configs` and `dim_payment_methods`."""

from __future__ import annotations

import polars as pl

from nk_common.star.base import UNKNOWN_ID
from nk_common.star.dimensions import DIM_PAYMENT_METHODS, DIM_POS_CONFIGS
from nk_loader.build import Tables, with_unknown


def dim_pos_configs(clean: Tables) -> pl.DataFrame:
    configs = clean["pos_configs"].select(
        pl.col("id").alias("pos_config_id"),
        pl.col("name").alias("pos_config_name"),
        pl.col("active").fill_null(value=True),
        "company_id",
    )
    unknown = {"pos_config_id": UNKNOWN_ID, "pos_config_name": "(no store)", "active": False}
    return with_unknown(configs, DIM_POS_CONFIGS, unknown)


def dim_payment_methods(clean: Tables) -> pl.DataFrame:
    methods = clean["payment_methods"].select(
        pl.col("id").alias("payment_method_id"),
        pl.col("name").alias("payment_method_name"),
        pl.col("is_cash_count").fill_null(value=False).alias("is_cash"),
        pl.col("active").fill_null(value=True),
    )
    unknown = {
        "payment_method_id": UNKNOWN_ID,
        "payment_method_name": "(no payment method)",
        "is_cash": False,
        "active": False,
    }
    return with_unknown(methods, DIM_PAYMENT_METHODS, unknown)
