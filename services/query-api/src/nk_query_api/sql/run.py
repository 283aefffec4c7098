"""Answering SQL: within limits of rows, size, columns and time, two at once, beside the dashboard's questions."""

from __future__ import annotations

import re
import time
from typing import Any

import duckdb

from nk_common.api.sql import SqlAnswer, SqlColumn
from nk_common.errors import NkError
from nk_query_api.documented import DOCUMENTED
from nk_query_api.errors import BadQuestionError, NotFoundError, QueryTimeoutError
from nk_query_api.serving.database import is_damage
from nk_query_api.serving.reads import Gone, Reads
from nk_query_api.serving.snapshot import Snapshot
from nk_query_api.settings import QueryApiSettings
from nk_query_api.slots import Slots
from nk_query_api.sql.guard import Guard
from nk_query_api.sql.values import plain, selected, weight

_AT_ONCE = 2
_PAGE = 200
_MAX_COLUMNS = 500
_MAX_CHARACTERS = 16_000_000
# Where files lie is nobody's business; what a query may read has no path.
_PATH = re.compile(r"(?<![\w.])(?:[A-Za-z]:)?[/\\](?:[^/\\\s\"']+[/\\])+[^/\\\s\"']*")


class SqlQuestions:
    """SQL from outside. `reads` is its own: its threads and its time limit are nobody else's."""

    def __init__(self, reads: Reads, settings: QueryApiSettings) -> None:
        self._reads = reads
        self._enabled = settings.sql
        self._max_rows = settings.sql_max_rows
        self._timeout = settings.sql_timeout
        self._guard = Guard(DOCUMENTED)
        self._slots = Slots(_AT_ONCE, f"{_AT_ONCE} SQL queries are under way; try again in a moment.")

    async def ask(self, text: str, gone: Gone | None = None) -> SqlAnswer:
        """The rows of one SELECT.

        Raises BadQuestionError, QueryTimeoutError, BusyError, ClientGoneError, ServingUnavailableError, and
        NotFoundError when it is switched off.
        """
        if not self._enabled:
            raise NotFoundError("SQL is switched off here (NK_SQL=0).")
        self._slots.take()
        try:
            return await self._reads.ask("/v1/sql", lambda look: self._answer(look, text), gone)
        except QueryTimeoutError:
            raise QueryTimeoutError(
                f"The query took longer than {self._timeout:g} seconds; ask for fewer days, or group earlier."
            ) from None
        finally:
            self._slots.give_back()

    def close(self) -> None:
        self._reads.close()
        self._guard.close()

    def _answer(self, look: Snapshot, text: str) -> SqlAnswer:
        started = time.perf_counter()
        query = self._guard.checked(text)
        version = look.data_version()
        try:
            columns = _columns(look, query)
            rows = _rows(look, query, columns, self._max_rows + 1)
        except (duckdb.Error, MemoryError) as error:
            said = _said(error)
            if said is None:
                raise
            raise said from error
        truncated = len(rows) > self._max_rows
        return SqlAnswer(
            data_version=version,
            columns=columns,
            rows=rows[: self._max_rows],
            row_count=min(len(rows), self._max_rows),
            truncated=truncated,
            elapsed_ms=round((time.perf_counter() - started) * 1000, 1),
        )


def _columns(look: Snapshot, query: str) -> list[SqlColumn]:
    """Names and types; the query is planned for it, but not run."""
    described = look.rows(f"DESCRIBE (\n{query}\n)")
    if len(described) > _MAX_COLUMNS:
        raise BadQuestionError(
            f"The answer has {len(described)} columns; at most {_MAX_COLUMNS} are possible."
        )
    return [SqlColumn(name=name, type=kind) for name, kind, *_ in described]


def _rows(look: Snapshot, query: str, columns: list[SqlColumn], limit: int) -> list[list[Any]]:
    """At most `limit` rows. Raises BadQuestionError when they are too much for one answer."""
    names = [f"c{n}" for n in range(len(columns))]
    wanted = ", ".join(
        selected(name, column.name, column.type) for name, column in zip(names, columns, strict=True)
    )
    # The query was checked; around it stands nothing that came from outside.
    sql = f"SELECT {wanted} FROM (\n{query}\n) AS answer({', '.join(names)}) LIMIT {limit}"  # noqa: S608
    rows: list[list[Any]] = []
    size = 0
    for page in look.pages(sql, _PAGE):
        for row in page:
            cells = [plain(cell) for cell in row]
            size += weight(cells)
            rows.append(cells)
        if size > _MAX_CHARACTERS:
            raise BadQuestionError(
                f"The answer is larger than {_MAX_CHARACTERS // 1_000_000} MB; ask for fewer rows or columns, "
                "or download the table from /v1/export."
            )
    return rows


def _said(error: duckdb.Error | MemoryError) -> NkError | None:
    """What is wrong with a query, in one line; None where it is not the query that is to blame."""
    if isinstance(error, MemoryError | duckdb.OutOfMemoryException):
        return BadQuestionError(
            "The query needs more memory than is allowed; ask for fewer days, or group earlier."
        )
    if isinstance(error, duckdb.InternalException):
        # Odd SQL brings DuckDB to this, too, and the file is none the worse for it.
        return BadQuestionError("DuckDB fails on this query; write it another way.")
    if isinstance(error, duckdb.InterruptException | duckdb.ConnectionException) or is_damage(error):
        return None
    return BadQuestionError(f"DuckDB says: {_PATH.sub('…', str(error).partition(chr(10))[0])}")
