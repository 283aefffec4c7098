"""Pausing datasets: nothing of them is begun, what is asked for waits, and nothing is forgotten."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine

from nk_common.datasets.base import PartitionKey
from nk_common.ledger.reader import LedgerReader
from nk_common.ledger.writer import LedgerWriter
from support.ledger import empty_ledger

T0 = datetime(2026, 1, 8, 3, tzinfo=UTC)
LATER = T0 + timedelta(hours=1)
POS = [PartitionKey("pos", date(2026, 1, n)) for n in (6, 5)]
PROFIT = PartitionKey("profit", date(2026, 1, 6))


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    with empty_ledger(tmp_path) as engine:
        yield engine


@pytest.fixture
def ledger(engine: Engine) -> LedgerWriter:
    return LedgerWriter(engine)


def test_nothing_is_begun_and_what_waits_comes_back_oldest_first(ledger: LedgerWriter) -> None:
    ledger.pause(["pos"], T0, "stock taking", "ani")
    ledger.request(POS, "r", "backfill", LATER)
    assert [ledger.begin(key, LATER, "r", LATER) for key in POS] == [None, None]
    assert ledger.claim(LATER.date(), LATER, room=5) == []
    assert ledger.resume(["pos"]) == 2
    assert [row.day for row in ledger.claim(LATER.date(), LATER, room=5)] == ["2026-01-05", "2026-01-06"]
    assert ledger.begin(POS[0], LATER, "r", LATER) is not None


def test_others_go_on(ledger: LedgerWriter) -> None:
    ledger.pause(["purchases"], T0, None, None)
    ledger.request(POS, "r", "backfill", LATER)
    assert ledger.begin(POS[0], LATER, "r", LATER) is not None


def test_a_derived_dataset_can_be_paused_too(ledger: LedgerWriter, engine: Engine) -> None:
    """And what decides about derived days looks again once it is resumed."""
    before = LedgerReader(engine).fingerprint()
    ledger.pause(["profit"], T0, None, None)
    assert ledger.begin_derived(PROFIT, "inputs", "r", LATER, timedelta(minutes=2)) is None
    paused = LedgerReader(engine).fingerprint()
    ledger.resume(["profit"])
    assert len({before, paused}) == 2
    assert ledger.begin_derived(PROFIT, "inputs", "r", LATER, timedelta(minutes=2)) is not None


def test_what_waits_is_not_asked_for_over_and_over(ledger: LedgerWriter) -> None:
    """But a reading that broke off is: it then waits like the others."""
    ledger.request(POS, "r", "backfill", T0)
    assert ledger.begin(POS[0], T0, "r", T0) is not None
    ledger.pause(["pos"], T0, None, None)
    assert ledger.requeue("catch-up", LATER, timedelta(minutes=1)) == [POS[0]]
    assert ledger.requeue("catch-up", LATER + timedelta(hours=1), timedelta(minutes=1)) == []


def test_pausing_again_keeps_the_first_reason(ledger: LedgerWriter, engine: Engine) -> None:
    ledger.pause(["pos", "profit"], T0, "stock taking", "ani")
    ledger.pause(["pos"], LATER, "other", "budi")
    rows = LedgerReader(engine).paused()
    assert [(row.dataset, row.since, row.reason, row.requested_by) for row in rows] == [
        ("pos", T0, "stock taking", "ani"),
        ("profit", T0, "stock taking", "ani"),
    ]
    assert ledger.resume(["pos"]) == 0
    assert ledger.resume(["pos"]) == 0
    assert [row.dataset for row in LedgerReader(engine).paused()] == ["profit"]
