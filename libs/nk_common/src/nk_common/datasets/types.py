"""The few Arrow types that lake tables are made of, and a short way to write a schema."""

from __future__ import annotations

import pyarrow as pa

ID = pa.int64()
TEXT = pa.string()
NUMBER = pa.float64()
FLAG = pa.bool_()
DAY = pa.date32()
IDS = pa.list_(pa.int64())
UTC_TIME = pa.timestamp("us", tz="UTC")
LOCAL_TIME = pa.timestamp("us")
"""Wall-clock time in NK_TIMEZONE; it has no offset because the business day has none."""


def schema(required: dict[str, pa.DataType], **optional: pa.DataType) -> pa.Schema:
    """Columns in the order written: `required` ones first (never null), then nullable ones."""
    fields = [pa.field(name, type_, nullable=False) for name, type_ in required.items()]
    fields += [pa.field(name, type_) for name, type_ in optional.items()]
    return pa.schema(fields)
