"""Writing the lake: whole files, versions that only grow, schemas that are checked."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from unittest.mock import patch

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nk_common.errors import DiskError, SchemaMismatchError, UnreadableFileError
from nk_common.lake.reader import read_stamp, read_table
from nk_common.lake.writer import TEMPORARY_PREFIX, Stamp, sweep_temporaries, write_table

SCHEMA = pa.schema([pa.field("id", pa.int64(), nullable=False), pa.field("name", pa.string())])


def table(*ids: int) -> pa.Table:
    return pa.table({"id": pa.array(ids, pa.int64()), "name": pa.array([str(i) for i in ids])})


def test_a_file_says_which_extraction_it_holds(tmp_path: Path) -> None:
    path = tmp_path / "t" / "day.parquet"
    assert write_table(path, table(1, 2), SCHEMA, Stamp(5, "run-a"))
    stamp = read_stamp(path)
    assert stamp is not None
    assert (stamp.version, stamp.run, stamp.rows) == (5, "run-a", 2)


def test_an_older_or_equal_version_never_replaces(tmp_path: Path) -> None:
    path = tmp_path / "day.parquet"
    write_table(path, table(1), SCHEMA, Stamp(5, "new"))
    assert not write_table(path, table(2), SCHEMA, Stamp(4, "old"))
    assert not write_table(path, table(2), SCHEMA, Stamp(5, "again"))
    assert read_table(path)["id"].to_pylist() == [1]


@given(versions=st.lists(st.integers(1, 9), min_size=1, max_size=8))
@settings(max_examples=25)
def test_any_order_of_writes_ends_with_the_newest(
    tmp_path_factory: pytest.TempPathFactory, versions: list[int]
) -> None:
    path = tmp_path_factory.mktemp("lake") / "day.parquet"
    for version in versions:
        write_table(path, table(version), SCHEMA, Stamp(version, "run"))
    assert read_table(path)["id"].to_pylist() == [max(versions)]


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        (pa.table({"id": [1]}), "missing columns"),
        (pa.table({"id": [1], "name": ["a"], "extra": [1]}), "unexpected columns"),
        (pa.table({"id": ["a"], "name": ["a"]}), "day.parquet"),
        (pa.table({"id": pa.array([None], pa.int64()), "name": ["a"]}), "null values"),
    ],
)
def test_a_table_of_another_schema_is_refused_and_harms_nothing(
    tmp_path: Path, rows: pa.Table, words: str
) -> None:
    path = tmp_path / "day.parquet"
    write_table(path, table(1), SCHEMA, Stamp(1, "run"))
    with pytest.raises(SchemaMismatchError, match=words):
        write_table(path, rows, SCHEMA, Stamp(2, "run"))
    assert read_table(path)["id"].to_pylist() == [1]


@pytest.mark.parametrize(("number", "words"), [(errno.ENOSPC, "disk is full"), (errno.EROFS, "read-only")])
def test_a_disk_that_cannot_be_written_is_a_sentence_and_leaves_nothing(
    tmp_path: Path, number: int, words: str
) -> None:
    with (
        patch("pyarrow.parquet.write_table", side_effect=OSError(number, os.strerror(number))),
        pytest.raises(DiskError, match=words),
    ):
        write_table(tmp_path / "day.parquet", table(1), SCHEMA, Stamp(1, "run"))
    assert list(tmp_path.iterdir()) == []


def test_leftovers_of_a_killed_writer_are_swept(tmp_path: Path) -> None:
    leftover = tmp_path / "a" / f"{TEMPORARY_PREFIX}dead"
    leftover.parent.mkdir()
    leftover.write_bytes(b"half a file")
    assert sweep_temporaries(tmp_path, older_than=0) == 0, "one that may still be written stays"
    assert sweep_temporaries(tmp_path, older_than=leftover.stat().st_mtime + 1) == 1
    assert not leftover.exists()


def test_a_foreign_file_has_no_stamp(tmp_path: Path) -> None:
    (tmp_path / "foreign.parquet").write_bytes(b"not parquet")
    assert read_stamp(tmp_path / "foreign.parquet") is None
    assert read_stamp(tmp_path / "absent.parquet") is None


def _damage(path: Path, place: int) -> None:
    content = bytearray(path.read_bytes())
    content[place] ^= 0xFF
    path.write_bytes(bytes(content))


@pytest.mark.parametrize("place", [20, -6], ids=["a page", "the footer"])
def test_a_damaged_file_is_refused_with_a_sentence_and_can_be_replaced(tmp_path: Path, place: int) -> None:
    """Never read as other numbers, and never in the way of the day that is loaded again."""
    path = tmp_path / "day.parquet"
    write_table(path, table(*range(1000)), SCHEMA, Stamp(5, "run"))
    _damage(path, place)
    with pytest.raises(UnreadableFileError, match="damaged"):
        read_table(path)
    write_table(path, table(1), SCHEMA, Stamp(6, "again"))
    assert read_table(path)["id"].to_pylist() == [1]


def test_what_the_system_says_is_no_damage(tmp_path: Path) -> None:
    """A missing file, or a disk that fails, is another matter."""
    with pytest.raises(FileNotFoundError):
        read_table(tmp_path / "absent.parquet")
    broken = patch("nk_common.lake.reader.pq.read_metadata", side_effect=OSError(errno.EIO, "I/O error"))
    with broken, pytest.raises(OSError, match="I/O error"):
        read_stamp(tmp_path / "day.parquet")
