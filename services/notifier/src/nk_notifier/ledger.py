"""The ledger's database, which the extractor makes; the notifier reads it, and writes its own tables in it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from sqlalchemy import Engine
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from nk_common.errors import LedgerUnavailableError
from nk_common.ledger.engine import open_ledger

T = TypeVar("T")
_LOCK = 7_265_748
"""Of PostgreSQL: one notifier at a time decides. SQLite has one writer at a time anyway."""


class Ledger:
    """Blocking. Everything may raise LedgerUnavailableError: nobody made a ledger yet, or it does not answer."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._engines: tuple[Engine, Engine] | None = None
        self._inode = 0
        self._opening = threading.Lock()

    def read(self, question: Callable[[Engine], T]) -> T:
        with _sayable():
            return question(self._open()[0])

    def write(self, change: Callable[[Session], T]) -> T:
        """One transaction, alone: no other notifier decides meanwhile."""
        with _sayable(), Session(self._open()[1], expire_on_commit=False) as session, session.begin():
            if session.get_bind().dialect.name == "postgresql":
                session.connection().exec_driver_sql(f"SELECT pg_advisory_xact_lock({_LOCK})")
            return change(session)

    def close(self) -> None:
        for engine in self._engines or ():
            engine.dispose()
        self._engines = None

    def _open(self) -> tuple[Engine, Engine]:
        """One to read and one to write; new ones when the SQLite file was replaced (a reset, a restore)."""
        with self._opening:
            inode = self._inode_now()
            if self._engines is None or inode != self._inode:
                self.close()
                self._engines = open_ledger(self._url), open_ledger(self._url, writer=True)
                self._inode = inode
            return self._engines

    def _inode_now(self) -> int:
        """Of a SQLite ledger's file, 0 for a server's. Opening must not make a ledger that nobody fills."""
        url = make_url(self._url)
        if url.get_backend_name() != "sqlite" or not url.database:
            return 0
        try:
            return Path(url.database).stat().st_ino
        except FileNotFoundError as error:
            raise LedgerUnavailableError(
                "There is no ledger yet, so nothing can be judged; start the extractor, which makes it."
            ) from error


@contextmanager
def _sayable() -> Iterator[None]:
    try:
        yield
    except SQLAlchemyError as error:
        raise LedgerUnavailableError(
            "The ledger cannot be used just now, so nothing is judged and nothing is sent; check its "
            "database, that the "
            "extractor of this release has run, and that NK_LEDGER_URL is right."
        ) from error
