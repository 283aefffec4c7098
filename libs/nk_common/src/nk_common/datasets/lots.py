"""`lots`: `stock.lot`, archived ones too."""

from __future__ import annotations

from nk_common.datasets.base import Dataset, LakeTable
from nk_common.datasets.types import ID, TEXT, UTC_TIME, schema

RAW_LOTS = LakeTable("lots", schema({"id": ID}, name=TEXT, product_id=ID, company_id=ID, write_date=UTC_TIME))

LOTS = Dataset(
    name="lots",
    lake_name="lots",
    title_id="Lot dan nomor seri",
    title_en="Lots and serial numbers",
    kind="whole",
    raw=(RAW_LOTS,),
    clean=(RAW_LOTS,),
    star=("dim_lots",),
)
