"""`pos-configs`: the points of sale, which people call stores."""

from __future__ import annotations

from nk_common.datasets.base import Dataset, LakeTable
from nk_common.datasets.types import FLAG, ID, TEXT, schema

RAW_POS_CONFIGS = LakeTable("pos_configs", schema({"id": ID}, name=TEXT, company_id=ID, active=FLAG))

POS_CONFIGS = Dataset(
    name="pos-configs",
    lake_name="pos_configs",
    title_id="Toko (POS)",
    title_en="Stores (POS)",
    kind="whole",
    raw=(RAW_POS_CONFIGS,),
    clean=(RAW_POS_CONFIGS,),
    star=("dim_pos_configs",),
    aliases=("pos_configs",),
)
