"""Excel workbooks: numbers are numbers and days are days; a text is a text, whatever it begins with."""

from __future__ import annotations

import math
import tempfile
from collections.abc import Callable, Iterator
from datetime import date
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from nk_query_api.errors import BadQuestionError
from nk_query_api.export.source import Batches

if TYPE_CHECKING:
    import xlsxwriter
    from xlsxwriter.worksheet import Worksheet

MAX_ROWS = 1_048_575
"""Rows of a sheet, less the header."""
_MAX_TEXT = 32_767
_EXACT = 10**15
"""Excel keeps 15 digits of a number; ids that are longer are written as text."""
_FIRST_DATE = date(1900, 3, 1)
"""Excel's calendar has a day that never was before this one."""
_PIECE = 256 * 1024
_SHEET_NAME = 31
Write = Callable[[int, int, Any], object]


def xlsx(schema: pa.Schema, batches: Batches, *, name: str, folder: Path) -> Iterator[bytes]:
    """The file in pieces, once it is complete: a workbook cannot be begun before its end is known.

    It is made in temporary files in `folder`, row by row. Raises BadQuestionError for more than MAX_ROWS rows, or
    a text longer than a cell can hold.
    """
    with tempfile.TemporaryDirectory(dir=folder, prefix="export-") as place:
        made = Path(place) / "book.xlsx"
        _write_book(made, schema, batches, name)
        with made.open("rb") as file:
            while piece := file.read(_PIECE):
                yield piece


def _write_book(made: Path, schema: pa.Schema, batches: Batches, name: str) -> None:
    import xlsxwriter  # not before somebody wants a workbook

    options = {"constant_memory": True, "tmpdir": str(made.parent), "strings_to_formulas": False,
               "strings_to_urls": False, "strings_to_numbers": False}  # fmt: skip
    book = xlsxwriter.Workbook(str(made), options)
    sheet = book.add_worksheet(name[:_SHEET_NAME])
    try:
        _fill(book, sheet, schema, batches)
    except BaseException:
        # The book is not closed: packing what nobody will get takes long.
        sheet.row_data_fh.close()
        raise
    book.close()


def _fill(book: xlsxwriter.Workbook, sheet: Worksheet, schema: pa.Schema, batches: Batches) -> None:
    bold = book.add_format({"bold": True})
    sheet.freeze_panes(1, 0)
    for n, field in enumerate(schema):
        sheet.set_column(n, n, max(12, min(40, len(field.name) + 2)))
        sheet.write_string(0, n, field.name, bold)
    writes = [_write(book, sheet, field.type) for field in schema]
    row = 0
    for batch in batches:
        if row + batch.num_rows > MAX_ROWS:
            raise too_many_rows()
        # Row by row: what is written already is not held in memory.
        for values in zip(*(column.to_pylist() for column in batch.columns), strict=True):
            row += 1
            for n, value in enumerate(values):
                if value is not None:
                    writes[n](row, n, value)


def too_many_rows() -> BadQuestionError:
    return BadQuestionError(
        f"An Excel sheet holds {MAX_ROWS:,} rows and this has more; ask for fewer days, or take csv or parquet."
    )


def _write(book: xlsxwriter.Workbook, sheet: Worksheet, kind: pa.DataType) -> Write:
    """How a value of a column is written."""
    if pa.types.is_boolean(kind):
        return partial(_flag, sheet)
    if pa.types.is_integer(kind) or pa.types.is_floating(kind):
        return partial(_number, sheet)
    if pa.types.is_date(kind):
        return partial(_moment, sheet, book.add_format({"num_format": "yyyy-mm-dd"}))
    if pa.types.is_timestamp(kind):
        return partial(_moment, sheet, book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"}))
    return partial(_text, sheet)


def _flag(sheet: Worksheet, row: int, column: int, value: bool) -> None:
    sheet.write_boolean(row, column, value)


def _number(sheet: Worksheet, row: int, column: int, value: float) -> None:
    if isinstance(value, int) and abs(value) >= _EXACT:
        sheet.write_string(row, column, str(value))
    elif math.isfinite(value):
        sheet.write_number(row, column, value)


def _moment(sheet: Worksheet, form: Any, row: int, column: int, value: date) -> None:
    if date(value.year, value.month, value.day) < _FIRST_DATE:
        sheet.write_string(row, column, value.isoformat())
    else:
        sheet.write_datetime(row, column, value, form)


def _text(sheet: Worksheet, row: int, column: int, value: str) -> None:
    if len(value) > _MAX_TEXT:
        raise BadQuestionError(
            f"A text in row {row} is longer than the {_MAX_TEXT:,} characters of an Excel cell; take csv or parquet."
        )
    sheet.write_string(row, column, value)
