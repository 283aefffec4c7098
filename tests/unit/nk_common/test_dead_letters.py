"""What the ledger keeps of dead letters, and of what was done about them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine

from nk_common.events.stages import LetterPlace, StageReport
from nk_common.ledger.dead_letters import DeadLetters, origin_of
from nk_common.ledger.engine import open_ledger
from nk_common.ledger.migration import migrate
from nk_common.ledger.writer import LedgerWriter
from support.ledger import lost_ledger

T0 = datetime(2026, 1, 8, 3, 0, 0, 123456, tzinfo=UTC)


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    """SQLite; or, where LEDGER_TEST_URL names one, an empty PostgreSQL (tests/integration/test_postgres.py)."""
    engine = open_ledger(lost_ledger(tmp_path), writer=True)
    migrate(engine)
    yield engine
    engine.dispose()


@pytest.fixture
def writer(engine: Engine) -> LedgerWriter:
    return LedgerWriter(engine)


@pytest.fixture
def letters(engine: Engine) -> DeadLetters:
    return DeadLetters(engine)


def report(offset: int = 7, at: datetime = T0, *, retry_of: int | None = None) -> StageReport:
    place = LetterPlace(
        partition=2, offset=offset, source_partition=1, source_offset=40 + offset, retry_of=retry_of
    )
    return StageReport(
        stage="extract", outcome="dead-lettered", at=at, dataset="pos", day=date(2026, 1, 6), run_id="r", attempt=4,
        source_topic="nk.extract.requested.v1", error_class="OdooUnavailableError", error="Odoo is away.", letter=place,
    )  # fmt: skip


def discard(letters: DeadLetters, letter: int, *, at: datetime = T0, command: str = "c") -> bool:
    return letters.resolve(letter, "discarded", command=command, at=at, by="ani", reason="old")


def test_everything_a_report_tells_is_kept_once(writer: LedgerWriter, letters: DeadLetters) -> None:
    for _ in range(2):
        writer.apply(report())
    (row,) = letters.page().letters
    assert (row.letter_partition, row.letter_offset, row.source_partition, row.source_offset) == (2, 7, 1, 47)
    assert (row.stage, row.attempts, row.run_id, row.dataset, row.day) == (
        "extract",
        4,
        "r",
        "pos",
        "2026-01-06",
    )
    assert origin_of(row).at == T0


def test_two_messages_given_up_at_the_same_moment_are_two_letters(
    writer: LedgerWriter, letters: DeadLetters
) -> None:
    writer.apply(report(7))
    writer.apply(report(8))
    assert letters.page().total == 2


def test_a_report_of_an_older_release_is_kept_without_a_place(
    writer: LedgerWriter, letters: DeadLetters
) -> None:
    old = StageReport(
        stage="plan",
        outcome="dead-lettered",
        at=T0,
        source_topic="nk.control.v1",
        error_class="E",
        error="no",
    )
    writer.apply(StageReport.model_validate(old.model_dump(exclude={"letter"})))
    (row,) = letters.page().letters
    assert (row.letter_partition, row.letter_offset, row.message) == (None, None, "no")


def test_a_letter_is_resolved_once_and_stays_so(writer: LedgerWriter, letters: DeadLetters) -> None:
    """Also when its report comes late, or once more."""
    writer.apply(report())
    (row,) = letters.page().letters
    assert discard(letters, row.id)
    assert not discard(letters, row.id, command="other", at=T0 + timedelta(hours=1))
    assert not letters.resolve(99, "retried", command="c", at=T0, by=None, reason=None)
    writer.apply(report())
    kept = letters.one(row.id)
    assert kept is not None
    assert (kept.resolution, kept.resolved_command, kept.resolved_at) == ("discarded", "c", T0)
    assert (kept.resolved_by, kept.resolution_reason, letters.page().total) == ("ani", "old", 1)


def test_open_letters_come_first_and_then_the_newest(writer: LedgerWriter, letters: DeadLetters) -> None:
    for n in range(5):
        writer.apply(report(n, T0 + timedelta(minutes=n)))
    newest = letters.page().letters[0].id
    discard(letters, newest)
    everything = letters.page()
    assert [row.letter_offset for row in everything.letters] == [3, 2, 1, 0, 4]
    assert (everything.total, everything.open, everything.resolved) == (5, 4, 1)
    second = letters.page("open", limit=2, offset=2)
    assert ([row.letter_offset for row in second.letters], second.total) == ([1, 0], 4)
    assert [row.id for row in letters.page("resolved").letters] == [newest]


def test_a_retry_that_failed_again_is_found_from_the_letter_it_came_of(
    writer: LedgerWriter, letters: DeadLetters
) -> None:
    writer.apply(report(0))
    first = letters.page().letters[0].id
    writer.apply(report(1, T0 + timedelta(minutes=1), retry_of=first))
    (again,) = letters.retries(first)
    assert (again.letter_offset, again.retry_of) == (1, first)
    assert letters.retries(again.id) == []


def test_what_was_done_is_kept_for_longer_than_what_was_not(
    writer: LedgerWriter, letters: DeadLetters
) -> None:
    """The topic forgets after 30 days, and nothing can be done about what it has forgotten."""
    writer.apply(report(0))
    discard(letters, letters.page().letters[0].id)
    for offset, days in ((1, 1), (2, 40)):
        writer.apply(report(offset, T0 + timedelta(days=days)))
    assert [row.letter_offset for row in letters.page().letters] == [2, 0]
    writer.apply(report(3, T0 + timedelta(days=401)))
    assert [row.letter_offset for row in letters.page().letters] == [3]
