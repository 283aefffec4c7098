"""Stock of an earlier moment: a snapshot less the moves since (rule 12). Pure: frames in, frames out.

The loader reconstructs past days with it, and validation holds two snapshots against each other.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime
from functools import reduce

import polars as pl

from nk_common.star.stock import FACT_STOCK_ON_HAND_SNAPSHOT

PLACE = ("product_id", "location_id", "lot_id", "owner_id")
"""What names a heap of goods. The company is its location's."""
MOVE_COLUMNS = (
    "date", "product_id", "location_src_id", "location_src_usage", "location_dest_id", "location_dest_usage",
    "qty_moved", "lot_id", "owner_id", "company_id",
)  # fmt: skip
"""What is needed of `fact_inventory_moves`."""
_NOTHING = 1e-9
_DIFFERENT = 1e-6
_DECIMALS = 6


def moves_between(moves: pl.DataFrame, start: datetime, end: datetime) -> pl.DataFrame:
    """Moves with start <= date < end (local time)."""
    return moves.filter(pl.col("date").is_between(start, end, closed="left"))


def effects_of(moves: pl.DataFrame, usages: Collection[str]) -> pl.DataFrame:
    """What the moves added to every heap of stock: PLACE, `company_id`, `change` (negative: taken away).

    `moves` has MOVE_COLUMNS. A move takes its quantity, whatever its sign, from one location and gives it
    to another; only the sides whose usage is in `usages` are stock.
    """
    quantity = pl.col("qty_moved").abs()
    sides = [
        moves.filter(pl.col(f"location_{side}_usage").is_in(list(usages))).select(
            "product_id",
            pl.col(f"location_{side}_id").alias("location_id"),
            "lot_id",
            "owner_id",
            "company_id",
            change.alias("change"),
        )
        for side, change in (("src", -quantity), ("dest", quantity))
    ]
    return sum_effects(sides)


def sum_effects(effects: Sequence[pl.DataFrame]) -> pl.DataFrame:
    """Several `effects_of` as one, by PLACE."""
    # Rounded, or the order of addition would show in the last digit.
    change = pl.col("change").sum().round(_DECIMALS)
    return pl.concat(effects).group_by(PLACE).agg(pl.col("company_id").max(), change).sort(PLACE)


def roll_back(
    snapshot: pl.DataFrame,
    effects: pl.DataFrame,
    day: date,
    at: datetime,
    not_stored: Collection[int] = (),
) -> pl.DataFrame:
    """Rows of `fact_stock_on_hand_snapshot` as they were at the local moment `at`, filed under `day`.

    `snapshot` is one that was taken later, `effects` are those of all moves from `at` until it was taken.
    One row per heap, of the lowest of its quant ids; a heap without a quant by then is numbered from -1
    downwards. Heaps of nothing are left out, and so are products of `not_stored` (consumables, which move
    but have no quants) unless the snapshot knows them.
    """
    held = snapshot.group_by(PLACE).agg(pl.col("quant_id").min(), pl.col("quantity").sum())
    stored = pl.col("product_id").is_in(list(not_stored)).not_()
    known = pl.col("product_id").is_in(snapshot["product_id"].unique().to_list())
    undone = effects.filter(stored | known).select(
        *PLACE, pl.lit(None, pl.Int64).alias("quant_id"), (-pl.col("change")).alias("quantity")
    )
    heaps = (
        pl.concat([held, undone])
        .group_by(PLACE)
        .agg(pl.col("quant_id").min(), pl.col("quantity").sum().round(_DECIMALS))
        .filter(pl.col("quantity").abs() > _NOTHING)
        .sort(PLACE)
        .join(_companies(snapshot, effects), on="location_id", how="left", maintain_order="left")
    )
    return heaps.with_columns(
        pl.coalesce("quant_id", -pl.col("quant_id").is_null().cast(pl.Int64).cum_sum()),
        pl.lit(day).alias("snapshot_date"),
        pl.lit(0.0).alias("reserved_quantity"),
        pl.lit(value=True).alias("reconstructed"),
        pl.lit(at, pl.Datetime("us")).alias("taken_at"),
    ).select(FACT_STOCK_ON_HAND_SNAPSHOT.schema.names)


def differences(earlier: pl.DataFrame, rolled_back: pl.DataFrame) -> pl.DataFrame:
    """Where a snapshot is not what a later one comes to when rolled back to its moment.

    Columns product_id, location_id, expected (of the later one), held (of `earlier`); no row where they are
    equal. More means that goods changed without a done move, or that moves are missing.
    """
    sides = [
        frame.select("product_id", "location_id", *_columns(name))
        for frame, name in ((rolled_back, "expected"), (earlier, "held"))
    ]
    summed = pl.concat(sides).group_by("product_id", "location_id").agg(pl.col("expected", "held").sum())
    differs = (pl.col("expected") - pl.col("held")).abs() > _DIFFERENT
    return summed.filter(differs).sort("product_id", "location_id")


def _columns(filled: str) -> list[pl.Expr]:
    return [
        (pl.col("quantity") if name == filled else pl.lit(0.0)).alias(name) for name in ("expected", "held")
    ]


def _companies(snapshot: pl.DataFrame, effects: pl.DataFrame) -> pl.DataFrame:
    """The company of every location: what a snapshot says counts before what a move says."""
    frames = [frame.group_by("location_id").agg(pl.col("company_id").max()) for frame in (snapshot, effects)]
    return reduce(
        lambda first, second: pl.concat([first, second.join(first, on="location_id", how="anti")]), frames
    )
