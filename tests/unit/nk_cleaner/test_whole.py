"""Cleaning dimensions."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import polars as pl
import pyarrow as pa
import pytest

from nk_cleaner.transforms import TRANSFORMS
from nk_cleaner.transforms.base import Cleaned, Rules
from nk_common.datasets import by_name

Row = dict[str, object]


def partners(*rows: Row) -> Cleaned:
    table = by_name("partners").raw[0]
    frame = pl.DataFrame(pl.from_arrow(pa.Table.from_pylist(list(rows), table.schema)))
    return TRANSFORMS["partners"]({table.name: frame}, None, Rules(ZoneInfo("Asia/Jakarta")))


@pytest.mark.parametrize(
    ("name", "clean"),
    [(" Toko Wijaya ", "Toko Wijaya"), (None, "(no name)"), ("", "(no name)"), ("  ", "(no name)")],
)
def test_a_record_without_a_name_is_labelled_and_not_lost(name: str | None, clean: str) -> None:
    """A delivery address of a company needs none in Odoo, and orders refer to it."""
    outcome = partners(
        {"id": 5, "name": name, "parent_id": 4, "write_date": datetime(2026, 1, 6, tzinfo=UTC)}
    )
    assert outcome.tables["partners"].select("id", "name").rows() == [(5, clean)]
    assert (outcome.rejected_rows, outcome.totals.lines) == (0, 1)


def test_a_number_that_occurs_twice_or_is_none_is_rejected() -> None:
    outcome = partners(
        {"id": 5, "name": "A"}, {"id": 5, "name": "B"}, {"id": 0, "name": "C"}, {"id": 6, "name": "D"}
    )
    assert outcome.tables["partners"]["id"].to_list() == [6]
    assert outcome.rejected["partners"]["reason"].to_list() == ["the id occurs twice"] * 2 + [
        "the id is no id"
    ]
