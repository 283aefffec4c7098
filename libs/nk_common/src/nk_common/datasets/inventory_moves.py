"""`inventory-moves`: done stock move lines, by local day of their `date`."""

from __future__ import annotations

from nk_common.datasets.base import Dataset, LakeTable, Measures
from nk_common.datasets.types import FLAG, ID, LOCAL_TIME, NUMBER, TEXT, UTC_TIME, schema

_PLACES = ("location_id", "location_dest_id")

RAW_INVENTORY_MOVES = LakeTable(
    "inventory_moves",
    schema(
        {"id": ID},
        move_id=ID,
        product_id=ID,
        lot_id=ID,
        owner_id=ID,
        qty_done=NUMBER,
        product_uom_id=ID,
        location_id=ID,
        location_dest_id=ID,
        picking_id=ID,
        company_id=ID,
        date=UTC_TIME,
        state=TEXT,
        reference=TEXT,
        create_uid=ID,
        create_date=UTC_TIME,
        write_date=UTC_TIME,
        **{
            "product_uom_id.factor": NUMBER,
            "product_id.name": TEXT,
            "product_id.brand_id.name": TEXT,
            "product_id.uom_id": ID,
            "product_id.uom_id.name": TEXT,
            "product_id.uom_id.factor": NUMBER,
            "product_id.uom_id.category_id.name": TEXT,
            **{f"{place}.complete_name": TEXT for place in _PLACES},
            **{f"{place}.usage": TEXT for place in _PLACES},
            "location_dest_id.scrap_location": FLAG,
            "move_id.is_inventory": FLAG,
            "move_id.scrapped": FLAG,
            "move_id.production_id": ID,
            "move_id.raw_material_production_id": ID,
            "move_id.origin": TEXT,
            "picking_id.picking_type_code": TEXT,
            "picking_id.partner_id": ID,
            "picking_id.partner_id.name": TEXT,
            "create_uid.name": TEXT,
        },
    ),
)

CLEAN_INVENTORY_MOVES = LakeTable(
    "inventory_moves",
    schema(
        {"move_line_id": ID, "move_id": ID, "date": LOCAL_TIME, "product_id": ID, "location_src_id": ID,
         "location_dest_id": ID, "qty_moved": NUMBER, "movement_type": TEXT, "inventory_adjustment_flag": FLAG},
        product_name=TEXT,
        product_brand=TEXT,
        location_src_name=TEXT,
        location_src_usage=TEXT,
        location_dest_name=TEXT,
        location_dest_usage=TEXT,
        uom_id=ID,
        uom_name=TEXT,
        uom_category=TEXT,
        manufacturing_order_id=ID,
        picking_id=ID,
        picking_type_code=TEXT,
        reference=TEXT,
        origin_reference=TEXT,
        source_partner_id=ID,
        source_partner_name=TEXT,
        destination_partner_id=ID,
        destination_partner_name=TEXT,
        created_by_user=TEXT,
        create_date=LOCAL_TIME,
        lot_id=ID,
        owner_id=ID,
        company_id=ID,
    ),
    key="move_line_id",
)  # fmt: skip

INVENTORY_MOVES = Dataset(
    name="inventory-moves",
    lake_name="inventory_moves",
    title_id="Pergerakan stok",
    title_en="Stock moves",
    kind="daily",
    raw=(RAW_INVENTORY_MOVES,),
    clean=(CLEAN_INVENTORY_MOVES,),
    star=("fact_inventory_moves",),
    measures=Measures(("move_id",), "qty_moved"),
    aliases=("inventory_moves",),
    freshness="moves",
)
