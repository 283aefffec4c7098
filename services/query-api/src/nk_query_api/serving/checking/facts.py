"""Facts and dimensions of the serving database against the files of the lake, row by row."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date

import duckdb
import pyarrow as pa

from nk_common.datasets.base import PartitionKey
from nk_common.star import TABLES, tables_of
from nk_common.star.base import StarTable
from nk_query_api.serving.applying import Held
from nk_query_api.serving.checking.digests import (
    NOTHING,
    Columns,
    Digest,
    Rows,
    by_day,
    columns_of,
    difference,
    portrait,
)
from nk_query_api.serving.checking.findings import Findings
from nk_query_api.serving.lake_files import LakeFiles
from nk_query_api.serving.snapshot import Snapshot

_BATCH_ROWS = 200_000
_BATCH_PARTITIONS = 300
_FILES = "files"

HeldDays = Mapping[PartitionKey, Held]


@dataclass(frozen=True)
class Table:
    """A table of the star schema as the serving database holds it."""

    star: StarTable
    columns: Columns
    digests: Mapping[date | None, Digest]


@dataclass
class Batch:
    """Some partitions as the lake holds them: rows by table and day."""

    rows: dict[tuple[str, date | None], pa.Table] = field(default_factory=dict)
    count: int = 0
    partitions: int = 0

    @property
    def is_full(self) -> bool:
        return self.count >= _BATCH_ROWS or self.partitions >= _BATCH_PARTITIONS


class Facts:
    """Compares. `lake` is read as it is now; where it is newer than what is held, that is no finding."""

    def __init__(self, look: Snapshot, lake: LakeFiles, held: HeldDays, findings: Findings) -> None:
        self._look = look
        self._lake = lake
        self._held = held
        self._findings = findings
        self._tables = {table.name: self._table(table) for table in TABLES}

    def check(self) -> None:
        """Everything that is held, and that there is nothing else."""
        self._check_extra_days()
        self._check_keys()
        with duckdb.connect(":memory:", config={"python_enable_replacements": "false"}) as files:
            for batch in self._batches():
                self._compare(files, batch)
        lacking = (key for key in self._lake.walk() if key not in self._held)
        self._findings.behind += sum(1 for _ in lacking)

    def _table(self, star: StarTable) -> Table:
        columns = columns_of(self._look, star.name, None if star.kind == "dimension" else star.day)
        return Table(star, columns, by_day(self._look.rows, f'"{star.name}"', columns))

    def _check_extra_days(self) -> None:
        for name, table in self._tables.items():
            for day, (count, _) in table.digests.items():
                if PartitionKey(table.star.dataset, day) not in self._held:
                    self._findings.add(name, day, f"{count} rows of what is not held.")

    def _check_keys(self) -> None:
        for name, table in self._tables.items():
            key = ", ".join(f'"{column}"' for column in table.star.key)
            rows = self._look.rows(
                f"SELECT day, sum(times - 1) FROM (SELECT {table.columns.day} AS day, count(*) AS times "  # noqa: S608
                f'FROM "{name}" GROUP BY day, {key} HAVING times > 1) GROUP BY day'
            )
            for day, count in rows:
                self._findings.add(
                    name, day, f"{count} rows whose {', '.join(table.star.key)} was there before."
                )

    def _batches(self) -> Iterator[Batch]:
        batch = Batch()
        for key in sorted(self._held, key=lambda key: (key.dataset, key.day or date.min)):
            self._take(batch, key)
            self._findings.done += 1
            if batch.is_full:
                yield batch
                batch = Batch()
        yield batch

    def _take(self, batch: Batch, key: PartitionKey) -> None:
        """Add the partition to the batch, unless the lake holds another version of it than is held."""
        held, content = self._held[key], self._lake.read(key, None)
        first = tables_of(key.dataset)[0]
        if content.state == "unreadable":
            self._findings.add(first.name, key.day, f"The lake's file cannot be read: {content.reason}")
        elif content.state != "new" or content.version > held.version:
            self._findings.behind += 1
        elif content.version < held.version:
            what = f"Version {held.version} is held; the lake has an older one, {content.version}."
            self._findings.add(first.name, key.day, what)
        else:
            if held.rows != content.rows:
                self._findings.add(
                    "loaded_days",
                    key.day,
                    f"{key.dataset}: {held.rows} rows noted instead of {content.rows}.",
                )
            batch.rows.update({(name, key.day): rows for name, rows in content.tables.items()})
            batch.count += sum(rows.num_rows for rows in content.tables.values())
            batch.partitions += 1

    def _compare(self, files: duckdb.DuckDBPyConnection, batch: Batch) -> None:
        self._findings.partitions += batch.partitions
        self._findings.rows += batch.count
        for name in dict.fromkeys(name for name, _ in batch.rows):
            table = self._tables[name]
            days = {day: rows for (of, day), rows in batch.rows.items() if of == name}
            files.register(_FILES, pa.concat_tables(days.values()))
            expected = by_day(_rows_of(files), _FILES, table.columns)
            files.unregister(_FILES)
            for day, rows in days.items():
                if table.digests.get(day, NOTHING) != expected.get(day, NOTHING):
                    self._findings.add(name, day, self._explain(files, table, day, rows))

    def _explain(
        self, files: duckdb.DuckDBPyConnection, table: Table, day: date | None, rows: pa.Table
    ) -> str:
        if not self._findings.explains:
            return "Other rows than in the lake."
        files.register(_FILES, rows)
        expected = _rows_of(files)(portrait(_FILES, table.columns), [])[0]
        files.unregister(_FILES)
        where = f"{table.columns.day} IS NOT DISTINCT FROM $1"
        held = self._look.row(portrait(f'"{table.star.name}"', table.columns, where), [day])
        return difference(held, expected, table.columns)


def _rows_of(connection: duckdb.DuckDBPyConnection) -> Rows:
    return lambda sql, values: connection.execute(sql, values).fetchall()
