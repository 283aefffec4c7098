"""CSV as RFC 4180 has it: commas, CRLF, quotes where they are needed. UTF-8, a header row, decimal points."""

from __future__ import annotations

import codecs
import io
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pyarrow as pa

from nk_query_api.export.source import Batches

if TYPE_CHECKING:
    import polars as pl

_FORMULA = r"^(\s*[=+\-@\t\r\n＝＋－＠])"
"""How a text begins that a spreadsheet may take for a formula (OWASP, "CSV injection"), also behind blanks."""


def csv(schema: pa.Schema, batches: Batches, *, bom: bool = False) -> Iterator[bytes]:
    """The file in pieces, one per batch.

    Days are `2025-12-23`, moments `2025-12-23T10:00:00`. Nothing and an empty text differ: the latter is `""`. A text
    that could be a formula gets an apostrophe before it. `bom` begins with the mark by which Excel knows UTF-8.
    """
    header = io.BytesIO(codecs.BOM_UTF8 if bom else b"")
    header.seek(0, io.SEEK_END)
    _frame(schema.empty_table()).write_csv(header, line_terminator="\r\n")
    yield header.getvalue()
    for batch in batches:
        piece = io.BytesIO()
        _frame(batch).write_csv(
            piece,
            include_header=False,
            line_terminator="\r\n",
            date_format="%Y-%m-%d",
            datetime_format="%Y-%m-%dT%H:%M:%S%.f",
            float_scientific=False,
        )
        yield piece.getvalue()


def _frame(rows: pa.RecordBatch | pa.Table) -> pl.DataFrame:
    """The rows, harmless. Numbers that are none (NaN, infinity) are nothing."""
    # Loading it takes longer than all else of a start, and few starts are followed by a download.
    import polars as pl

    frame = pl.DataFrame(pl.from_arrow(rows))
    numbers = pl.col(pl.Float64)
    return frame.with_columns(
        pl.col(pl.String).str.replace(_FORMULA, "'${1}"),
        pl.when(numbers.is_finite()).then(numbers),
    )
