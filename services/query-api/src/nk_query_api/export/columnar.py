"""Parquet, compressed with zstd; a row group per batch, handed on as it is written."""

from __future__ import annotations

import io
from collections.abc import Iterator

import pyarrow as pa
import pyarrow.parquet as pq

from nk_query_api.export.source import Batches

_ROW_GROUP = 100_000


def parquet(schema: pa.Schema, batches: Batches) -> Iterator[bytes]:
    """The file in pieces, one per row group. Texts stay what they are: no program runs a Parquet file."""
    written = _Written()
    with pq.ParquetWriter(written, schema, compression="zstd") as writer:
        for group in _groups(schema, batches):
            writer.write_table(group, row_group_size=_ROW_GROUP)
            yield written.taken()
    yield written.taken()


def _groups(schema: pa.Schema, batches: Batches) -> Iterator[pa.Table]:
    """Small batches make a large file: put together until there are enough rows."""
    waiting: list[pa.RecordBatch] = []
    for batch in batches:
        waiting.append(batch.cast(schema))
        if sum(one.num_rows for one in waiting) >= _ROW_GROUP:
            yield pa.Table.from_batches(waiting, schema)
            waiting = []
    if waiting:
        yield pa.Table.from_batches(waiting, schema)


class _Written(io.RawIOBase):
    """What was written since it was last taken. A Parquet file is written from front to end."""

    def __init__(self) -> None:
        super().__init__()
        self._parts: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, part: object) -> int:
        held = bytes(part)  # type: ignore[call-overload]
        self._parts.append(held)
        return len(held)

    def taken(self) -> bytes:
        parts, self._parts = self._parts, []
        return b"".join(parts)
