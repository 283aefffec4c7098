"""Opening the serving file. It is only a cache: whatever is wrong with it, a new one is built."""

from __future__ import annotations

import contextlib
import os
import time
import weakref
from pathlib import Path

import duckdb

from nk_common.errors import ConfigurationError
from nk_common.observability import logger
from nk_query_api.serving.schema import create_statements, fingerprint

# Nothing outside the file is ever read by SQL, and nothing is fetched.
_CONFIG: dict[str, str | bool | int | float | list[str]] = {
    "enable_external_access": "false",
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "python_enable_replacements": "false",
    # Writing the journal into the file takes longer than applying a day: it is done when nothing comes in.
    "checkpoint_threshold": "2GB",
}
_LET_GO_SECONDS = 10.0
_LOOK_AGAIN = 0.02
_JOURNAL_BYTES = 16 * 1024**2
"""A longer journal is worth writing into the file, or the next start reads it all."""
_DAMAGE = (duckdb.FatalException, duckdb.InternalException, duckdb.SerializationException)
_log = logger(__name__)


def is_damage(error: Exception) -> bool:
    """Whether the error says that the file itself is broken."""
    corrupt = isinstance(error, duckdb.IOException) and any(w in str(error) for w in ("orrupt", "checksum"))
    return isinstance(error, _DAMAGE) or corrupt


class ServingDatabase:
    """An open serving file with this release's tables. `connection` is the writer's; readers take cursors."""

    def __init__(self, path: Path, lake_root: Path, memory: str) -> None:
        self._memory = memory
        self._cursors: weakref.WeakSet[duckdb.DuckDBPyConnection] = weakref.WeakSet()
        self._identity = {"schema": fingerprint(), "lake": str(lake_root.resolve())}
        self._private = False
        self.path = path
        self.path.parent.mkdir(parents=True, exist_ok=True)
        _sweep_private(path)
        self.connection = self._open()

    def rebuild(self, reason: str) -> None:
        """Throw the file away and begin an empty one."""
        _log.warning("serving file is rebuilt from the lake", path=str(self.path), reason=reason)
        self._let_go()
        _delete(self.path)
        self.connection = self._prepared(self._connect())

    def cursor(self) -> duckdb.DuckDBPyConnection:
        """A connection for one reader, who closes it."""
        cursor = self.connection.cursor()
        self._cursors.add(cursor)
        return cursor

    def _let_go(self) -> None:
        """Close the file, giving up what is still being read: as long as anybody has it open, to connect anew is to
        get the old one back, although it is deleted."""
        deadline = time.monotonic() + _LET_GO_SECONDS
        while True:
            try:
                self.connection.close()
            except duckdb.ResourceInUseException:
                if time.monotonic() > deadline:
                    raise
                for cursor in list(self._cursors):
                    with contextlib.suppress(duckdb.Error):
                        cursor.interrupt()
                time.sleep(_LOOK_AGAIN)
            except duckdb.Error:  # What is broken cannot be closed well either.
                return
            else:
                return

    def close(self) -> None:
        """Write what is in the journal into the file and let go of it."""
        self.connection.close()
        if self._private:
            _delete(self.path)

    def settle(self) -> bool:
        """Write a long journal into the file. Not while somebody reads: it is tried again later."""
        journal = self.path.with_name(self.path.name + ".wal")
        if not journal.exists() or journal.stat().st_size < _JOURNAL_BYTES:
            return False
        try:
            self.connection.execute("CHECKPOINT")
        except duckdb.TransactionException:
            return False
        return True

    def _connect(self) -> duckdb.DuckDBPyConnection:
        return duckdb.connect(str(self.path), config={**_CONFIG, "memory_limit": self._memory})

    def _open(self) -> duckdb.DuckDBPyConnection:
        try:
            return self._prepared(self._connect())
        except duckdb.Error as error:
            if "lock" in str(error) and isinstance(error, duckdb.IOException):
                return self._open_beside()
            reason = "it cannot be read: " + str(error).splitlines()[0]
            _log.warning("serving file is rebuilt from the lake", path=str(self.path), reason=reason)
            _delete(self.path)
            return self._prepared(self._connect())

    def _open_beside(self) -> duckdb.DuckDBPyConnection:
        """Another process holds the file; deleting it under that one's feet would break both."""
        held, self._private = self.path, True
        self.path = held.with_name(f"{held.stem}-{os.getpid()}{held.suffix}")
        _log.warning("serving file is rebuilt from the lake", path=str(self.path), reason=f"{held} is in use")
        _delete(self.path)
        return self._prepared(self._connect())

    def _prepared(self, connection: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyConnection:
        """The connection, with tables; an old release's or another lake's file is begun anew."""
        found = _identity(connection)
        if found == self._identity:
            return connection
        if found == {}:
            connection.close()
            raise ConfigurationError(
                f"NK_SERVING_PATH names {self.path}, a database that nkdash did not make and will not overwrite; "
                "name another file."
            )
        if found is not None:
            connection.close()
            _log.warning("serving file is rebuilt from the lake", path=str(self.path),
                         reason="it is of another release or another lake")  # fmt: skip
            _delete(self.path)
            connection = self._connect()
        _create(connection, self._identity)
        return connection


def _identity(connection: duckdb.DuckDBPyConnection) -> dict[str, str] | None:
    """What the file says of itself; None when it is new, nothing when it is somebody else's."""
    tables = {row[0] for row in connection.execute("SHOW TABLES").fetchall()}
    if "serving_info" not in tables:
        return {} if tables else None
    known = connection.execute("SELECT name, value FROM serving_info").fetchall()
    return dict(known)


def _create(connection: duckdb.DuckDBPyConnection, identity: dict[str, str]) -> None:
    connection.begin()
    for statement in create_statements():
        connection.execute(statement)
    connection.executemany(
        "INSERT INTO serving_info VALUES (?, ?)", [list(pair) for pair in identity.items()]
    )
    connection.commit()


def _delete(path: Path) -> None:
    for file in (path, path.with_name(path.name + ".wal")):
        file.unlink(missing_ok=True)


def _sweep_private(path: Path) -> None:
    """Remove private files of processes that were killed."""
    for leftover in path.parent.glob(f"{path.stem}-*{path.suffix}"):
        owner = leftover.stem.removeprefix(f"{path.stem}-")
        if owner.isdigit() and not _alive(int(owner)):
            _delete(leftover)


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
