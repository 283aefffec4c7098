"""`stock-quants`: what lies where, as a snapshot of the day on which it was taken.

Only today can be asked of Odoo. A past day without a snapshot is reconstructed by the loader, from the
next snapshot and the moves in between, and marked so (rule 12).
"""

from __future__ import annotations

from nk_common.datasets.base import Dataset, LakeTable, Measures
from nk_common.datasets.types import ID, LOCAL_TIME, NUMBER, TEXT, UTC_TIME, schema

RAW_STOCK_QUANTS = LakeTable(
    "stock_quants",
    schema(
        {"id": ID},
        product_id=ID,
        location_id=ID,
        lot_id=ID,
        owner_id=ID,
        company_id=ID,
        quantity=NUMBER,
        reserved_quantity=NUMBER,
        write_date=UTC_TIME,
        **{"location_id.usage": TEXT, "taken_at": UTC_TIME},
    ),
)
CLEAN_STOCK_QUANTS = LakeTable(
    "stock_quants",
    schema(
        {"quant_id": ID, "product_id": ID, "location_id": ID, "quantity": NUMBER, "reserved_quantity": NUMBER,
         "taken_at": LOCAL_TIME},
        lot_id=ID,
        owner_id=ID,
        company_id=ID,
    ),
    key="quant_id",
)  # fmt: skip

STOCK_QUANTS = Dataset(
    name="stock-quants",
    lake_name="stock_quants",
    title_id="Stok",
    title_en="Stock on hand",
    kind="daily",
    raw=(RAW_STOCK_QUANTS,),
    clean=(CLEAN_STOCK_QUANTS,),
    star=("fact_stock_on_hand_snapshot",),
    measures=Measures(("quant_id",), "quantity"),
    aliases=("stock_quants",),
    rebuilt="past days",
    freshness="stock",
)
