"""One consistent look at the serving database: everything asked of it is of the same data version."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from typing import Any

import duckdb

from nk_query_api.errors import ClientGoneError
from nk_query_api.serving.applying import data_version

Rows = list[tuple[Any, ...]]


class Snapshot:
    """Questions within one transaction. `stop` gives the remaining ones up."""

    def __init__(self, cursor: duckdb.DuckDBPyConnection, stop: threading.Event) -> None:
        self._cursor = cursor
        self._stop = stop

    def rows(self, sql: str, parameters: list[object] | None = None) -> Rows:
        """All rows of the answer. Values are always bound, never written into `sql`."""
        if self._stop.is_set():
            raise ClientGoneError("The question was given up.")
        return self._cursor.execute(sql, parameters or []).fetchall()

    def row(self, sql: str, parameters: list[object] | None = None) -> tuple[Any, ...]:
        """The only row of an aggregate."""
        return self.rows(sql, parameters)[0]

    def data_version(self) -> str:
        found = self.rows("SELECT value FROM serving_info WHERE name = 'data_version'")
        return str(found[0][0]) if found else data_version({})

    def loaded(self, dataset: str, start: date, end: date) -> dict[date, datetime]:
        """Days of the inclusive range that are held, with the moment (UTC) at which Odoo was read."""
        found = self.rows(
            "SELECT day, as_of FROM loaded_days WHERE dataset = ? AND day BETWEEN ? AND ?",
            [dataset, start, end],
        )
        return {day: as_of.replace(tzinfo=UTC) for day, as_of in found}


@contextmanager
def snapshot(cursor: duckdb.DuckDBPyConnection, stop: threading.Event) -> Iterator[Snapshot]:
    """A snapshot on a cursor of its own, which is closed afterwards."""
    try:
        cursor.begin()
        yield Snapshot(cursor, stop)
    finally:
        cursor.close()
