"""One consistent look at the serving database: everything asked of it is of the same data version."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from typing import Any, TypeVar

import duckdb
import numpy.typing as npt
import pyarrow as pa

from nk_query_api.errors import ClientGoneError, ServingUnavailableError
from nk_query_api.serving.applying import read_version
from nk_query_api.serving.holdings import Holdings, KnownHoldings

T = TypeVar("T")
Rows = list[tuple[Any, ...]]


class Snapshot:
    """Questions within one transaction. `stop` gives the remaining ones up."""

    def __init__(
        self, cursor: duckdb.DuckDBPyConnection, stop: threading.Event, known: KnownHoldings | None = None
    ) -> None:
        self._cursor = cursor
        self._stop = stop
        self._known = known or KnownHoldings()
        self._version: str | None = None

    @property
    def given_up(self) -> bool:
        """Whether the rest of the answer is of no use to anybody."""
        return self._stop.is_set()

    def rows(self, sql: str, parameters: list[object] | None = None) -> Rows:
        """All rows of the answer. Values are always bound, never written into `sql`. Like all questions here, raises
        ClientGoneError once nobody waits any more."""
        return self._waited_for().execute(sql, parameters or []).fetchall()

    def columns(self, sql: str, parameters: list[object] | None = None) -> dict[str, npt.NDArray[Any]]:
        """The same by column, amounts as floats: many times faster where there are many rows of them."""
        return dict(self._waited_for().execute(sql, parameters or []).fetchnumpy())

    def table(self, sql: str, parameters: list[object] | None = None) -> pa.Table:
        """The same as a table, for long answers."""
        return self._waited_for().sql(sql, params=parameters or []).to_arrow_table()

    def pages(self, sql: str, size: int) -> Iterator[Rows]:
        """The same in pieces of at most `size` rows, as DuckDB produces them."""
        cursor = self._waited_for().execute(sql)
        while page := cursor.fetchmany(size):
            yield page
            self._waited_for()

    def batches(
        self, sql: str, parameters: list[object] | None = None, size: int = 20_000
    ) -> Iterator[pa.RecordBatch]:
        """The same as Arrow, about `size` rows at a time, for what is too long to be held at once."""
        cursor = self._waited_for()
        try:
            for batch in cursor.sql(sql, params=parameters or []).to_arrow_reader(size):
                yield batch
                self._waited_for()
        except OSError as error:
            # What DuckDB raises under Arrow's reader arrives without its type.
            self._waited_for()
            raise ServingUnavailableError(
                f"The serving database could not be read to the end: {str(error).splitlines()[0]}"
            ) from error

    def row(self, sql: str, parameters: list[object] | None = None) -> tuple[Any, ...]:
        """The only row of an aggregate."""
        return self.rows(sql, parameters)[0]

    def data_version(self) -> str:
        """Of everything that is asked of this snapshot."""
        if self._version is None:
            self._version = read_version(self._waited_for())
        return self._version

    def holdings(self) -> Holdings:
        """Days that are held, with the moment (UTC) at which Odoo was read."""
        return self._known.of(self.data_version(), self._loaded)

    def of_dimensions(self, name: str, make: Callable[[], T]) -> T:
        """What `make` reads of the dimensions, and of nothing else; remembered until they change."""
        return self._known.remembered(name, self.holdings().dimensions, make)

    def _waited_for(self) -> duckdb.DuckDBPyConnection:
        if self.given_up:
            raise ClientGoneError("The question was given up.")
        return self._cursor

    def _loaded(self) -> Holdings:
        found: dict[str, dict[date, datetime]] = {}
        wholes: list[str] = []
        for dataset, day, as_of, version in self.rows("SELECT dataset, day, as_of, version FROM loaded_days"):
            if day is None:
                wholes.append(f"{dataset}:{version}")
            else:
                found.setdefault(dataset, {})[day] = as_of.replace(tzinfo=UTC)
        return Holdings(found, " ".join(sorted(wholes)))


@contextmanager
def snapshot(
    cursor: duckdb.DuckDBPyConnection, stop: threading.Event, known: KnownHoldings | None = None
) -> Iterator[Snapshot]:
    """A snapshot on a cursor of its own, which is closed afterwards."""
    try:
        cursor.execute("BEGIN TRANSACTION READ ONLY")
        yield Snapshot(cursor, stop, known)
    finally:
        cursor.close()
