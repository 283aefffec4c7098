"""`uoms`: `uom.uom`, archived ones too."""

from __future__ import annotations

from nk_common.datasets.base import Dataset, LakeTable
from nk_common.datasets.types import FLAG, ID, NUMBER, TEXT, schema

RAW_UOMS = LakeTable(
    "uoms",
    schema({"id": ID}, name=TEXT, factor=NUMBER, uom_type=TEXT, active=FLAG, **{"category_id.name": TEXT}),
)

UOMS = Dataset(
    name="uoms",
    lake_name="uoms",
    title_id="Satuan",
    title_en="Units of measure",
    kind="whole",
    raw=(RAW_UOMS,),
    clean=(RAW_UOMS,),
    star=("dim_uoms",),
)
