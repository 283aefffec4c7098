"""Tables of the serving database, derived from the star schema. Pure."""

from __future__ import annotations

import hashlib

import pyarrow as pa

from nk_common.star import TABLES
from nk_common.star.base import StarTable, StarView
from nk_common.star.views import VIEWS
from nk_query_api.serving.rollups import ROLLUPS
from nk_query_api.serving.sale_lines import SALE_SOURCE

FORMAT = 3
"""Raise it when files made by an earlier release must be rebuilt although no table changed."""

_TYPES = {
    pa.int64(): "BIGINT",
    pa.float64(): "DOUBLE",
    pa.string(): "VARCHAR",
    pa.bool_(): "BOOLEAN",
    pa.date32(): "DATE",
    pa.timestamp("us"): "TIMESTAMP",
}
_BOOKKEEPING = (
    # `as_of` is UTC; DuckDB would want another package to read its own type with an offset.
    "CREATE TABLE loaded_days (dataset VARCHAR NOT NULL, day DATE, version BIGINT NOT NULL, "
    "as_of TIMESTAMP NOT NULL, rows BIGINT NOT NULL, signatures VARCHAR NOT NULL)",
    "CREATE TABLE serving_info (name VARCHAR NOT NULL, value VARCHAR NOT NULL)",
    # A table of one row: every answer reads it, and to look for a row costs more than to take the only one.
    "CREATE TABLE data_version (value VARCHAR NOT NULL)",
)


def create_table(table: StarTable) -> str:
    """DDL of one table of the star schema."""
    columns = (f'"{f.name}" {_TYPES[f.type]}{"" if f.nullable else " NOT NULL"}' for f in table.schema)
    return f'CREATE TABLE "{table.name}" ({", ".join(columns)})'


def create_view(view: StarView) -> str:
    """DDL of a view over the tables."""
    return f'CREATE VIEW "{view.name}" AS {view.sql}'


def create_statements() -> list[str]:
    """Everything that an empty serving database needs, views after the tables that they read."""
    tables = [create_table(table) for table in TABLES]
    views = [create_view(view) for view in VIEWS]
    return [*tables, *views, SALE_SOURCE, *(rollup.create for rollup in ROLLUPS), *_BOOKKEEPING]


def fingerprint() -> str:
    """Names this layout: a file with another one belongs to another release and is rebuilt."""
    text = "\n".join([str(FORMAT), *create_statements(), *(rollup.select for rollup in ROLLUPS)])
    return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()
