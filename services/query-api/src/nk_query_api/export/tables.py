"""Documented tables and views as sources of downloads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import pyarrow as pa

from nk_query_api.documented import Documented
from nk_query_api.errors import BadQuestionError
from nk_query_api.export.source import Batches, ExportSource
from nk_query_api.serving.snapshot import Snapshot


def table_source(
    one: Documented, columns: Sequence[str], start: date | None, end: date | None
) -> ExportSource:
    """The rows of the inclusive days, all without them; the columns in the order asked for, all without any.

    Raises BadQuestionError for unknown columns, an inverted range, or days of a table that has none.
    """
    chosen = _Rows(one, _columns(one, columns), start, end)
    schema = pa.schema([one.schema.field(name) for name in chosen.columns])
    return ExportSource(file_stem(one.name, start, end), schema, chosen.read, chosen.count)


@dataclass(frozen=True)
class _Rows:
    one: Documented
    columns: tuple[str, ...]
    start: date | None
    end: date | None

    def __post_init__(self) -> None:
        if (self.start or self.end) and not self.one.day:
            raise BadQuestionError(f"{self.one.name} has no days; leave out start and end.")
        if self.start and self.end and self.start > self.end:
            raise BadQuestionError(f"The range ends ({self.end}) before it begins ({self.start}).")

    def count(self, look: Snapshot) -> int:
        where, values = self._where(self.start, self.end)
        return int(look.row(f'SELECT count(*) FROM "{self.one.name}"{where}', values)[0])  # noqa: S608

    def read(self, look: Snapshot) -> Batches:
        """In the order of days, and of the key within one."""
        for first, last in self._spans(look):
            where, values = self._where(first, last)
            wanted, order = (
                ", ".join(f'"{name}"' for name in names) for names in (self.columns, self._order())
            )
            yield from look.batches(
                f'SELECT {wanted} FROM "{self.one.name}"{where} ORDER BY {order}', values  # noqa: S608
            )  # fmt: skip

    def _spans(self, look: Snapshot) -> list[tuple[date | None, date | None]]:
        """Months: sorting one at a time needs little memory, and all of them in turn are sorted as well."""
        if not self.one.day:
            return [(None, None)]
        where, values = self._where(self.start, self.end)
        days = f'CAST(min("{self.one.day}") AS DATE), CAST(max("{self.one.day}") AS DATE)'
        first, last = look.row(f'SELECT {days} FROM "{self.one.name}"{where}', values)  # noqa: S608
        spans: list[tuple[date | None, date | None]] = []
        while first and first <= last:
            following = (first.replace(day=1) + timedelta(days=32)).replace(day=1)
            spans.append((first, min(last, following - timedelta(days=1))))
            first = following
        return spans

    def _where(self, start: date | None, end: date | None) -> tuple[str, list[object]]:
        """A condition on the day, which may have a time of day, and the values for it."""
        day = self.one.day
        conditions = {f'"{day}" >= ?': start, f'"{day}" < ?': end + timedelta(days=1) if end else None}
        used = {condition: value for condition, value in conditions.items() if value}
        return (" WHERE " + " AND ".join(used) if used else ""), list(used.values())

    def _order(self) -> tuple[str, ...]:
        keys = self.one.key or tuple(self.one.schema.names)
        return tuple(dict.fromkeys([*([self.one.day] if self.one.day else []), *keys]))


def _columns(one: Documented, asked: Sequence[str]) -> tuple[str, ...]:
    for name in asked:
        if name not in one.schema.names:
            raise BadQuestionError(f"{one.name} has no column {name!r}; /v1/catalog/{one.name} lists them.")
    return tuple(dict.fromkeys(asked)) or tuple(one.schema.names)


def file_stem(name: str, start: date | None, end: date | None) -> str:
    """The name with the days: `fact_sales_2025-12-01_2025-12-23`."""
    if start and end:
        return f"{name}_{start}" if start == end else f"{name}_{start}_{end}"
    return f"{name}_from_{start}" if start else f"{name}_to_{end}" if end else name
