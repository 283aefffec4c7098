"""What can be downloaded."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import pyarrow as pa

from nk_query_api.serving.snapshot import Snapshot

Batches = Iterator[pa.RecordBatch]


@dataclass(frozen=True)
class ExportSource:
    """Rows to write into a file.

    `stem` is the file's name without its ending. Every batch that `open` yields has exactly the columns of
    `schema`. `count` says beforehand how many rows there are, for formats that cannot hold any number.
    """

    stem: str
    schema: pa.Schema
    open: Callable[[Snapshot], Batches]
    count: Callable[[Snapshot], int]


Rows = Sequence[Mapping[str, Any]]
"""Flat rows of an answer."""


_TYPES: dict[type, pa.DataType] = {
    bool: pa.bool_(),
    int: pa.int64(),
    float: pa.float64(),
    str: pa.string(),
    datetime: pa.timestamp("us"),
    date: pa.date32(),
}


def from_rows(stem: str, rows: Rows, columns: Mapping[str, type]) -> ExportSource:
    """An answer that was computed already: flat rows, of which `columns` are written, in that order.

    The types are bool, int, float, str, date and datetime (without an offset). What a row lacks is empty. Raises
    KeyError for another type, pyarrow.ArrowInvalid for a value that is not of its column's type.
    """
    schema = pa.schema([(name, _TYPES[kind]) for name, kind in columns.items()])
    batch = pa.RecordBatch.from_pylist([{name: row.get(name) for name in columns} for row in rows], schema)
    return ExportSource(stem, schema, lambda _: iter([batch]), lambda _: len(rows))


def from_question(
    stem: str, question: Callable[[Snapshot], Rows], columns: Mapping[str, type]
) -> ExportSource:
    """As `from_rows`, of an answer that is computed from the snapshot of the download, before its first piece."""
    return ExportSource(
        stem,
        from_rows(stem, (), columns).schema,
        lambda look: from_rows(stem, question(look), columns).open(look),
        # What is asked for has far fewer rows than any format holds; counting them would be asking twice.
        lambda _: 0,
    )
