"""Answers of `/v1/dimensions/*`."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field

from nk_common.api.common import ApiModel, Text


class DimensionMeta(ApiModel):
    """Where the members come from."""

    data_version: str = Field(description="Changes exactly when any loaded day or dimension changes.")
    fresh_until: datetime | None = Field(
        description="When Odoo was read for them; null while the dimension is not loaded."
    )
    input: str = Field(description="The dataset that they are loaded with.")


class DimensionSummary(ApiModel):
    """A dimension and how many members it has. The counts are null while it is not loaded."""

    name: str = Field(description="As in `/v1/dimensions/{name}`.")
    title: Text
    parameter: str | None = Field(
        description="The parameter of `/v1/sales/*` and `/v1/profit/*` that takes keys of it; null if none does."
    )
    breakdown: str | None = Field(description="As in `/v1/sales/by/{dimension}`; null if sales have none.")
    total: int | None
    active: int | None = Field(description="Of them, not archived; null where the dimension does not say.")
    meta: DimensionMeta


class Dimensions(ApiModel):
    """`GET /v1/dimensions`"""

    dimensions: list[DimensionSummary]


class Member(ApiModel):
    """One member. `key` is what filters take and breakdowns answer; -1 is the member that stands for 'none'."""

    key: str
    label: str
    path: str | None = Field(default=None, description="With the members above it, as Odoo shows it.")
    code: str | None = Field(default=None, description="SKU of a product, reference of a partner.")
    barcode: str | None = None
    active: bool | None = Field(
        default=None, description="False where it is archived in Odoo; null where Odoo does not say."
    )
    attributes: dict[str, bool | int | float | str | None] = Field(
        default={}, description="Further columns of the dimension, by their names in docs/data-model.md."
    )


class Members(ApiModel):
    """`GET /v1/dimensions/{name}`: by label, ties by key."""

    meta: DimensionMeta
    name: str
    total: int | None = Field(
        description="Members that were asked for, before the page; null while the dimension is not loaded."
    )
    members: list[Member]


class OneMember(ApiModel):
    """`GET /v1/dimensions/{name}/{key}`"""

    meta: DimensionMeta
    name: str
    member: Member
