"""Facts of stock: what moved, and what lies where."""

from __future__ import annotations

from nk_common.datasets.inventory_moves import CLEAN_INVENTORY_MOVES
from nk_common.datasets.types import DAY, FLAG, ID, LOCAL_TIME, NUMBER, schema
from nk_common.star.base import StarTable

MOVEMENT_TYPES = (
    "incoming",
    "outgoing",
    "transfer",
    "production_in",
    "production_out",
    "adjustment",
    "scrap",
    "return_in",
    "return_out",
)
"""Rule 10. `qty_moved` is signed from the point of view of stock; a transfer within it stays positive."""

FACT_INVENTORY_MOVES = StarTable(
    name="fact_inventory_moves",
    kind="fact",
    dataset="inventory-moves",
    grain="move line",
    key=("move_line_id",),
    schema=CLEAN_INVENTORY_MOVES.schema,
)

FACT_STOCK_ON_HAND_SNAPSHOT = StarTable(
    name="fact_stock_on_hand_snapshot",
    kind="fact",
    dataset="stock-quants",
    grain="quant, day; reconstructed days have one row per product, location, lot and owner",
    key=("quant_id",),
    schema=schema(
        {"snapshot_date": DAY, "quant_id": ID, "product_id": ID, "location_id": ID, "quantity": NUMBER,
         "reserved_quantity": NUMBER, "reconstructed": FLAG, "taken_at": LOCAL_TIME},
        lot_id=ID,
        owner_id=ID,
        company_id=ID,
    ),
    day="snapshot_date",
)  # fmt: skip


def stock_usages(*, transit_is_stock: bool) -> tuple[str, ...]:
    """Usages of the locations whose goods are stock."""
    return ("internal", "transit") if transit_is_stock else ("internal",)
