"""An empty ledger in a folder of its own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Engine

from nk_common.ledger.engine import open_ledger
from nk_common.ledger.migration import migrate


@contextmanager
def empty_ledger(folder: Path) -> Iterator[Engine]:
    """Its engine, closed at the end."""
    engine = open_ledger(f"sqlite:///{folder / 'ledger.db'}", writer=True)
    migrate(engine)
    yield engine
    engine.dispose()
