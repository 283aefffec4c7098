"""`fact_inventory_moves`, and `fact_stock_on_hand_snapshot` of a day on which a snapshot was taken."""

from __future__ import annotations

import polars as pl

from nk_common.datasets.inventory_moves import CLEAN_INVENTORY_MOVES
from nk_common.datasets.stock_quants import CLEAN_STOCK_QUANTS
from nk_common.star.stock import FACT_INVENTORY_MOVES, FACT_STOCK_ON_HAND_SNAPSHOT
from nk_loader.build import Tables
from nk_loader.dimensions.products import NO_BRAND


def fact_inventory_moves(clean: Tables) -> pl.DataFrame:
    """One row per move line, by line id."""
    moves = clean[CLEAN_INVENTORY_MOVES.name].with_columns(pl.col("product_brand").fill_null(NO_BRAND))
    return moves.select(FACT_INVENTORY_MOVES.schema.names).sort("move_line_id")


def fact_stock_on_hand_snapshot(clean: Tables) -> pl.DataFrame:
    """One row per quant, by quant id. The day is that of the moment at which Odoo was asked (rule 12)."""
    quants = clean[CLEAN_STOCK_QUANTS.name].with_columns(
        pl.col("taken_at").dt.date().alias("snapshot_date"),
        pl.lit(value=False).alias("reconstructed"),
    )
    return quants.select(FACT_STOCK_ON_HAND_SNAPSHOT.schema.names).sort("quant_id")
