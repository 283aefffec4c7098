"""Changes to the serving database: whole partitions, in one transaction, with their bookkeeping."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta

import duckdb
import pyarrow as pa

from nk_common.datasets import DAILY
from nk_common.datasets.base import PartitionKey
from nk_common.datasets.products import PRODUCTS
from nk_common.star import tables_of
from nk_query_api.serving import regrouping
from nk_query_api.serving.rollups import refresh, touched_days

_INCOMING = "incoming"


@dataclass(frozen=True)
class Held:
    """What the serving database holds of a partition.

    `as_of` is when Odoo was read. `signatures` are those of the files it was read from, as JSON, so that a
    restart need not open files that are still the same.
    """

    version: int
    as_of: datetime
    rows: int
    signatures: str = ""


@dataclass(frozen=True)
class Change:
    """Replace a partition by `tables`, or take it out (`held` is None).

    Without `tables` its rows stay, and only what is known of them changes.
    """

    key: PartitionKey
    held: Held | None
    tables: Mapping[str, pa.Table] | None


@dataclass(frozen=True)
class Batch:
    """Changes that are made together. `tables` are the rows of all of them, each table in one piece: the database takes
    thousands of small ones half as fast."""

    changes: Sequence[Change]
    tables: Mapping[str, pa.Table]

    @property
    def rows(self) -> int:
        return sum(table.num_rows for table in self.tables.values())


def batch_of(changes: Sequence[Change]) -> Batch:
    """The changes as one batch. Putting their rows together takes a while, and can be done before its turn comes."""
    given = [change.tables for change in changes if change.tables and change.held]
    names = dict.fromkeys(name for tables in given for name in tables)
    return Batch(
        [replace(change, tables=None if change.tables is None else {}) for change in changes],
        {n: pa.concat_tables([tables[n] for tables in given if n in tables]).combine_chunks() for n in names},
    )


def data_version(held: Mapping[PartitionKey, Held]) -> str:
    """Short name of the content: equal for equal partitions in equal versions, in any order of loading.

    When Odoo was read is a part of it, for answers say which days are complete.
    """
    return _name(sum(_mark(key, item) for key, item in held.items()))


def _next_version(version: str, change: Change, held: Held | None) -> str:
    """`data_version` after one change to what has `version`, without going through all of it."""
    taken = _mark(change.key, held) if held else 0
    given = _mark(change.key, change.held) if change.held else 0
    return _name(int(version, 16) - taken + given)


def _mark(key: PartitionKey, item: Held) -> int:
    text = f"{key}|{item.version}|{_utc(item.as_of)}"
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest())


def _name(total: int) -> str:
    return f"{total % 2**64:016x}"


def read_held(connection: duckdb.DuckDBPyConnection) -> dict[PartitionKey, Held]:
    """The bookkeeping of an opened file."""
    rows = connection.execute(
        "SELECT dataset, day, version, as_of, rows, signatures FROM loaded_days"
    ).fetchall()
    return {
        PartitionKey(dataset, day): Held(version, as_of.replace(tzinfo=UTC), count, signatures)
        for dataset, day, version, as_of, count, signatures in rows
    }


def read_version(connection: duckdb.DuckDBPyConnection) -> str:
    """The data version of an opened file."""
    found = connection.execute("FROM data_version").fetchall()
    return str(found[0][0]) if found else data_version({})


class Transaction:
    """Changes to the serving database that become visible at once, or not at all.

    They may come in several batches, so that a long rebuild needs few commits and little memory. What the tables
    of the star schema are made into is remade once, at the end.
    """

    def __init__(
        self, connection: duckdb.DuckDBPyConnection, before: Mapping[PartitionKey, Held], version: str
    ) -> None:
        self._connection = connection
        self._version = version
        self._regroups = False
        self._replaced: list[PartitionKey] = []
        self.changes: list[tuple[PartitionKey, Held | None]] = []
        self.held = dict(before)

    def add(self, batch: Batch) -> None:
        """Replace, or take out, the partitions of one batch."""
        replaced = [change for change in batch.changes if change.tables is not None]
        if not self._regroups and any(change.key.dataset == PRODUCTS.name for change in replaced):
            self._regroups = True
            regrouping.remember(self._connection)
        for change in replaced:
            if change.key in self.held:
                _remove_rows(self._connection, change.key)
        _put_in(self._connection, batch.tables)
        self._replaced += [change.key for change in replaced]
        for change in batch.changes:
            self._version = _next_version(self._version, change, self.held.get(change.key))
            self.held.pop(change.key, None)
            if change.held:
                self.held[change.key] = change.held
            self.changes.append((change.key, change.held))

    def finish(self) -> str:
        """Remake what depends on the changes, note what is held. Returns the new data version."""
        touched = touched_days(self._replaced)
        if self._regroups:
            touched.setdefault("pos", set()).update(regrouping.days_to_remake(self._connection))
        refresh(self._connection, touched, self._rows(set().union(*touched.values())))
        _note_held(self._connection, self.changes)
        _note_version(self._connection, self._version)
        return self._version

    def _rows(self, days: Collection[date]) -> dict[date, int]:
        """How many rows the longest partition of each day has."""
        return {
            day: max((held.rows for dataset in DAILY if (held := self.held.get(PartitionKey(dataset.name, day)))),
                     default=0)
            for day in days
        }  # fmt: skip


def apply(
    connection: duckdb.DuckDBPyConnection,
    batches: Iterable[Batch],
    before: Mapping[PartitionKey, Held],
    version: str,
) -> tuple[Transaction, str]:
    """Make all changes, or none. Returns them with what is held afterwards, and its data version; `version` is that
    of `before`. No partition may be in two batches."""
    transaction = Transaction(connection, before, version)
    connection.begin()
    try:
        for batch in batches:
            transaction.add(batch)
        version = transaction.finish()
    except BaseException:
        with contextlib.suppress(duckdb.Error):
            connection.rollback()
        raise
    connection.commit()
    return transaction, version


def _remove_rows(connection: duckdb.DuckDBPyConnection, key: PartitionKey) -> None:
    for table in tables_of(key.dataset):
        if key.day is None:
            connection.execute(f'DELETE FROM "{table.name}"')  # noqa: S608
            continue
        connection.execute(
            f'DELETE FROM "{table.name}" WHERE "{table.day}" >= ? AND "{table.day}" < ?',  # noqa: S608
            [_midnight(key.day), _midnight(key.day + timedelta(days=1))],
        )


def _put_in(connection: duckdb.DuckDBPyConnection, tables: Mapping[str, pa.Table]) -> None:
    for name, rows in tables.items():
        connection.register(_INCOMING, rows)
        connection.execute(f'INSERT INTO "{name}" BY NAME SELECT * FROM {_INCOMING}')  # noqa: S608
        connection.unregister(_INCOMING)


def _note_held(
    connection: duckdb.DuckDBPyConnection, changes: Sequence[tuple[PartitionKey, Held | None]]
) -> None:
    keys = pa.table({"dataset": [key.dataset for key, _ in changes], "day": _days(key for key, _ in changes)})
    connection.register(_INCOMING, keys)
    connection.execute(
        f"DELETE FROM loaded_days USING {_INCOMING} AS gone "  # noqa: S608
        "WHERE loaded_days.dataset = gone.dataset AND loaded_days.day IS NOT DISTINCT FROM gone.day"
    )
    connection.unregister(_INCOMING)
    now = [(key, held) for key, held in changes if held]
    rows = pa.table(
        {
            "dataset": pa.array([key.dataset for key, _ in now], pa.string()),
            "day": _days(key for key, _ in now),
            "version": pa.array([held.version for _, held in now], pa.int64()),
            "as_of": pa.array([_utc(held.as_of) for _, held in now], pa.timestamp("us")),
            "rows": pa.array([held.rows for _, held in now], pa.int64()),
            "signatures": pa.array([held.signatures for _, held in now], pa.string()),
        }
    )
    connection.register(_INCOMING, rows)
    connection.execute(f"INSERT INTO loaded_days BY NAME SELECT * FROM {_INCOMING}")  # noqa: S608
    connection.unregister(_INCOMING)


def _days(keys: Iterable[PartitionKey]) -> pa.Array:
    return pa.array([key.day for key in keys], pa.date32())


def _note_version(connection: duckdb.DuckDBPyConnection, version: str) -> None:
    connection.execute("DELETE FROM data_version")
    connection.execute("INSERT INTO data_version VALUES (?)", [version])


def _utc(moment: datetime) -> datetime:
    """As the database keeps it: in UTC, without saying so."""
    return moment.astimezone(UTC).replace(tzinfo=None)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time())
