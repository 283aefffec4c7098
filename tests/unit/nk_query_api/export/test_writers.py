"""Files read back: CSV by the standard library, workbooks by openpyxl, Parquet by pyarrow."""

from __future__ import annotations

import csv
import io
import tracemalloc
from collections.abc import Callable, Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from nk_query_api.errors import BadQuestionError
from nk_query_api.export import columnar, delimited, workbook
from nk_query_api.export.source import from_rows

SCHEMA = pa.schema(
    [
        ("id", pa.int64()), ("revenue", pa.float64()), ("name", pa.string()), ("refund", pa.bool_()),
        ("day", pa.date32()), ("at", pa.timestamp("us")),
    ]
)  # fmt: skip
ROWS: list[dict[str, Any]] = [
    {
        "id": 7, "revenue": 1234567.89, "name": 'Serum "A", 20 ml\nnew', "refund": True, "day": date(2025, 12, 23),
        "at": datetime(2025, 12, 23, 10, 30, 1),
    },
    {"id": None, "revenue": None, "name": None, "refund": None, "day": None, "at": None},
    {"id": -1, "revenue": 1e20, "name": "", "refund": False, "day": date(1899, 12, 31), "at": datetime(1, 1, 1)},
]  # fmt: skip
FORMULAS = [
    "=1+1",
    "+62811",
    "-5",
    "@SUM(A1)",
    "\tx",
    "\rx",
    "  =1+1",
    "\n=1+1",
    "＝1+1",
    "=cmd|' /C calc'!A0",
]
HARMLESS = ["a=b", "Serum -20%", "'quoted", "(no brand)", "é", "1-2", "#1"]

Write = Callable[[pa.Schema, Iterator[pa.RecordBatch]], Iterator[bytes]]


def batches(rows: list[dict[str, Any]], schema: pa.Schema = SCHEMA) -> Iterator[pa.RecordBatch]:
    """One row each, so that joining them is tested, too."""
    return (pa.RecordBatch.from_pylist([row], schema) for row in rows)


def texts(values: list[str]) -> tuple[pa.Schema, Iterator[pa.RecordBatch]]:
    schema = pa.schema([("text", pa.string())])
    return schema, batches([{"text": value} for value in values], schema)


def read_csv(pieces: Iterator[bytes]) -> list[list[str]]:
    return list(csv.reader(io.StringIO(b"".join(pieces).decode(), newline="")))


def read_xlsx(pieces: Iterator[bytes]) -> Any:
    return openpyxl.load_workbook(io.BytesIO(b"".join(pieces))).active


def test_csv_is_what_the_standard_asks_for() -> None:
    """Header, commas, CRLF, doubled quotes; ISO days and moments, decimal points, and no exponents."""
    assert b"".join(delimited.csv(SCHEMA, batches(ROWS))).decode().split("\r\n") == [
        "id,revenue,name,refund,day,at",
        '7,1234567.89,"Serum ""A"", 20 ml\nnew",true,2025-12-23,2025-12-23T10:30:01',
        ",,,,,",
        '-1,100000000000000000000,"",false,1899-12-31,0001-01-01T00:00:00',
        "",
    ]


def test_csv_begins_with_a_byte_order_mark_only_when_asked_to() -> None:
    assert next(delimited.csv(SCHEMA, batches([]))).startswith(b"id,")
    assert next(delimited.csv(SCHEMA, batches([]), bom=True)).startswith(b"\xef\xbb\xbfid,")


def test_a_text_that_a_spreadsheet_would_run_is_defused_in_csv_and_no_other_is_touched() -> None:
    rows = [row[0] for row in read_csv(delimited.csv(*texts([*FORMULAS, *HARMLESS])))[1:]]
    assert rows == [*(f"'{text}" for text in FORMULAS), *HARMLESS]


def test_negative_numbers_stay_numbers_in_csv() -> None:
    schema = pa.schema([("n", pa.float64())])
    assert b"".join(delimited.csv(schema, batches([{"n": -5.5}], schema))) == b"n\r\n-5.5\r\n"


def test_what_is_no_number_is_nothing(tmp_path: Path) -> None:
    schema = pa.schema([("a", pa.int64()), ("n", pa.float64())])
    rows = [{"a": 1, "n": value} for value in (float("nan"), float("inf"), float("-inf"))]
    assert b"".join(delimited.csv(schema, batches(rows, schema))) == b"a,n\r\n1,\r\n1,\r\n1,\r\n"
    sheet = read_xlsx(workbook.xlsx(schema, batches(rows, schema), name="x", folder=tmp_path))
    assert [row[1] for row in sheet.iter_rows(min_row=2, values_only=True)] == [None] * 3


def test_a_workbook_has_numbers_days_and_a_header_that_stays(tmp_path: Path) -> None:
    sheet = read_xlsx(workbook.xlsx(SCHEMA, batches(ROWS), name="fact_sales", folder=tmp_path))
    assert (sheet.title, sheet.freeze_panes) == ("fact_sales", "A2")
    assert [(cell.value, cell.font.bold) for cell in sheet[1]] == [(name, True) for name in SCHEMA.names]
    assert [cell.value for cell in sheet[2]] == [
        7, 1234567.89, 'Serum "A", 20 ml\nnew', True, datetime(2025, 12, 23), datetime(2025, 12, 23, 10, 30, 1),
    ]  # fmt: skip
    assert [cell.data_type for cell in sheet[2]] == ["n", "n", "s", "b", "d", "d"]
    assert [cell.value for cell in sheet[3]] == [None] * 6
    assert [cell.value for cell in sheet[4]][4:] == ["1899-12-31", "0001-01-01T00:00:00"]


