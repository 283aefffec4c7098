"""`partners`: customers and companies. Contacts are personal data and stay out unless asked for."""

from __future__ import annotations

from nk_common.datasets.base import Dataset, LakeTable
from nk_common.datasets.types import FLAG, ID, TEXT, UTC_TIME, schema

RAW_PARTNERS = LakeTable(
    "partners",
    schema(
        {"id": ID},
        name=TEXT,
        ref=TEXT,
        is_company=FLAG,
        parent_id=ID,
        email=TEXT,
        phone=TEXT,
        active=FLAG,
        write_date=UTC_TIME,
    ),
)

PARTNERS = Dataset(
    name="partners",
    lake_name="partners",
    title_id="Pelanggan dan mitra",
    title_en="Customers and partners",
    kind="whole",
    raw=(RAW_PARTNERS,),
    clean=(RAW_PARTNERS,),
    star=("dim_partners",),
)
