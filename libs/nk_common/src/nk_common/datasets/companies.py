"""`companies`: `res.company`, archived ones too."""

from __future__ import annotations

from nk_common.datasets.base import Dataset, LakeTable
from nk_common.datasets.types import FLAG, ID, TEXT, schema

RAW_COMPANIES = LakeTable(
    "companies",
    schema({"id": ID}, name=TEXT, currency_id=ID, parent_id=ID, active=FLAG, **{"currency_id.name": TEXT}),
)

COMPANIES = Dataset(
    name="companies",
    lake_name="companies",
    title_id="Perusahaan",
    title_en="Companies",
    kind="whole",
    raw=(RAW_COMPANIES,),
    clean=(RAW_COMPANIES,),
    star=("dim_companies",),
)
