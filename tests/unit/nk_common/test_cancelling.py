"""Taking a run back: what nobody has begun is as it was before, whatever is still on the bus."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from pydantic import BaseModel
from sqlalchemy import Engine

from nk_common.datasets.base import PartitionKey
from nk_common.events.base import Totals
from nk_common.events.commands import BackfillCommand, RefreshDimensionsCommand
from nk_common.events.stages import StageReport
from nk_common.ledger.engine import open_ledger
from nk_common.ledger.migration import migrate
from nk_common.ledger.models import PartitionRow, RunRow
from nk_common.ledger.reader import LedgerReader, RunProgress
from nk_common.ledger.writer import LedgerWriter
from support.ledger import lost_ledger

T0 = datetime(2026, 1, 8, 3, tzinfo=UTC)
DAYS = [PartitionKey("pos", date(2026, 1, n)) for n in (5, 6, 7)]
FIRST, SECOND, THIRD = DAYS


def after(seconds: int) -> datetime:
    return T0 + timedelta(seconds=seconds)


class Books:
    """A ledger, and what happens to it."""

    def __init__(self, engine: Engine) -> None:
        self.writer, self.reader = LedgerWriter(engine), LedgerReader(engine)

    def ask(
        self, run: str, at: datetime, keys: list[PartitionKey] | None = None, command: str = "{}"
    ) -> None:
        asked = keys or DAYS
        row = RunRow(id=run, kind="backfill", command=command, created_at=at, total=len(asked))
        self.writer.open_run(row, asked)
        self.writer.request(asked, run, "backfill", at)

    def load(self, key: PartitionKey, run: str, at: datetime, *, outcome: str = "completed") -> None:
        version = self.writer.begin(key, at, run, at)
        assert version is not None
        for stage in ("extract", "clean", "load"):
            self.report(key, stage, version, at, outcome)

    def report(
        self, key: PartitionKey, stage: str, version: int, at: datetime, outcome: str = "completed"
    ) -> None:
        self.writer.apply(
            StageReport.model_validate(
                {
                    "stage": stage, "outcome": outcome, "at": at, "dataset": key.dataset, "day": key.day,
                    "run_id": "r", "version": version, "as_of": at, "requested_at": at,
                    "totals": Totals(documents=1, lines=3, quantity=1, amount=10, payments=10),
                    "error": "it broke", "error_class": "OdooRefusedError",
                }
            )
        )  # fmt: skip

    def row(self, key: PartitionKey) -> PartitionRow:
        row = self.reader.partition(key)
        assert row is not None
        return row

    def states(self) -> list[str]:
        return [self.row(key).state for key in DAYS]

    def run(self, run_id: str) -> RunProgress:
        return next(one for one in self.reader.runs() if one.run.id == run_id)


@pytest.fixture
def books(tmp_path: Path) -> Iterator[Books]:
    """On SQLite, or on the PostgreSQL that LEDGER_TEST_URL names."""
    engine = open_ledger(lost_ledger(tmp_path), writer=True)
    migrate(engine)
    yield Books(engine)
    engine.dispose()


def test_what_nobody_has_begun_is_taken_back(books: Books) -> None:
    """What is loaded stays, what is being read goes on, and a request that is still on the bus finds nothing to do."""
    books.ask("r", T0)
    books.load(FIRST, "r", after(1))
    version = books.writer.begin(SECOND, T0, "r", after(2))
    assert version is not None
    assert books.writer.cancel_run("r", after(3)) == 1
    assert books.states() == ["loaded", "extracting", "cancelled"]
    assert books.writer.begin(THIRD, T0, "r", after(4)) is None
    books.report(SECOND, "load", version, after(5))
    assert books.states() == ["loaded", "loaded", "cancelled"]
    progress = books.run("r")
    assert (progress.done, progress.running, progress.run.cancelled) == (2, 0, 1)
    assert progress.run.cancelled_at == after(3)


def test_again_changes_nothing(books: Books) -> None:
    books.ask("r", T0)
    assert [books.writer.cancel_run("r", after(n)) for n in (1, 2)] == [3, 3]
    assert books.run("r").run.cancelled_at == after(1)
    assert books.writer.run_items("r") == []


def test_a_run_that_is_not_there(books: Books) -> None:
    assert books.writer.cancel_run("r", T0) is None


def test_days_that_were_loaded_or_had_failed_before_are_so_again(books: Books) -> None:
    books.ask("old", T0, [FIRST, SECOND])
    books.load(FIRST, "old", after(1))
    books.load(SECOND, "old", after(1), outcome="failed")
    books.ask("again", after(10))
    assert books.states() == ["requested"] * 3
    books.writer.cancel_run("again", after(11))
    assert books.states() == ["loaded", "failed", "cancelled"]
    assert books.row(SECOND).error == "it broke"


def test_what_another_run_asked_for_since_is_not_touched(books: Books) -> None:
    books.ask("r", T0)
    books.ask("later", after(5), [SECOND])
    assert books.writer.cancel_run("r", after(6)) == 2
    assert books.states() == ["cancelled", "requested", "cancelled"]
    assert books.writer.begin(SECOND, T0, "r", after(7)) is None
    assert books.writer.begin(SECOND, after(5), "later", after(7)) is not None


def test_a_reading_begun_before_the_cancelled_request_still_counts(books: Books) -> None:
    """The watch reads a day, a backfill asks for it meanwhile and is taken back: the reading is the newest word."""
    books.ask("watch", T0, [FIRST])
    version = books.writer.begin(FIRST, T0, "watch", after(1))
    assert version is not None
    books.ask("r", after(2), [FIRST])
    books.writer.cancel_run("r", after(3))
    assert books.row(FIRST).state == "cancelled"
    for stage in ("extract", "clean", "load"):
        books.report(FIRST, stage, version, after(4))
    assert books.row(FIRST).state == "loaded"


def test_a_cancelled_day_can_be_asked_for_again(books: Books) -> None:
    books.ask("r", T0)
    books.writer.cancel_run("r", after(1))
    books.ask("new", after(2), [THIRD])
    books.load(THIRD, "new", after(3))
    assert books.row(THIRD).state == "loaded"


def test_a_reading_of_a_cancelled_run_that_broke_off_is_asked_for_by_the_catch_up(books: Books) -> None:
    """Under the cancelled run's name it would be passed over for ever."""
    books.ask("r", T0, [FIRST])
    assert books.writer.begin(FIRST, T0, "r", after(1)) is not None
    books.writer.cancel_run("r", after(2))
    assert books.writer.requeue("catch-up", after(100), timedelta(seconds=60)) == [FIRST]
    row = books.row(FIRST)
    assert (row.run_id, row.state) == ("catch-up", "requested")
    assert books.writer.begin(FIRST, row.requested_at, "catch-up", after(101)) is not None


