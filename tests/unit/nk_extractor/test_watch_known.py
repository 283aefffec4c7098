"""The index of what the lake holds: read once, and not stopped by a torn file."""

from __future__ import annotations

import os
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from nk_common.lake.layout import Layout
from nk_extractor.watch import known
from nk_extractor.watch.known import Known

D1, D2, D3 = (date(2026, 1, day) for day in (1, 2, 3))


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    """Orders 1 and 2 on the 1st, 3 on the 2nd; there is no file of the 3rd."""
    layout = Layout(tmp_path)
    write(layout, D1, [1, 1, 2])
    write(layout, D2, [3])
    return layout


def write(layout: Layout, day: date, ids: list[int], column: str = "order_id") -> None:
    path = layout.star("fact_sales", day)
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.table({column: pa.array(ids, pa.int64())}), path)


def test_days_of_records(layout: Layout) -> None:
    index = Known(layout, "fact_sales", "order_id")
    for ids, days in (([2], {D1}), ([1, 3], {D1, D2}), ([9], set()), ([], set())):
        assert index.holding(ids, [D1, D2, D3]) == days
    assert index.holding([1, 3], [D2]) == {D2}, "only the days asked about"
    first = index.ids(D1)
    assert first is not None
    assert sorted(first.to_pylist()) == [1, 2]
    assert index.ids(D3) is None


def test_a_file_is_read_again_only_when_it_was_replaced(
    layout: Layout, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[str] = []
    real = known._ids

    def counted(path: Path, column: str) -> pa.Array:
        read.append(path.name)
        return real(path, column)

    monkeypatch.setattr(known, "_ids", counted)
    index = Known(layout, "fact_sales", "order_id")
    index.holding([1], [D1, D2])
    index.holding([2], [D1, D2])
    assert len(read) == 2
    write(layout, D2, [3, 4])
    assert index.holding([4], [D1, D2]) == {D2}
    assert len(read) == 3


def _cut(path: Path) -> None:
    os.truncate(path, path.stat().st_size - 6)


def _empty(path: Path) -> None:
    path.write_bytes(b"")


def _fill(path: Path) -> None:
    path.write_bytes(b"PAR1" + b"\xff" * 64 + b"PAR1")


def _other_columns(path: Path) -> None:
    pq.write_table(pa.table({"x": [1]}), path)


@pytest.mark.parametrize("tear", [_cut, _empty, _fill, _other_columns])
def test_a_torn_file_is_a_day_that_is_not_known(tear: object, layout: Layout) -> None:
    assert callable(tear)
    tear(layout.star("fact_sales", D1))
    index = Known(layout, "fact_sales", "order_id")
    assert index.ids(D1) is None
    assert index.holding([1, 2, 3], [D1, D2]) == {D2}
