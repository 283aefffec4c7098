"""`users`: `res.users`, archived ones too."""

from __future__ import annotations

from nk_common.datasets.base import Dataset, LakeTable
from nk_common.datasets.types import FLAG, ID, TEXT, schema

RAW_USERS = LakeTable("users", schema({"id": ID}, name=TEXT, active=FLAG))

USERS = Dataset(
    name="users",
    lake_name="users",
    title_id="Pengguna Odoo",
    title_en="Odoo users",
    kind="whole",
    raw=(RAW_USERS,),
    clean=(RAW_USERS,),
    star=("dim_users",),
)