def test_what_another_run_had_asked_for_before_is_that_ones_again(books: Books) -> None:
    """Three days wait, one of them is asked for by force, and that is taken back: the long run ends all the same."""
    books.ask("long", T0)
    books.ask("december", after(1), [SECOND])
    assert books.writer.cancel_run("december", after(2)) == 1
    assert books.states() == ["requested"] * 3
    row = books.row(SECOND)
    assert (row.run_id, row.reason, row.requested_at, row.sent_at) == ("long", "backfill", T0, None)
    assert SECOND.day_text in {one.day for one in books.writer.claim(T0.date(), after(3), 10)}
    for day in DAYS:
        books.load(day, "long", after(4))
    assert (books.run("long").done, books.run("long").running) == (3, 0)


def test_it_is_given_to_the_newest_that_still_waits(books: Books) -> None:
    """Not to one that was taken back, and not to one whose day was read since."""
    books.ask("answered", T0, [FIRST, SECOND])
    books.load(FIRST, "answered", after(1))
    books.ask("older", after(2), [SECOND])
    books.ask("newer", after(3), [SECOND])
    books.ask("gone", after(4), [SECOND])
    books.ask("last", after(5), [FIRST, SECOND])
    books.writer.cancel_run("gone", after(6))
    assert books.writer.cancel_run("last", after(7)) == 2
    assert (books.row(FIRST).state, books.row(SECOND).run_id) == ("loaded", "newer")
    books.writer.cancel_run("newer", after(8))
    assert (books.row(SECOND).state, books.row(SECOND).run_id) == ("requested", "older")


@pytest.mark.parametrize(
    ("asked", "reason", "rebuild"),
    [
        (BackfillCommand(datasets=["pos"], start=SECOND.day, end=SECOND.day, from_stage="raw"), "backfill", "clean"),
        (BackfillCommand(datasets=["pos"], start=SECOND.day, end=SECOND.day), "backfill", None),
        (RefreshDimensionsCommand(full=True), "full-refresh", None),
    ],
)  # fmt: skip
def test_it_is_asked_for_as_that_run_had_asked(
    books: Books, asked: BaseModel, reason: str, rebuild: str | None
) -> None:
    """What was to be made again from the lake is not read from Odoo, which may not have it any more."""
    books.ask("replay", T0, [SECOND], asked.model_dump_json())
    books.ask("force", after(1), [SECOND])
    books.writer.cancel_run("force", after(2))
    row = books.row(SECOND)
    assert (row.run_id, row.reason, row.rebuild) == ("replay", reason, rebuild)
