"""Digests of rows: equal for equal rows in any order, so that tables can be compared a day at a time."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from nk_query_api.serving.snapshot import Snapshot

Rows = Callable[[str, list[object]], list[tuple[Any, ...]]]
"""Runs SQL with bound values."""
Digest = tuple[int, int]
"""Number of rows, and the sum of their hashes."""
NOTHING: Digest = (0, 0)
_SUMMED = ("BIGINT", "INTEGER", "TINYINT", "UTINYINT", "DOUBLE", "DECIMAL")
_SHOWN = 3


@dataclass(frozen=True)
class Columns:
    """Columns of a table by name, with their types; `day` is SQL for the day of a row, NULL where it has none."""

    types: Mapping[str, str]
    day: str

    @property
    def all(self) -> str:
        return ", ".join(_quoted(name) for name in self.types)


def columns_of(look: Snapshot, table: str, day: str | None) -> Columns:
    """Those of a table of the serving database; `day` names the column that says the day of a row."""
    rows = look.rows(
        "SELECT column_name, data_type FROM duckdb_columns() WHERE table_name = $1 ORDER BY column_index",
        [table],
    )
    known: dict[str, str] = dict(rows)
    return Columns(known, f"CAST({_quoted(day)} AS DATE)" if day and day in known else "CAST(NULL AS DATE)")


def by_day(
    rows: Rows, source: str, columns: Columns, values: Sequence[object] = ()
) -> dict[date | None, Digest]:
    """Digests of what `source`, a table or a query with brackets, holds of each day."""
    found = rows(
        f"SELECT {columns.day}, count(*), sum(hash({columns.all})) FROM {source} GROUP BY 1",  # noqa: S608
        list(values),
    )
    return {day: (count, int(digest)) for day, count, digest in found}


def recast(query: str, columns: Columns) -> str:
    """The query with the types that its rows have once they are in the table."""
    casts = ", ".join(
        f"CAST({_quoted(name)} AS {type_}) AS {_quoted(name)}" for name, type_ in columns.types.items()
    )
    return f"(SELECT {casts} FROM ({query}))"  # noqa: S608


def difference(held: Sequence[Any], expected: Sequence[Any], columns: Columns) -> str:
    """In words: rows, then the columns that differ with their sums. Both are answers to `portrait`."""
    if held[0] != expected[0]:
        return f"{held[0]} rows instead of {expected[0]}."
    names, size = list(columns.types), len(columns.types)
    differing = [n for n in range(size) if held[1 + n] != expected[1 + n]]
    told = []
    for n in differing[:_SHOWN]:
        mine, other = held[1 + size + n], expected[1 + size + n]
        sums = f" (sum {mine} instead of {other})" if mine != other else ""
        told.append(f"{names[n]}{sums}")
    more = f" and {len(differing) - _SHOWN} more" if len(differing) > _SHOWN else ""
    return f"Other values in {', '.join(told)}{more}." if told else "The same values in other rows."


def portrait(source: str, columns: Columns, where: str = "true") -> str:
    """SQL of one row: number of rows, a digest of each column, and the sums of those that can be summed."""
    digests = [f"coalesce(sum(hash({_quoted(name)})), 0)" for name in columns.types]
    sums = [
        f"sum({_quoted(name)})" if type_.startswith(_SUMMED) else "NULL"
        for name, type_ in columns.types.items()
    ]
    return f"SELECT count(*), {', '.join([*digests, *sums])} FROM {source} WHERE {where}"  # noqa: S608


def _quoted(name: str) -> str:
    return f'"{name}"'
