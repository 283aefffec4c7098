"""Question and answer of `POST /v1/sql`."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from nk_common.api.common import ApiModel, ApiRequest


class SqlRequest(ApiRequest):
    """One SELECT over the tables and views of `/v1/catalog`, in DuckDB's SQL."""

    query: str = Field(min_length=1, description="At most 20,000 characters.")


class SqlColumn(ApiModel):
    """A column of the answer. `type` is DuckDB's name of it."""

    name: str
    type: str


class SqlAnswer(ApiModel):
    """Rows, each a list of values in the order of `columns`.

    Days and moments are ISO 8601; decimals are numbers; NaN and infinity are null; lists are arrays, structs and
    maps are objects.
    """

    data_version: str = Field(description="Changes exactly when any loaded day or dimension changes.")
    columns: list[SqlColumn]
    rows: list[list[Any]]
    row_count: int
    truncated: bool = Field(
        description="There are more rows than may be answered with; those here are the first."
    )
    elapsed_ms: float
