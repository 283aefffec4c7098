"""Empty ledgers, and lost ones."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Engine, text

from nk_common.ledger.engine import open_ledger
from nk_common.ledger.migration import migrate


@contextmanager
def empty_ledger(folder: Path) -> Iterator[Engine]:
    """Its engine, closed at the end."""
    engine = open_ledger(f"sqlite:///{folder / 'ledger.db'}", writer=True)
    migrate(engine)
    yield engine
    engine.dispose()


def lost_ledger(folder: Path) -> str:
    """Address of a database without any table, for tests that run on both: SQLite in `folder`, or the PostgreSQL that
    LEDGER_TEST_URL names (tests/integration/test_postgres.py brings it)."""
    url = os.environ.get("LEDGER_TEST_URL")
    if not url:
        return f"sqlite:///{folder / 'ledger.db'}"
    engine = open_ledger(url)
    with engine.begin() as connection:
        connection.execute(text("DROP SCHEMA public CASCADE"))
        connection.execute(text("CREATE SCHEMA public"))
    engine.dispose()
    return url
