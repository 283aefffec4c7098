"""Formats of downloads, by the ending of the file."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from nk_query_api.errors import NotFoundError
from nk_query_api.export import columnar, delimited, workbook
from nk_query_api.export.source import Batches, ExportSource

Write = Callable[[ExportSource, Batches, Path], Iterator[bytes]]


@dataclass(frozen=True)
class Format:
    """How rows become a file. `write` gets the rows and a folder for temporary files, and yields the file's bytes."""

    ending: str
    media_type: str
    write: Write
    max_rows: int | None = None


FORMATS: dict[str, Format] = {
    one.ending: one
    for one in (
        Format("csv", "text/csv; charset=utf-8", lambda source, rows, _: delimited.csv(source.schema, rows)),
        Format(
            "xlsx",
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            lambda source, rows, folder: workbook.xlsx(source.schema, rows, name=source.stem, folder=folder),
            workbook.MAX_ROWS,
        ),
        Format(
            "parquet", "application/vnd.apache.parquet",
            lambda source, rows, _: columnar.parquet(source.schema, rows),
        ),
    )
}  # fmt: skip


def export_format(ending: str) -> Format:
    """The format of that name. Raises NotFoundError."""
    found = FORMATS.get(ending)
    if found is None:
        raise NotFoundError(f"There are no .{ending} files here; take {', '.join(FORMATS)}.")
    return found
