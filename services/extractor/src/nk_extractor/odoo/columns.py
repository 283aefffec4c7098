"""From Odoo's rows to Arrow columns. Odoo says False where it means null, in every type but boolean."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from nk_common.datasets.types import ID
from nk_common.errors import SchemaMismatchError
from nk_extractor.odoo.client import Row


def to_table(
    rows: Sequence[Row], schema: pa.Schema, sources: Mapping[str, str | None] | None = None
) -> pa.Table:
    """`rows` as a table of `schema`.

    `sources` maps a column to the Odoo field it comes from where the two differ; None means that the
    database has no such field: the column is null. Raises SchemaMismatchError for values of another type.
    """
    sources = sources or {}
    arrays = [_column(rows, sources.get(f.name, f.name), f) for f in schema]
    return pa.Table.from_arrays(arrays, schema=schema)


def _column(rows: Sequence[Row], source: str | None, field: pa.Field) -> pa.Array:
    if source is None:
        return pa.nulls(len(rows), field.type)
    values = [row[source] for row in rows]
    try:
        return _typed(values, field.type)
    except (pa.ArrowInvalid, pa.ArrowTypeError, ValueError, TypeError) as error:
        raise SchemaMismatchError(
            f"Odoo's field {source!r} holds values that are no {field.type}: {error}"
        ) from error


def _typed(values: list[Any], type_: pa.DataType) -> pa.Array:
    if pa.types.is_boolean(type_) or pa.types.is_list(type_):
        return pa.array(values, type_)
    if type_ == ID:
        # A many2one read with another `load` is an [id, name] pair.
        values = [v[0] if isinstance(v, list) else v for v in values]
    values = [None if v is False else v for v in values]
    if not pa.types.is_timestamp(type_):
        return pa.array(values, type_)
    # Odoo sends naive UTC text; a cast of the whole column is much faster than parsing each.
    moments = pc.cast(pa.array(values, pa.string()), pa.timestamp("us"))
    return moments if type_.tz is None else pc.assume_timezone(moments, type_.tz)
