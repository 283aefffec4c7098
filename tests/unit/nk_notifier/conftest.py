"""A healthy ledger, a clock at noon, and places where messages arrive."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from nk_common.ledger.engine import open_ledger
from nk_common.ledger.migration import migrate
from support.clock import SetClock
from support.ledger import lost_ledger
from support.notifying import NOON, fill


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Engine]:
    engine = open_ledger(lost_ledger(tmp_path), writer=True)
    migrate(engine)
    fill(engine)
    yield engine
    engine.dispose()


@pytest.fixture
def clock() -> SetClock:
    return SetClock(NOON)
