"""`inventory-moves`: done move lines, each with its kind and its effect on stock.

Rule 10 (docs: data.md): quantities are signed from the point of view of stock; a move within stock, or
wholly outside it, keeps its quantity. Only a location's usage says whether it is stock.
"""

from __future__ import annotations

from datetime import date

import polars as pl

from nk_cleaner.transforms.base import (
    Cleaned,
    Rules,
    Tables,
    cleaned_lines,
    first_reason,
    line_totals,
    local_time,
    negated,
    part,
    unit_ratio,
)
from nk_common.datasets.inventory_moves import INVENTORY_MOVES, RAW_INVENTORY_MOVES

_SOURCE, _DEST = pl.col("location_id.usage"), pl.col("location_dest_id.usage")
_INTO, _OUT_OF = pl.col("into_stock"), pl.col("out_of_stock")
_RENAMED = {
    "id": "move_line_id",
    "location_id": "location_src_id",
    "location_id.complete_name": "location_src_name",
    "location_id.usage": "location_src_usage",
    "location_dest_id.complete_name": "location_dest_name",
    "location_dest_id.usage": "location_dest_usage",
    "product_id.name": "product_name",
    "product_id.brand_id.name": "product_brand",
    "product_id.uom_id": "uom_id",
    "product_id.uom_id.name": "uom_name",
    "product_id.uom_id.category_id.name": "uom_category",
    "picking_id.picking_type_code": "picking_type_code",
    "move_id.origin": "origin_reference",
    "create_uid.name": "created_by_user",
}


def transform(tables: Tables, day: date | None, rules: Rules) -> Cleaned:
    """One local day. Rows that cannot be used are rejected, with the reason."""
    raw = tables[RAW_INVENTORY_MOVES.name]
    local = raw.with_columns(local_time("date", rules.zone), local_time("create_date", rules.zone))
    kept, bad = part(local.with_columns(_reasons(day)))
    from_stock, to_stock = _SOURCE.is_in(rules.stock_usages), _DEST.is_in(rules.stock_usages)
    sides = kept.with_columns(
        (to_stock & ~from_stock).alias("into_stock"), (from_stock & ~to_stock).alias("out_of_stock")
    )
    moves = sides.with_columns(_movement_type().alias("movement_type"), _quantity().alias("qty_moved"))
    lines = moves.with_columns(
        (pl.col("movement_type") == "adjustment").alias("inventory_adjustment_flag"),
        pl.coalesce("move_id.production_id", "move_id.raw_material_production_id").alias(
            "manufacturing_order_id"
        ),
        *_partner("source", "incoming", "return_in"),
        *_partner("destination", "outgoing", "return_out"),
    ).rename(_RENAMED)
    return cleaned_lines(INVENTORY_MOVES, lines, bad, line_totals(raw, "move_id", "qty_done"))


def _movement_type() -> pl.Expr:
    """The first kind that fits."""
    scrapped = pl.col("move_id.scrapped") | pl.col("location_dest_id.scrap_location")
    # From Odoo 17 on, goods that are put on another shelf are flagged like those that were counted.
    flagged = pl.col("move_id.is_inventory") & (_INTO | _OUT_OF)
    counted = flagged | (_SOURCE == "inventory") | (_DEST == "inventory")
    produced = (_SOURCE == "production") | pl.col("move_id.production_id").is_not_null()
    consumed = (_DEST == "production") | pl.col("move_id.raw_material_production_id").is_not_null()
    kinds: tuple[tuple[str, pl.Expr], ...] = (
        ("scrap", scrapped),
        ("production_in", _INTO & produced),
        ("production_out", _OUT_OF & consumed),
        ("adjustment", counted),
        ("incoming", _INTO & (_SOURCE == "supplier")),
        ("outgoing", _OUT_OF & (_DEST == "customer")),
        ("return_in", _INTO & (_SOURCE == "customer")),
        ("return_out", _OUT_OF & (_DEST == "supplier")),
    )
    found: pl.Expr = pl.lit("transfer")
    for kind, fits in reversed(kinds):
        found = pl.when(fits.fill_null(value=False)).then(pl.lit(kind)).otherwise(found)
    return found


def _quantity() -> pl.Expr:
    """Signed, in the product's own unit."""
    moved = pl.col("qty_done") * unit_ratio("product_uom_id.factor", "product_id.uom_id.factor")
    return pl.when(_OUT_OF).then(negated(moved)).otherwise(moved)


def _partner(role: str, *kinds: str) -> tuple[pl.Expr, pl.Expr]:
    """Id and name of the picking's partner, where the move is of one of the kinds."""
    of_kind = pl.when(pl.col("movement_type").is_in(kinds))
    return (
        of_kind.then(pl.col("picking_id.partner_id")).alias(f"{role}_partner_id"),
        of_kind.then(pl.col("picking_id.partner_id.name")).alias(f"{role}_partner_name"),
    )


def _reasons(day: date | None) -> pl.Expr:
    return first_reason(
        (pl.col("id").is_duplicated(), "the move line id occurs twice"),
        (pl.col("state").ne_missing(pl.lit("done")), "the move is not done"),
        (pl.col("date").dt.date().ne_missing(pl.lit(day)), "the move is of another day"),
        (pl.col("move_id").is_null(), "the line has no move"),
        (pl.col("product_id").is_null(), "the line has no product"),
        (pl.col("location_id").is_null() | pl.col("location_dest_id").is_null(), "a location is missing"),
        (_SOURCE.is_null() | _DEST.is_null(), "a location of the line is not known"),
        (pl.col("qty_done").is_null(), "the line has no quantity"),
    )
