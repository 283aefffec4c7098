"""A ledger as one SQLite file, whichever database it lives in: for backups, and for moving from one to another.

Consistent while others write: SQLite is copied by its own online backup, PostgreSQL is read in one snapshot.
"""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from alembic.runtime.migration import MigrationContext
from alembic.util import CommandError
from sqlalchemy import Connection, Engine, Integer, func, inspect, select, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError

from nk_common.errors import LedgerUnavailableError
from nk_common.ledger import alerts as _alerts  # noqa: F401 declares tables of Base.metadata
from nk_common.ledger import reconciliations as _tables  # noqa: F401 declares tables of Base.metadata
from nk_common.ledger import routines as _more_tables  # noqa: F401 the same
from nk_common.ledger.engine import open_ledger
from nk_common.ledger.migration import migrate
from nk_common.ledger.models import Base, PartitionRow, RunRow

_ROWS = 1_000
JOURNALS = ("-wal", "-shm", "-journal")
"""How names of the files end that SQLite keeps beside a database."""


class OtherReleaseError(LedgerUnavailableError):
    """A ledger whose tables are those of another release of nkdash."""


def save_ledger(url: str, target: Path) -> None:
    """Write the ledger at `url` into the new SQLite file `target`.

    Raises LedgerUnavailableError; OtherReleaseError for a PostgreSQL ledger that is not of this release.
    """
    with _away("The ledger cannot be read, so it was not saved."):
        if (source := sqlite_file(url)) is not None:
            _back_up(source, target)
        else:
            _copy_out(url, target)


def load_ledger(source: Path, url: str) -> None:
    """Make the ledger at `url` say what the SQLite file `source` says, in one step, whatever it said before.

    `source` must be of this release (see `upgraded`), and is used up. Nobody else may have the ledger open.
    Raises LedgerUnavailableError; the ledger is then as it was.
    """
    with _away("The ledger cannot be written, so it is as it was."):
        if (target := sqlite_file(url)) is not None:
            target.parent.mkdir(parents=True, exist_ok=True)
            for journal in JOURNALS:  # of the old file; beside the new one they would damage it
                target.with_name(target.name + journal).unlink(missing_ok=True)
            source.replace(target)
        else:
            _copy_in(source, url)


def upgraded(file: Path) -> None:
    """Bring the SQLite file `file` to this release's tables; an empty or missing one gets them. Raises
    OtherReleaseError for a newer release's, LedgerUnavailableError for a damaged file."""
    engine = open_ledger(f"sqlite:///{file}", writer=True)
    try:
        with _away("The saved ledger cannot be opened; it is damaged."):
            migrate(engine)
    except CommandError as error:
        raise OtherReleaseError("The saved ledger is of a newer release of nkdash; use that one.") from error
    finally:
        engine.dispose()
    _settle(file)


def is_empty(url: str) -> bool:
    """Whether the ledger knows of no partition and no run, or there is none. Raises LedgerUnavailableError."""
    file = sqlite_file(url)
    if file is not None and not file.exists():
        return True
    with _away("The ledger cannot be read."), _opened(url) as engine, engine.connect() as connection:
        present = set(inspect(connection).get_table_names())
        known = (row for row in (PartitionRow, RunRow) if row.__tablename__ in present)
        return not any(connection.scalar(select(func.count()).select_from(row)) for row in known)


def revision_of(file: Path) -> str | None:
    """The migration that the SQLite file `file` is of; None where it has no tables. Does not touch the file."""
    with contextlib.closing(_reading(file)) as connection:
        found = connection.execute("SELECT name FROM sqlite_master WHERE name = 'alembic_version'").fetchone()
        row = connection.execute("SELECT version_num FROM alembic_version").fetchone() if found else None
        return str(row[0]) if row else None


def sqlite_file(url: str) -> Path | None:
    """The file of a SQLite address; None for any other database."""
    parsed = make_url(url)
    return Path(str(parsed.database)) if parsed.get_backend_name() == "sqlite" else None


def _back_up(source: Path, target: Path) -> None:
    with (
        contextlib.closing(_reading(source)) as held,
        contextlib.closing(sqlite3.connect(target)) as copy,
    ):
        held.backup(copy)
    _settle(target)


def _reading(file: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True, timeout=30)


def _copy_out(url: str, target: Path) -> None:
    with _opened(f"sqlite:///{target}", writer=True) as copy, _opened(url) as held:
        migrate(copy)
        with (
            held.connect().execution_options(isolation_level="REPEATABLE READ") as reading,
            copy.begin() as writing,
        ):
            contexts = (MigrationContext.configure(one) for one in (reading, writing))
            found, ours = (context.get_current_revision() for context in contexts)
            if found != ours:
                raise OtherReleaseError(
                    f"The ledger is of revision {found} and this nkdash of {ours}: start nkdash once, and save again."
                )
            _copy_rows(reading, writing)
    _settle(target)


def _copy_in(source: Path, url: str) -> None:
    with _opened(f"sqlite:///{source}") as held, _opened(url, writer=True) as ledger:
        migrate(ledger)
        with held.connect() as reading, ledger.begin() as writing:
            for table in reversed(Base.metadata.sorted_tables):
                writing.execute(table.delete())
            _copy_rows(reading, writing)
            _restart_counters(writing)


def _copy_rows(reading: Connection, writing: Connection) -> None:
    for table in Base.metadata.sorted_tables:
        found = reading.execution_options(yield_per=_ROWS).execute(select(table))
        for rows in found.mappings().partitions():
            writing.execute(table.insert(), [dict(row) for row in rows])


def _restart_counters(connection: Connection) -> None:
    """PostgreSQL counts ids by itself, and must go on above those that were copied."""
    if connection.dialect.name != "postgresql":
        return
    for table in Base.metadata.sorted_tables:
        (key, *others) = table.primary_key.columns
        if not others and isinstance(key.type, Integer):
            last = connection.scalar(select(func.max(key)))
            connection.execute(
                text("SELECT setval(pg_get_serial_sequence(:table, :key), :last, :used)"),
                {"table": table.name, "key": key.name, "last": last or 1, "used": last is not None},
            )


def _settle(file: Path) -> None:
    """One file and no journal beside it."""
    with contextlib.closing(sqlite3.connect(file)) as connection:
        connection.execute("PRAGMA journal_mode=DELETE")


@contextlib.contextmanager
def _opened(url: str, *, writer: bool = False) -> Iterator[Engine]:
    engine = open_ledger(url, writer=writer)
    try:
        yield engine
    finally:
        engine.dispose()


@contextlib.contextmanager
def _away(what: str) -> Iterator[None]:
    try:
        yield
    except (SQLAlchemyError, sqlite3.Error, OSError) as error:
        raise LedgerUnavailableError(
            f"{what} See that its database answers, and that the disk has room."
        ) from error
