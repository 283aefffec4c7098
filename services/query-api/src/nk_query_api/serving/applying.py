"""Changes to the serving database: whole partitions, in one transaction, with their bookkeeping."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

import duckdb
import pyarrow as pa

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


def data_version(held: Mapping[PartitionKey, Held]) -> str:
    """Short name of the content: equal for equal partitions in equal versions, in any order of loading.

    When Odoo was read is a part of it, for answers say which days are complete.
    """
    digest = hashlib.blake2b(digest_size=8)
    for line in sorted(f"{key}|{item.version}|{_utc(item.as_of)}" for key, item in held.items()):
        digest.update(line.encode() + b"\n")
    return digest.hexdigest()


def read_held(connection: duckdb.DuckDBPyConnection) -> dict[PartitionKey, Held]:
    """The bookkeeping of an opened file."""
    rows = connection.execute(
        "SELECT dataset, day, version, as_of, rows, signatures FROM loaded_days"
    ).fetchall()
    return {
        PartitionKey(dataset, day): Held(version, as_of.replace(tzinfo=UTC), count, signatures)
        for dataset, day, version, as_of, count, signatures in rows
    }


def apply(
    connection: duckdb.DuckDBPyConnection, changes: Sequence[Change], before: Mapping[PartitionKey, Held]
) -> dict[PartitionKey, Held]:
    """Make all changes, or none. Returns what is held afterwards."""
    after = {**before}
    replaced = [change.key for change in changes if change.tables is not None]
    connection.begin()
    try:
        if PRODUCTS.name in {key.dataset for key in replaced}:
            regrouping.remember(connection)
        for change in changes:
            if change.key in before:
                if change.tables is not None:
                    _remove_rows(connection, change.key)
                _remove_note(connection, change.key)
            after.pop(change.key, None)
            if change.held:
                after[change.key] = change.held
        _put_in(connection, [change for change in changes if change.held])
        touched = touched_days(replaced)
        if PRODUCTS.name in {key.dataset for key in replaced}:
            touched.setdefault("pos", set()).update(regrouping.days_to_remake(connection))
        refresh(connection, touched)
        _note_version(connection, data_version(after))
    except BaseException:
        with contextlib.suppress(duckdb.Error):
            connection.rollback()
        raise
    connection.commit()
    return after


def _remove_rows(connection: duckdb.DuckDBPyConnection, key: PartitionKey) -> None:
    for table in tables_of(key.dataset):
        if key.day is None:
            connection.execute(f'DELETE FROM "{table.name}"')  # noqa: S608
            continue
        connection.execute(
            f'DELETE FROM "{table.name}" WHERE "{table.day}" >= ? AND "{table.day}" < ?',  # noqa: S608
            [_midnight(key.day), _midnight(key.day + timedelta(days=1))],
        )


def _remove_note(connection: duckdb.DuckDBPyConnection, key: PartitionKey) -> None:
    connection.execute(
        "DELETE FROM loaded_days WHERE dataset = ? AND day IS NOT DISTINCT FROM ?", [key.dataset, key.day]
    )


def _put_in(connection: duckdb.DuckDBPyConnection, changes: Sequence[Change]) -> None:
    given = [change.tables for change in changes if change.tables]
    for name in dict.fromkeys(name for tables in given for name in tables):
        # In one piece: the database takes thousands of small ones half as fast.
        rows = pa.concat_tables([tables[name] for tables in given if name in tables]).combine_chunks()
        connection.register(_INCOMING, rows)
        connection.execute(f'INSERT INTO "{name}" BY NAME SELECT * FROM {_INCOMING}')  # noqa: S608
        connection.unregister(_INCOMING)
    for change in changes:
        if change.held:
            held = change.held
            values = [
                change.key.dataset,
                change.key.day,
                held.version,
                _utc(held.as_of),
                held.rows,
                held.signatures,
            ]
            connection.execute("INSERT INTO loaded_days VALUES (?, ?, ?, ?, ?, ?)", values)


def _note_version(connection: duckdb.DuckDBPyConnection, version: str) -> None:
    connection.execute("DELETE FROM serving_info WHERE name = 'data_version'")
    connection.execute("INSERT INTO serving_info VALUES ('data_version', ?)", [version])


def _utc(moment: datetime) -> datetime:
    """As the database keeps it: in UTC, without saying so."""
    return moment.astimezone(UTC).replace(tzinfo=None)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time())
