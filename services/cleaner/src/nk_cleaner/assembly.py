"""Chunks on disk until their extraction is complete.

A chunk is put down before its message is acknowledged, so whichever cleaner gets the last one finds the
others, also after a restart. An extraction of a single table and chunk never touches the staging folder.
"""

from __future__ import annotations

import contextlib
import shutil
from pathlib import Path

import pyarrow as pa

from nk_common.datasets import by_name
from nk_common.errors import ControlTotalsError
from nk_common.events.raw import RawChunk, from_ipc
from nk_common.lake.layout import Layout
from nk_common.lake.writer import conform, disk_errors, write_bytes


class Assembly:
    """The staging folder of the raw layer."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout

    def add(self, chunk: RawChunk) -> dict[str, pa.Table] | None:
        """Keep a chunk; all raw tables once the extraction is complete, None before.

        Raises ControlTotalsError when the rows are not as many as the extractor counted.
        """
        if chunk.summary is not None and chunk.sequence == 0:
            return self._complete(chunk, [(chunk.table, chunk.rows)])
        folder = self._folder(chunk)
        path = folder / f"{chunk.sequence:06d}.{chunk.table}.arrow"
        # Not synced: a power cut may take it, and then the day is asked for again.
        write_bytes(path, chunk.payload, durable=False)
        if chunk.summary is None:
            return None  # everything about a partition is ordered: the last chunk is still to come
        pieces = sorted(folder.glob("[0-9]*.arrow"))
        if len(pieces) != chunk.sequence + 1:
            return None
        return self._complete(chunk, [(p.name.split(".")[1], from_ipc(p.read_bytes())) for p in pieces])

    def forget(self, chunk: RawChunk) -> None:
        """Drop the chunks of this extraction and of older ones of the same partition."""
        parent = self._folder(chunk).parent
        with disk_errors(parent):
            for folder in parent.glob("[0-9]*"):
                if int(folder.name) <= chunk.version:
                    shutil.rmtree(folder, ignore_errors=True)
        with contextlib.suppress(OSError):
            parent.rmdir()  # unless a newer extraction is arriving

    def _folder(self, chunk: RawChunk) -> Path:
        return self._layout.staging(chunk.partition.dataset, chunk.partition.day_text, chunk.version)

    def _complete(self, chunk: RawChunk, pieces: list[tuple[str, pa.Table]]) -> dict[str, pa.Table]:
        dataset = by_name(chunk.partition.dataset)
        tables = {}
        for table in dataset.raw:
            parts = [rows for name, rows in pieces if name == table.name]
            rows = pa.concat_tables(parts) if parts else table.schema.empty_table()
            tables[table.name] = conform(rows, table.schema, table.name)
        counted = {name: rows.num_rows for name, rows in tables.items()}
        expected = chunk.summary.rows if chunk.summary else {}
        if counted != expected:
            raise ControlTotalsError(f"The extractor sent {expected} rows and {counted} arrived.")
        return tables
