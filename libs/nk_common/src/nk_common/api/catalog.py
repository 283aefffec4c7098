"""Answers of `/v1/catalog`: what there is to read, and how much of it is held."""

from __future__ import annotations

from datetime import date
from typing import Literal

from pydantic import Field

from nk_common.api.common import ApiModel


class CatalogColumn(ApiModel):
    """A column. `references` is the dimension that it names a member of."""

    name: str
    type: Literal["integer", "number", "text", "boolean", "date", "timestamp"]
    nullable: bool
    description: str
    references: str | None = None


class HeldDays(ApiModel):
    """Days that can be asked about. Between the first and the last some may be missing: compare `count`."""

    first: date
    last: date
    count: int


class CatalogTable(ApiModel):
    """A table or view of the star schema."""

    name: str
    kind: Literal["fact", "dimension", "view"]
    grain: str = Field(description="What one row is.")
    datasets: list[str] = Field(description="What it is filled from.")
    key: list[str] = Field(description="Columns that together name a row (of a day); empty for views.")
    day_column: str | None = Field(description="The column that decides a row's day; null for dimensions.")
    columns: list[CatalogColumn]
    rows: int | None = Field(description="Rows that are held; null for views.")
    days: HeldDays | None = Field(
        description="Days that are held, for a view of all that it is made of; null when there are none, and for "
        "dimensions."
    )


class Catalog(ApiModel):
    """`GET /v1/catalog`"""

    data_version: str = Field(description="Changes exactly when any loaded day or dimension changes.")
    tables: list[CatalogTable]
