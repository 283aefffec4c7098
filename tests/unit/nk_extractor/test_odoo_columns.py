"""From Odoo's rows to Arrow: nothing becomes 0 or is cut that was not so in Odoo."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nk_common.datasets.types import DAY, FLAG, ID, IDS, LOCAL_TIME, NUMBER, TEXT, UTC_TIME
from nk_common.errors import IncompleteReadError, SchemaMismatchError
from nk_extractor.odoo.client import OdooClient
from nk_extractor.odoo.columns import to_table
from support.fake_odoo import FakeOdoo


def column(values: list[Any], type_: pa.DataType) -> list[Any]:
    table = to_table([{"f": value} for value in values], pa.schema([("f", type_)]))
    found: list[Any] = table["f"].to_pylist()
    return found


@pytest.mark.parametrize(
    ("values", "type_", "expected"),
    [
        ([5, False, None], ID, [5, None, None]),
        ([[5, "Toko"], False, [6, "1"]], ID, [5, None, 6]),
        ([2.0, 3, False], ID, [2, 3, None]),
        ([1, 2.5, False, 0, 0.0], NUMBER, [1.0, 2.5, None, 0.0, 0.0]),
        (["a", "", False, "né 😀", '": false'], TEXT, ["a", "", None, "né 😀", '": false']),
        ([True, False, None], FLAG, [True, False, None]),
        ([7, False], FLAG, [True, False]),
        ([[3, 1], []], IDS, [[3, 1], []]),
        (["2026-01-06", False], DAY, [date(2026, 1, 6), None]),
        (["2026-01-06 03:00:05", False], UTC_TIME, [datetime(2026, 1, 6, 3, 0, 5, tzinfo=UTC), None]),
        (["2026-01-06 03:00:05"], LOCAL_TIME, [datetime(2026, 1, 6, 3, 0, 5)]),
        ([False, False], UTC_TIME, [None, None]),
        ([], NUMBER, []),
    ],
)
def test_values_keep_their_meaning(values: list[Any], type_: pa.DataType, expected: list[Any]) -> None:
    assert column(values, type_) == expected


@pytest.mark.parametrize(
    ("values", "type_"),
    [
        ([2.5], ID),
        ([True], ID),
        (["5"], ID),
        ([1.0, True], NUMBER),
        (["1.0"], NUMBER),
        ([[5, "Toko"]], NUMBER),
        ([1], TEXT),
        ([True], TEXT),
        ([1.5], FLAG),
        (["yes"], FLAG),
        ([False], IDS),
        (["2026-01-06 03:00:05"], DAY),
        (["soon"], UTC_TIME),
        ([5], UTC_TIME),
        ([True], DAY),
    ],
)
def test_a_value_of_another_type_is_an_error_that_names_the_field(
    values: list[Any], type_: pa.DataType
) -> None:
    with pytest.raises(SchemaMismatchError, match="field 'f'"):
        column(values, type_)


@given(st.lists(st.none() | st.just(False) | st.floats(allow_nan=False) | st.integers(-(2**52), 2**52)))
def test_numbers_are_numbers_whatever_stands_between(values: list[Any]) -> None:
    """Only False and null are null; 0 and 0.0 equal False in Python and must stay 0."""
    expected = [None if v is False or v is None else float(v) for v in values]
    assert column(values, NUMBER) == expected


def test_a_field_that_the_answer_lacks_is_named() -> None:
    with pytest.raises(SchemaMismatchError, match="'f'"):
        to_table([{"id": 1}], pa.schema([("f", NUMBER)]))


SCHEMA = pa.schema([("id", ID), ("amount", NUMBER), ("note", TEXT), ("gone", NUMBER)])
SOURCES = {"amount": "price", "gone": None}


def odoo(ids: list[int]) -> FakeOdoo:
    return FakeOdoo({"m": [{"id": one, "price": one * 1.5, "note": False} for one in ids]})


def test_read_table_is_in_the_order_of_the_ids_page_by_page() -> None:
    """Five ids at two a page: three calls; renamed and absent fields."""
    transport = odoo([1, 2, 3, 4, 5])
    table = OdooClient(transport, 2).read_table("m", [5, 3, 1, 2, 4], SCHEMA, SOURCES)
    assert table.schema == SCHEMA
    assert table["id"].to_pylist() == [5, 3, 1, 2, 4]
    assert table["amount"].to_pylist() == [7.5, 4.5, 1.5, 3.0, 6.0]
    assert table["note"].null_count == table["gone"].null_count == 5
    assert [method for _, method in transport.calls] == ["read"] * 3


def test_read_table_of_no_ids_asks_nothing() -> None:
    transport = odoo([])
    assert OdooClient(transport, 2).read_table("m", [], SCHEMA).num_rows == 0
    assert transport.calls == []


def test_read_table_fails_when_a_row_is_missing() -> None:
    with pytest.raises(IncompleteReadError, match="named 3 records of m and returned 2"):
        OdooClient(odoo([1, 2]), 2).read_table("m", [1, 2, 3], SCHEMA, SOURCES)
