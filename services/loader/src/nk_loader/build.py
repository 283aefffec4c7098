"""What builders of star tables share."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import polars as pl

from nk_common.errors import SchemaMismatchError
from nk_common.star.base import StarTable

Tables = Mapping[str, pl.DataFrame]
Build = Callable[[Tables], pl.DataFrame]


def with_unknown(frame: pl.DataFrame, table: StarTable, unknown: Mapping[str, object]) -> pl.DataFrame:
    """`frame` with the columns of `table`, the unknown member first, by key. Raises SchemaMismatchError
    when a key occurs twice: every join with it would count double."""
    if frame.select(table.key).is_duplicated().any():
        raise SchemaMismatchError(f"{table.name}: {', '.join(table.key)} is not unique.")
    columns = frame.select([c for c in table.schema.names if c in frame.columns])
    member = pl.DataFrame({name: [unknown.get(name)] for name in columns.columns}, schema=columns.schema)
    return pl.concat([member, columns.sort(table.key)])
