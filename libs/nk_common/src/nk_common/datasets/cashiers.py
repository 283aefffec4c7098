"""`cashiers`: employees where the database has pos_hr, users where it does not."""

from __future__ import annotations

from nk_common.datasets.base import Dataset, LakeTable
from nk_common.datasets.types import FLAG, ID, TEXT, schema

RAW_CASHIERS = LakeTable("cashiers", schema({"id": ID}, name=TEXT, active=FLAG))

CASHIERS = Dataset(
    name="cashiers",
    lake_name="cashiers",
    title_id="Kasir",
    title_en="Cashiers",
    kind="whole",
    raw=(RAW_CASHIERS,),
    clean=(RAW_CASHIERS,),
    star=("dim_cashiers",),
)
