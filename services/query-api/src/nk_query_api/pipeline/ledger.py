"""The ledger, which the extractor makes and writes; here it is only read, and may not be there yet."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from nk_common.datasets.base import PartitionKey
from nk_common.observability import logger
from nk_query_api.errors import LedgerUnavailableError

if TYPE_CHECKING:
    # Loading SQLAlchemy takes a tenth of the start: it is loaded when the ledger is first asked, beside the answers.
    from sqlalchemy import Engine

    from nk_common.ledger.alerts import AlertsReader
    from nk_common.ledger.dead_letters import DeadLetters
    from nk_common.ledger.models import PartitionRow
    from nk_common.ledger.reader import LedgerReader
    from nk_common.ledger.reconciliations import Reconciliations
    from nk_common.ledger.routines import Routines

T = TypeVar("T")
_log = logger(__name__)


class Ledger:
    """Questions to the ledger. Every one may raise LedgerUnavailableError."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._engine: Engine | None = None
        self._inode = 0
        self._opening = threading.Lock()

    def ask(self, question: Callable[[LedgerReader], T]) -> T:
        """The answer of `question`. Blocking."""
        from nk_common.ledger.reader import LedgerReader

        return self._ask(lambda engine: question(LedgerReader(engine)))

    def ask_reconciliations(self, question: Callable[[Reconciliations], T]) -> T:
        """The same about comparisons with Odoo."""
        from nk_common.ledger.reconciliations import Reconciliations

        return self._ask(lambda engine: question(Reconciliations(engine)))

    def ask_dead_letters(self, question: Callable[[DeadLetters], T]) -> T:
        """The same about messages that could not be used."""
        from nk_common.ledger.dead_letters import DeadLetters

        return self._ask(lambda engine: question(DeadLetters(engine)))

    def ask_routines(self, question: Callable[[Routines], T]) -> T:
        """The same about what the extractor does by itself."""
        from nk_common.ledger.routines import Routines

        return self._ask(lambda engine: question(Routines(engine)))

    def ask_alerts(self, question: Callable[[AlertsReader], T]) -> T:
        """The same about alerts."""
        from nk_common.ledger.alerts import AlertsReader

        return self._ask(lambda engine: question(AlertsReader(engine)))

    def _ask(self, question: Callable[[Engine], T]) -> T:
        from sqlalchemy.exc import SQLAlchemyError

        try:
            return question(self._open())
        except SQLAlchemyError as error:
            _log.warning("the ledger cannot be read", error=str(error))
            raise LedgerUnavailableError(
                "The ledger cannot be read just now; check that the extractor runs and that NK_LEDGER_URL is right."
            ) from error

    def close(self) -> None:
        if self._engine:
            self._engine.dispose()

    def _open(self) -> Engine:
        """The engine; a new one when the SQLite file was replaced (a reset, a restore)."""
        from nk_common.ledger.engine import open_ledger

        with self._opening:
            inode = _inode(self._url)
            if self._engine is None or inode != self._inode:
                self.close()
                self._engine, self._inode = open_ledger(self._url), inode
            return self._engine


def _inode(url: str) -> int:
    """Of a SQLite ledger's file, 0 for a server's. Raises LedgerUnavailableError: opening must not make one."""
    from sqlalchemy.engine import make_url

    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite" or not parsed.database:
        return 0
    try:
        return Path(parsed.database).stat().st_ino
    except FileNotFoundError as error:
        raise LedgerUnavailableError(
            "There is no ledger yet; start the extractor, which makes it, and try again."
        ) from error


def rows_by_key(rows: Collection[PartitionRow]) -> dict[PartitionKey, PartitionRow]:
    return {PartitionKey.parse(row.dataset, row.day): row for row in rows}


def read_rows(
    ledger: Ledger, start: date, end: date, datasets: list[str]
) -> dict[PartitionKey, PartitionRow]:
    """Partitions of the inclusive days and of the whole datasets that the ledger knows."""
    return rows_by_key(ledger.ask(lambda reader: reader.partitions(start, end, datasets)))


def read_as_of(ledger: Ledger, keys: Collection[PartitionKey]) -> dict[PartitionKey, tuple[int, datetime]]:
    """When Odoo was read for what the lake holds of `keys`, by version; empty while there is no ledger."""
    days = [key.day for key in keys if key.day]
    first, last = (min(days), max(days)) if days else (date.max, date.max)
    try:
        rows = read_rows(ledger, first, last, sorted({key.dataset for key in keys}))
    except LedgerUnavailableError:
        return {}
    return {
        key: (row.loaded_version, row.as_of)
        for key, row in rows.items()
        if row.loaded_version is not None and row.as_of is not None
    }
