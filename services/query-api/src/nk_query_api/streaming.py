"""Answers too long to be held at once: read in pieces, each of the same snapshot."""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import pyarrow as pa

from nk_query_api.errors import ClientGoneError, ServingUnavailableError
from nk_query_api.serving.snapshot import Rows, Snapshot


def pages(look: Snapshot, sql: str, size: int) -> Iterator[Rows]:
    """Rows of `sql`, at most `size` at a time, as DuckDB produces them."""
    cursor = _cursor(look)
    cursor.execute(sql)
    while page := cursor.fetchmany(size):
        yield page
        _cursor(look)


def batches(
    look: Snapshot, sql: str, parameters: list[object] | None = None, size: int = 20_000
) -> Iterator[pa.RecordBatch]:
    """Rows of `sql` as Arrow, about `size` at a time. Raises ClientGoneError once nobody waits any more."""
    cursor = _cursor(look)
    try:
        for batch in cursor.sql(sql, params=parameters or []).to_arrow_reader(size):
            yield batch
            _cursor(look)
    except OSError as error:
        # What DuckDB raises under Arrow's reader arrives without its type.
        _cursor(look)
        raise ServingUnavailableError(
            f"The serving database could not be read to the end: {str(error).splitlines()[0]}"
        ) from error


def given_up(look: Snapshot) -> bool:
    """Whether the rest of the answer is of no use to anybody."""
    return look._stop.is_set()


def _cursor(look: Snapshot) -> duckdb.DuckDBPyConnection:
    if given_up(look):
        raise ClientGoneError("The question was given up.")
    return look._cursor