def test_a_text_in_a_workbook_is_a_text_whatever_it_looks_like(tmp_path: Path) -> None:
    values = [*FORMULAS, *HARMLESS, "https://example.org", "0012", "{=1}", "_x0041_"]
    sheet = read_xlsx(workbook.xlsx(*texts(values), name="x", folder=tmp_path))
    cells = [row[0] for row in sheet.iter_rows(min_row=2)]
    assert {cell.data_type for cell in cells} == {"s"}
    assert [str(cell.value).replace("_x000D_", "\r") for cell in cells[:4]] == values[:4]
    assert all(cell.hyperlink is None for cell in cells)


def test_a_number_that_excel_would_round_is_written_as_text(tmp_path: Path) -> None:
    schema = pa.schema([("id", pa.int64())])
    rows = [{"id": value} for value in (999_999_999_999_999, 1_234_567_890_123_456, -(2**62))]
    sheet = read_xlsx(workbook.xlsx(schema, batches(rows, schema), name="x", folder=tmp_path))
    assert [row[0] for row in sheet.iter_rows(min_row=2, values_only=True)] == [
        999_999_999_999_999, "1234567890123456", str(-(2**62)),
    ]  # fmt: skip


def test_more_rows_than_a_sheet_holds_are_refused_and_not_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workbook, "MAX_ROWS", 2)
    assert list(workbook.xlsx(SCHEMA, batches(ROWS[:2]), name="x", folder=tmp_path))
    with pytest.raises(
        BadQuestionError, match="holds 2 rows and this has more; ask for fewer days, or take csv"
    ):
        list(workbook.xlsx(SCHEMA, batches(ROWS), name="x", folder=tmp_path))
    assert list(tmp_path.iterdir()) == []


def test_a_text_that_is_too_long_for_a_cell_is_refused_and_not_cut(tmp_path: Path) -> None:
    assert list(workbook.xlsx(*texts(["x" * 32_767]), name="x", folder=tmp_path))
    with pytest.raises(BadQuestionError, match="row 2 is longer than the 32,767 characters"):
        list(workbook.xlsx(*texts(["short", "x" * 32_768]), name="x", folder=tmp_path))


def test_a_name_that_excel_allows_no_sheet_to_have_is_shortened(tmp_path: Path) -> None:
    long = "agg_profit_daily_by_product_2025-12-01_2025-12-23"
    assert read_xlsx(workbook.xlsx(SCHEMA, batches([]), name=long, folder=tmp_path)).title == long[:31]


def test_parquet_keeps_every_type_and_value() -> None:
    table = pq.read_table(io.BytesIO(b"".join(columnar.parquet(SCHEMA, batches(ROWS)))))
    assert (table.schema, table.to_pylist()) == (SCHEMA, ROWS)


def test_parquet_is_compressed_and_written_in_groups(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each group leaves as soon as it is written."""
    monkeypatch.setattr(columnar, "_ROW_GROUP", 2)
    pieces = list(columnar.parquet(SCHEMA, batches(ROWS * 3)))
    metadata = pq.read_metadata(io.BytesIO(b"".join(pieces)))
    assert (metadata.num_row_groups, metadata.num_rows) == (5, 9)
    assert metadata.row_group(0).column(0).compression == "ZSTD"
    assert sum(len(piece) > 0 for piece in pieces) == 6


def test_a_file_without_rows_has_its_columns(tmp_path: Path) -> None:
    assert read_csv(delimited.csv(SCHEMA, batches([]))) == [SCHEMA.names]
    assert pq.read_table(io.BytesIO(b"".join(columnar.parquet(SCHEMA, batches([]))))).schema == SCHEMA
    sheet = read_xlsx(workbook.xlsx(SCHEMA, batches([]), name="x", folder=tmp_path))
    assert list(sheet.iter_rows(values_only=True)) == [tuple(SCHEMA.names)]


@pytest.mark.parametrize(
    "write",
    [
        delimited.csv,
        columnar.parquet,
        lambda schema, rows: workbook.xlsx(schema, rows, name="x", folder=Path.cwd() / ".run"),
    ],
    ids=["csv", "parquet", "xlsx"],
)
def test_memory_does_not_grow_with_the_number_of_rows(
    write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".run").mkdir()
    schema = pa.schema([("id", pa.int64()), ("name", pa.string())])

    def peak(count: int) -> int:
        rows = (
            pa.RecordBatch.from_pydict(
                {"id": list(range(1000)), "name": [f"{n}-{i}" for i in range(1000)]}, schema
            )
            for n in range(count)
        )
        tracemalloc.reset_peak()
        before = pa.total_allocated_bytes() + tracemalloc.get_traced_memory()[0]
        highest = 0
        for _ in write(schema, rows):
            highest = max(highest, pa.total_allocated_bytes() - before)
        return max(highest, tracemalloc.get_traced_memory()[1])

    tracemalloc.start()
    try:
        few, many = peak(3), peak(30)
    finally:
        tracemalloc.stop()
    assert many < few + 3_000_000


def test_an_answer_that_is_there_already_can_be_downloaded_too() -> None:
    rows: list[dict[str, Any]] = [{"label": "Serum", "revenue": 1.5, "more": "left out"}, {"label": "Comb"}]
    source = from_rows("sales_by_product", rows, {"label": str, "revenue": float, "day": date})
    look: Any = None
    assert (source.stem, source.count(look)) == ("sales_by_product", 2)
    assert b"".join(delimited.csv(source.schema, source.open(look))) == (
        b"label,revenue,day\r\nSerum,1.5,\r\nComb,,\r\n"
    )


def test_an_answer_with_a_value_of_another_type_is_a_mistake_at_once() -> None:
    with pytest.raises(pa.ArrowInvalid):
        from_rows("x", [{"n": "text"}], {"n": float})
    with pytest.raises(KeyError):
        from_rows("x", [], {"n": dict})
