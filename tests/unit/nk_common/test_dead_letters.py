"""What the ledger keeps of dead letters, and of what was done about them."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, text, update
from sqlalchemy.orm import Session

from nk_common.datasets.base import PartitionKey
from nk_common.events.base import Totals
from nk_common.events.stages import LetterPlace, StageReport
from nk_common.ledger.dead_letters import DeadLetters, origin_of
from nk_common.ledger.engine import open_ledger
from nk_common.ledger.migration import migrate
from nk_common.ledger.models import DeadLetterRow
from nk_common.ledger.writer import LedgerWriter
from support.ledger import lost_ledger

migration = importlib.import_module("nk_common.ledger.migrations.versions.0010_failing_looks")
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


DAY = PartitionKey("pos", date(2026, 1, 6))


def begun(writer: LedgerWriter, at: datetime) -> int:
    writer.request([DAY], "r", "backfill", at)
    version = writer.begin(DAY, at, "again", at)
    assert version is not None
    return version


def loaded(version: int, at: datetime, as_of: datetime) -> StageReport:
    return StageReport(
        stage="load", outcome="completed", at=at, dataset="pos", day=DAY.day, version=version, as_of=as_of,
        totals=Totals(documents=1, lines=1, quantity=1, amount=1, payments=1),
    )  # fmt: skip


def minutes(number: int) -> datetime:
    return T0 + timedelta(minutes=number)


def test_a_letter_whose_day_was_loaded_since_needs_nobody(writer: LedgerWriter, letters: DeadLetters) -> None:
    """It says so, and what somebody decided stays; other days, and commands, still wait."""
    for offset in (7, 8):
        writer.apply(report(offset))
    decided = letters.page().letters[0].id
    discard(letters, decided)
    writer.apply(report(9).model_copy(update={"day": date(2026, 1, 5)}))
    writer.apply(report(10).model_copy(update={"dataset": None, "day": None}))
    assert letters.open_by_topic() == {"nk.extract.requested.v1": 3}
    version = begun(writer, minutes(1))
    for _ in range(2):
        writer.apply(loaded(version, minutes(2), minutes(1)))
    found = {row.letter_offset: row for row in letters.page().letters}
    healed = found[7]
    assert (healed.resolution, healed.resolved_by, healed.resolved_at) == ("healed", "nkdash", minutes(2))
    assert healed.resolved_command == "again"
    assert [found[n].resolution for n in (8, 9, 10)] == ["discarded", None, None]
    assert letters.open_by_topic() == {"nk.extract.requested.v1": 2}
    assert not discard(letters, healed.id)


def test_a_reading_of_before_the_letter_heals_nothing_while_a_newer_one_is_on_its_way(
    writer: LedgerWriter, letters: DeadLetters
) -> None:
    """The message that was given up may be one of the newer reading."""
    old = begun(writer, minutes(-2))
    new = begun(writer, minutes(-1))
    writer.apply(report())
    writer.apply(loaded(old, minutes(1), minutes(-2)))
    assert letters.page().open == 1
    writer.apply(loaded(new, minutes(2), minutes(-1)))
    assert letters.page().open == 0, "a retry brought that reading itself to its end"


def test_a_letter_whose_report_comes_after_the_load_is_healed_as_well(
    writer: LedgerWriter, letters: DeadLetters
) -> None:
    version = begun(writer, minutes(1))
    writer.apply(loaded(version, minutes(2), minutes(1)))
    writer.apply(report())
    assert letters.page().open == 0
    writer.apply(report(8, minutes(3)))
    assert letters.page().open == 1, "it is newer than what is loaded"


def test_letters_of_an_older_release_are_healed_when_the_ledger_is_brought_up_to_date(
    engine: Engine, writer: LedgerWriter, letters: DeadLetters
) -> None:
    for offset, at in ((7, T0), (8, minutes(5))):
        writer.apply(report(offset, at))
    version = begun(writer, minutes(1))
    writer.apply(loaded(version, minutes(2), minutes(1)))
    with Session(engine) as session, session.begin():
        session.execute(update(DeadLetterRow).values(resolution=None, resolved_at=None, resolved_by=None))
        session.execute(text(migration.HEALED))
    found = {row.letter_offset: row for row in letters.page().letters}
    assert (found[7].resolution, found[7].resolved_by, found[7].resolved_at) == (
        "healed",
        "nkdash",
        minutes(2),
    )
    assert found[8].resolution is None
