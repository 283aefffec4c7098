"""A ledger for tests that run on both databases: SQLite, or the PostgreSQL that LEDGER_TEST_URL names."""

from __future__ import annotations

import os
from pathlib import Path

from sqlalchemy import text

from nk_common.ledger.engine import open_ledger


def empty_ledger(folder: Path) -> str:
    """Address of a database without any table (tests/integration/test_postgres.py brings PostgreSQL)."""
    url = os.environ.get("LEDGER_TEST_URL")
    if not url:
        return f"sqlite:///{folder / 'ledger.db'}"
    engine = open_ledger(url)
    with engine.begin() as connection:
        connection.execute(text("DROP SCHEMA public CASCADE"))
        connection.execute(text("CREATE SCHEMA public"))
    engine.dispose()
    return url
