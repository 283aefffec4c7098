"""`dim_locations`, `dim_uoms` and `dim_lots`."""

from __future__ import annotations

import polars as pl

from nk_common.star.base import UNKNOWN_ID
from nk_common.star.dimensions import DIM_LOCATIONS, DIM_LOTS, DIM_UOMS
from nk_loader.build import Tables, with_unknown

NO_LOCATION, NO_USAGE = "(no location)", "(no usage)"


def dim_locations(clean: Tables) -> pl.DataFrame:
    """One row per location, archived ones too; `usage` says whether it is stock."""
    locations = clean["locations"].select(
        pl.col("id").alias("location_id"),
        pl.col("name").alias("location_name"),
        pl.coalesce("complete_name", "name"),
        pl.col("usage").fill_null(NO_USAGE),
        pl.col("scrap_location").alias("is_scrap"),
        pl.col("active").fill_null(value=True),
        pl.col("location_id").alias("parent_id"),
        "company_id",
    )
    unknown = {
        "location_id": UNKNOWN_ID,
        "location_name": NO_LOCATION,
        "complete_name": NO_LOCATION,
        "usage": NO_USAGE,
        "is_scrap": False,
        "active": False,
    }
    return with_unknown(locations, DIM_LOCATIONS, unknown)


def dim_uoms(clean: Tables) -> pl.DataFrame:
    """One row per unit; `factor` is how many of it make one reference unit of its category."""
    units = clean["uoms"].select(
        pl.col("id").alias("uom_id"),
        pl.col("name").alias("uom_name"),
        pl.col("active").fill_null(value=True),
        pl.col("category_id.name").alias("uom_category"),
        "factor",
        "uom_type",
    )
    return with_unknown(units, DIM_UOMS, {"uom_id": UNKNOWN_ID, "uom_name": "(no unit)", "active": False})


def dim_lots(clean: Tables) -> pl.DataFrame:
    """One row per lot or serial number."""
    lots = clean["lots"].select(
        pl.col("id").alias("lot_id"),
        pl.col("name").alias("lot_name"),
        pl.col("product_id").fill_null(UNKNOWN_ID),
        "company_id",
    )
    unknown = {"lot_id": UNKNOWN_ID, "lot_name": "(no lot)", "product_id": UNKNOWN_ID}
    return with_unknown(lots, DIM_LOTS, unknown)
