"""`taxes`: `account.tax`, archived ones too."""

from __future__ import annotations

from nk_common.datasets.base import Dataset, LakeTable
from nk_common.datasets.types import FLAG, ID, NUMBER, TEXT, schema

RAW_TAXES = LakeTable(
    "taxes",
    schema(
        {"id": ID},
        name=TEXT,
        amount=NUMBER,
        amount_type=TEXT,
        price_include=FLAG,
        type_tax_use=TEXT,
        active=FLAG,
    ),
)

TAXES = Dataset(
    name="taxes",
    lake_name="taxes",
    title_id="Pajak",
    title_en="Taxes",
    kind="whole",
    raw=(RAW_TAXES,),
    clean=(RAW_TAXES,),
    star=("dim_taxes",),
)
