"""`locations`: `stock.location`, archived ones too."""

from __future__ import annotations

from nk_common.datasets.base import Dataset, LakeTable
from nk_common.datasets.types import FLAG, ID, TEXT, schema

RAW_LOCATIONS = LakeTable(
    "locations",
    schema(
        {"id": ID},
        name=TEXT,
        complete_name=TEXT,
        usage=TEXT,
        location_id=ID,
        scrap_location=FLAG,
        company_id=ID,
        active=FLAG,
    ),
)

LOCATIONS = Dataset(
    name="locations",
    lake_name="locations",
    title_id="Lokasi stok",
    title_en="Stock locations",
    kind="whole",
    raw=(RAW_LOCATIONS,),
    clean=(RAW_LOCATIONS,),
    star=("dim_locations",),
)
