"""Opening the ledger, on SQLite or PostgreSQL."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, InterfaceError, OperationalError
from sqlalchemy.orm import Session

from nk_common.errors import ConfigurationError, LedgerUnavailableError

LEDGER_AWAY = (OperationalError, InterfaceError)
"""What SQLAlchemy raises when the database does not answer: loops log it and look again."""


def open_ledger(url: str, *, writer: bool = False) -> Engine:
    """An engine for `url`. SQLite gets WAL and patience. Raises ConfigurationError for a URL that is none.

    A writer takes SQLite's write lock when its transaction begins: one that read first and then wanted to
    write would be refused at once when another wrote in between, however patient it is.
    """
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise ConfigurationError("NK_LEDGER_URL is not a database address.") from error
    if parsed.get_backend_name() != "sqlite":
        return create_engine(parsed, pool_pre_ping=True)
    if parsed.database:
        Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(parsed, connect_args={"timeout": 30})
    event.listen(engine, "connect", _patient)
    if writer:
        event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN IMMEDIATE"))
    return engine


@contextlib.contextmanager
def transaction(engine: Engine) -> Iterator[Session]:
    """One change of the ledger. Raises LedgerUnavailableError, which may pass, when the database does not answer."""
    try:
        with Session(engine, expire_on_commit=False) as session, session.begin():
            yield session
    except LEDGER_AWAY as error:
        raise LedgerUnavailableError(
            "The ledger's database does not answer. What is loaded stays; it is tried again by itself."
        ) from error


def _patient(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # transactions begin when SQLAlchemy says so
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=NORMAL")
    cursor.close()
