"""From Odoo's rows to Arrow columns. Odoo says False where it means null, in every type but boolean.

Arrow alone would take False for the number 0 and cut 2.5 to 2, so the kinds of Python values in a column
are looked at first: one set per column, which is also what keeps this fast (docs/odoo-versions.md, speed).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from nk_common.datasets.types import ID
from nk_common.errors import SchemaMismatchError

Row = Mapping[str, Any]


def to_table(
    rows: Sequence[Row], schema: pa.Schema, sources: Mapping[str, str | None] | None = None
) -> pa.Table:
    """`rows` as a table of `schema`.

    `sources` maps a column to the Odoo field it comes from where the two differ; None means that the
    database has no such field: the column is null. Raises SchemaMismatchError for values of another type.
    """
    sources = sources or {}
    arrays = [_column(rows, sources.get(f.name, f.name), f.type) for f in schema]
    return pa.Table.from_arrays(arrays, schema=schema)


def _column(rows: Sequence[Row], source: str | None, type_: pa.DataType) -> pa.Array:
    if source is None:
        return pa.nulls(len(rows), type_)
    try:
        return _typed([row[source] for row in rows], type_)
    except KeyError:
        raise SchemaMismatchError(f"Odoo's answer does not hold the field {source!r}.") from None
    except (pa.ArrowInvalid, pa.ArrowTypeError, ValueError, TypeError) as error:
        raise SchemaMismatchError(
            f"Odoo's field {source!r} holds values that are no {type_}: {error}"
        ) from error


def _typed(values: list[Any], type_: pa.DataType) -> pa.Array:
    if pa.types.is_list(type_):
        return pa.array(values, type_)
    kinds = set(map(type, values))
    if pa.types.is_boolean(type_):
        # Some flags are links in another version of Odoo; a link is set or not (versions.py).
        return pa.array([bool(v) if type(v) is int else v for v in values] if int in kinds else values, type_)
    if list in kinds and type_ == ID:
        # A many2one read with another `load` is an [id, name] pair.
        values = [v[0] if isinstance(v, list) else v for v in values]
        kinds = set(map(type, values))
    if bool in kinds:
        values = [None if v is False else v for v in values]
        if bool in set(map(type, values)):
            raise TypeError("it is true")
    if pa.types.is_temporal(type_):
        return _moments(values, type_)
    if pa.types.is_integer(type_) and float in kinds:
        return pc.cast(pa.array(values, pa.float64()), type_)
    return pa.array(values, type_)


def _moments(values: list[Any], type_: pa.DataType) -> pa.Array:
    # Odoo sends text, of datetimes in naive UTC; a cast of the whole column is much faster than parsing each.
    texts = pa.array(values, pa.string())
    if pa.types.is_date(type_):
        return pc.cast(texts, type_)
    moments = pc.cast(texts, pa.timestamp("us"))
    # A cast to a time zone takes naive moments for UTC, which they are.
    return moments if type_.tz is None else pc.cast(moments, type_)
