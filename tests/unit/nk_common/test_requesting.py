"""Asking for thousands of partitions at once, and putting them on the bus a few at a time."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, event

from nk_common.datasets.base import PartitionKey
from nk_common.events.base import Totals
from nk_common.events.stages import Outcome, Reason, Stage, StageReport
from nk_common.ledger.models import RunRow
from nk_common.ledger.reader import LedgerReader
from nk_common.ledger.transitions import RebuildStage
from nk_common.ledger.writer import LedgerWriter
from support.ledger import empty_ledger

T0 = datetime(2026, 1, 10, 5, tzinfo=UTC)
TODAY = date(2026, 1, 10)
ROOM = 3


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    with empty_ledger(tmp_path) as engine:
        yield engine


class Books:
    """A ledger and a clock that goes on by a second with everything that happens."""

    def __init__(self, engine: Engine) -> None:
        self.writer, self.reader = LedgerWriter(engine), LedgerReader(engine)
        self.now = T0

    def tick(self) -> datetime:
        self.now += timedelta(seconds=1)
        return self.now

    def ask(
        self,
        *days: date | None,
        dataset: str = "pos",
        run: str = "r",
        reason: Reason = "backfill",
        rebuild: RebuildStage | None = None,
    ) -> datetime:
        at = self.tick()
        self.writer.request([PartitionKey(dataset, day) for day in days], run, reason, at, rebuild)
        return at

    def claim(self, room: int = ROOM) -> list[str]:
        rows = self.writer.claim(TODAY, self.tick(), room)
        return [row.day if row.dataset == "pos" else f"{row.dataset}|{row.day}" for row in rows]

    def load(self, day: date, outcome: Outcome = "completed") -> None:
        self.stage(day, "load" if outcome == "completed" else "extract", outcome=outcome)

    def stage(self, day: date, *stages: Stage, outcome: Outcome = "completed") -> None:
        """The day is read, and what `stages` did is reported."""
        key = PartitionKey("pos", day)
        row = self.reader.partition(key)
        assert row is not None
        version = self.writer.begin(key, row.requested_at, row.run_id or "", self.tick())
        totals = Totals(documents=1, lines=1, quantity=1, amount=1, payments=1)
        for stage in stages:
            self.writer.apply(
                StageReport(
                    stage=stage, outcome=outcome, at=self.tick(), dataset="pos", day=day, version=version,
                    as_of=self.now, totals=totals, error_class="X",
                )
            )  # fmt: skip


@pytest.fixture
def books(engine: Engine) -> Books:
    return Books(engine)


def january(*days: int) -> list[date]:
    return [date(2026, 1, day) for day in days]


def test_no_more_than_there_is_room_for_and_the_oldest_first(books: Books) -> None:
    books.ask(*january(8, 1, 5, 3, 7))
    assert books.claim() == ["2026-01-01", "2026-01-03", "2026-01-05"]
    assert books.claim() == []
    books.load(date(2026, 1, 3))
    assert books.claim() == ["2026-01-07"]
    books.load(date(2026, 1, 1), outcome="failed")
    assert books.claim() == ["2026-01-08"]


def test_today_yesterday_and_dimensions_need_no_room(books: Books) -> None:
    books.ask(*january(1, 2, 3, 4))
    assert len(books.claim()) == ROOM
    books.ask(TODAY, reason="watch")
    books.ask(date(2026, 1, 9), reason="catch-up")
    books.ask(None, dataset="products", reason="refresh")
    assert books.claim() == ["2026-01-10", "2026-01-09", "products|whole"]
    assert books.claim() == []


def test_a_full_refresh_that_waits_stays_one(books: Books) -> None:
    """Also when the schedule asks for the same before anybody has begun; afterwards it is over."""
    books.ask(None, dataset="products", reason="full-refresh")
    books.ask(None, dataset="products", reason="refresh")
    row = books.reader.partition(PartitionKey("products", None))
    assert row is not None
    assert row.reason == "full-refresh"
    assert books.writer.begin(PartitionKey("products", None), row.requested_at, "r", books.tick())
    books.ask(None, dataset="products", reason="refresh")
    row = books.reader.partition(PartitionKey("products", None))
    assert row is not None
    assert row.reason == "refresh"


def test_what_changed_goes_before_history(books: Books) -> None:
    books.ask(*january(1, 2, 3, 4))
    books.ask(date(2026, 1, 8), reason="watch")
    assert books.claim(2) == ["2026-01-08", "2026-01-01"]


def test_profit_and_past_stock_are_not_for_the_bus(books: Books) -> None:
    books.ask(date(2026, 1, 5), dataset="profit")
    books.ask(date(2026, 1, 5), TODAY, dataset="stock-quants")
    assert books.claim() == ["stock-quants|2026-01-10"]


def test_asked_for_again_while_it_is_read_it_is_read_once_more(books: Books) -> None:
    (day,) = january(5)
    asked = books.ask(day)
    assert books.claim() == ["2026-01-05"]
    assert books.writer.begin(PartitionKey("pos", day), asked, "r", books.tick()) is not None
    books.ask(day, reason="watch")
    assert books.claim() == ["2026-01-05"]


def test_an_older_request_undoes_nothing(books: Books) -> None:
    (day,) = january(5)
    before = books.now
    books.ask(day, run="new")
    books.claim()
    books.writer.request([PartitionKey("pos", day)], "old", "backfill", before)
    row = books.reader.partition(PartitionKey("pos", day))
    assert row is not None
    assert (row.run_id, row.sent_at is not None) == ("new", True)
    assert books.claim() == []


def test_a_replay_begins_when_it_is_put_on_the_bus(books: Books) -> None:
    (day,) = january(5)
    books.ask(day)
    books.claim()
    books.load(day)
    books.ask(day, run="again", rebuild="clean")
    (row,) = books.writer.claim(TODAY, books.tick(), ROOM)
    assert (row.state, row.rebuild, row.run_id) == ("extracted", "clean", "again")
    assert row.version == int(books.now.timestamp() * 1e6)


def test_a_replay_that_waits_is_taken_back(books: Books) -> None:
    """Its days keep what they hold."""
    days = january(1, 2, 3, 4, 5)
    for day in days:
        books.ask(day)
        books.claim()
        books.load(day)
    run = RunRow(id="again", kind="backfill", command="{}", created_at=books.now, total=5)
    books.writer.open_run(run, [PartitionKey("pos", day) for day in days])
    books.ask(*days, run="again", rebuild="load")
    assert len(books.claim()) == ROOM
    assert books.writer.cancel_run("again", books.tick()) == 2
    states = [row.state for row in books.reader.partitions(days[0], days[-1])]
    assert sorted(states) == ["cleaned", "cleaned", "cleaned", "loaded", "loaded"]


def test_what_is_being_read_is_not_replayed(books: Books) -> None:
    (day,) = january(5)
    asked = books.ask(day)
    books.claim()
    books.writer.begin(PartitionKey("pos", day), asked, "r", books.tick())
    books.ask(day, rebuild="clean")
    row = books.reader.partition(PartitionKey("pos", day))
    assert row is not None
    assert (row.state, row.rebuild) == ("extracting", None)


def test_a_paused_dataset_gives_its_room_to_others(books: Books) -> None:
    books.ask(*january(1, 2, 3, 4))
    assert len(books.claim()) == ROOM
    books.writer.pause(["pos"], books.tick(), None, None)
    books.ask(*january(1, 2), dataset="purchases")
    assert books.claim() == ["purchases|2026-01-01", "purchases|2026-01-02"]
    assert books.writer.resume(["pos"]) == 4
    assert books.claim() == ["2026-01-01"]


def test_what_is_lost_is_put_on_the_bus_again_and_what_waits_is_left_alone(books: Books) -> None:
    books.ask(*january(1, 2, 3, 4))
    asked = books.now
    books.claim()
    later = books.now + timedelta(minutes=3)
    assert len(books.writer.requeue("catch-up", later, timedelta(minutes=2))) == ROOM
    waiting = books.reader.partition(PartitionKey("pos", date(2026, 1, 4)))
    assert waiting is not None
    assert (waiting.requested_at, waiting.sent_at) == (asked, None)
    assert len(books.claim()) == ROOM


def test_two_that_claim_at_once_take_nothing_twice(books: Books, engine: Engine) -> None:
    books.ask(*january(1, 2, 3, 4, 5, 6))
    other = LedgerWriter(engine)
    first = [row.day for row in books.writer.claim(TODAY, books.tick(), 2)]
    second = [row.day for row in other.claim(TODAY, books.tick(), 4)]
    assert first == ["2026-01-01", "2026-01-02"]
    assert second == ["2026-01-03", "2026-01-04"]


def test_three_years_of_five_datasets_take_few_statements(books: Books, engine: Engine) -> None:
    """Three for each partition took half a minute (docs/measurements.md)."""
    names = ("pos", "invoice-sales", "purchases", "inventory-moves", "profit")
    keys = [PartitionKey(n, TODAY - timedelta(days=d)) for d in range(1, 1096) for n in names]
    statements: list[str] = []
    event.listen(engine, "before_cursor_execute", lambda _c, _cursor, text, *_: statements.append(text))
    books.writer.request(keys, "r", "backfill", books.tick())
    assert len(statements) < len(keys) / 50
    assert len(books.reader.partitions(TODAY - timedelta(days=1095), TODAY)) == len(keys)


def test_while_odoo_is_away_only_replays_go(books: Books) -> None:
    first, second = january(1, 2)
    books.ask(first)
    books.claim()
    books.load(first)
    books.ask(second, TODAY)
    books.ask(first, rebuild="load")
    rows = books.writer.claim(TODAY, books.tick(), ROOM, reading=False)
    assert [row.day for row in rows] == ["2026-01-01"]
    assert books.claim() == ["2026-01-10", "2026-01-02"]


def test_what_was_cleaned_is_loaded_again_and_odoo_is_not_asked(books: Books) -> None:
    """The loader died with the message, or the bus did: nobody knows, and a while is given to it."""
    days = january(1, 2, 3)
    books.ask(*days)
    books.claim()
    for day in days:
        books.stage(day, "extract", "clean")
    soon, late = books.now + timedelta(minutes=19), books.now + timedelta(minutes=21)
    assert books.writer.requeue("catch-up", soon, timedelta(minutes=2)) == []
    assert len(books.writer.requeue("catch-up", late, timedelta(minutes=2))) == len(days)
    versions = {row.day: row.version for row in books.reader.partitions(days[0], days[-1])}
    books.ask(*january(4))
    rows = books.writer.claim(TODAY, late, ROOM)
    assert [(row.day, row.rebuild, row.state) for row in rows] == [
        (str(day), "load", "cleaned") for day in days
    ]
    assert {row.day: row.version for row in rows} == versions


def test_what_was_read_and_lost_on_the_bus_is_read_again(books: Books) -> None:
    (day,) = january(1)
    books.ask(day)
    books.claim()
    books.stage(day, "extract")
    assert len(books.writer.requeue("catch-up", books.tick(), timedelta(0))) == 1
    (row,) = books.writer.claim(TODAY, books.tick(), ROOM)
    assert (row.state, row.rebuild, row.reason) == ("requested", None, "catch-up")


def test_what_changed_is_not_taken_back_with_somebody_s_run(books: Books) -> None:
    """It waits; a forced run over it comes and goes; it is still asked for, as a change."""
    (day,) = january(5)
    books.ask(*january(1, 2, 3))
    books.claim()
    books.ask(day, run="watch-1", reason="watch")
    run = RunRow(id="forced", kind="backfill", command="{}", created_at=books.now, total=1)
    books.writer.open_run(run, [PartitionKey("pos", day)])
    books.ask(day, run="forced")
    assert books.writer.cancel_run("forced", books.tick()) == 0
    row = books.reader.partition(PartitionKey("pos", day))
    assert row is not None
    assert (row.state, row.run_id, row.reason) == ("requested", "watch-1", "watch")


def test_a_change_asked_for_after_a_run_outlives_it(books: Books) -> None:
    (day,) = january(5)
    run = RunRow(id="forced", kind="backfill", command="{}", created_at=books.now, total=1)
    books.writer.open_run(run, [PartitionKey("pos", day)])
    books.ask(day, run="forced")
    books.ask(day, run="watch-1", reason="watch")
    books.writer.cancel_run("forced", books.tick())
    assert books.claim() == ["2026-01-05"]


def test_a_change_whose_message_was_lost_still_goes_first(books: Books) -> None:
    (day,) = january(8)
    books.ask(day, run="watch-1", reason="watch")
    books.claim()
    books.ask(*january(1, 2, 3, 4))
    books.writer.requeue("catch-up", books.tick() + timedelta(minutes=3), timedelta(minutes=2))
    assert books.claim(1) == ["2026-01-08"]


def test_a_long_reading_gives_signs_of_life(books: Books) -> None:
    """It is not taken for lost; an older one's signs count for nothing."""
    (day,) = january(5)
    key = PartitionKey("pos", day)
    asked = books.ask(day)
    books.claim()
    version = books.writer.begin(key, asked, "r", books.tick())
    assert version is not None
    later = books.now + timedelta(minutes=3)
    books.writer.still_reading(key, version, later)
    assert books.writer.requeue("catch-up", later, timedelta(minutes=2)) == []
    books.writer.still_reading(key, version - 1, later + timedelta(minutes=2))
    assert books.writer.requeue("catch-up", later + timedelta(minutes=2), timedelta(minutes=2)) == [key]
