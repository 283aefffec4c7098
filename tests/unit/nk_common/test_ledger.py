"""The ledger: states only move forward, and reports may come twice, late or in another order."""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, text

from nk_common.datasets.base import PartitionKey
from nk_common.errors import ConfigurationError, LedgerUnavailableError
from nk_common.events.base import Totals
from nk_common.events.stages import Outcome, Stage, StageReport
from nk_common.ledger.engine import open_ledger
from nk_common.ledger.migration import migrate
from nk_common.ledger.models import Base, PartitionRow, RunRow
from nk_common.ledger.reader import LedgerReader
from nk_common.ledger.states import public_state
from nk_common.ledger.writer import LedgerWriter

DAY = PartitionKey("pos", date(2026, 1, 6))
T0 = datetime(2026, 1, 8, 3, tzinfo=UTC)
JAKARTA = ZoneInfo("Asia/Jakarta")


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    """SQLite; or, where LEDGER_TEST_URL names one, an empty PostgreSQL (tests/integration/test_postgres.py)."""
    url = os.environ.get("LEDGER_TEST_URL")
    engine = open_ledger(url or f"sqlite:///{tmp_path / 'ledger.db'}", writer=True)
    if url:
        with engine.begin() as connection:
            connection.execute(text("DROP SCHEMA public CASCADE"))
            connection.execute(text("CREATE SCHEMA public"))
    migrate(engine)
    yield engine
    engine.dispose()


@pytest.fixture
def ledger(engine: Engine) -> LedgerWriter:
    return LedgerWriter(engine)


@pytest.fixture
def reader(engine: Engine) -> LedgerReader:
    return LedgerReader(engine)


def report(
    stage: Stage, version: int, *, outcome: Outcome = "completed", at: datetime = T0, lines: int = 3
) -> StageReport:
    totals = Totals(documents=1, lines=lines, quantity=1, amount=10, payments=10)
    return StageReport(
        stage=stage, outcome=outcome, at=at, dataset="pos", day=DAY.day, run_id="r", version=version, as_of=at,
        totals=totals, error="it broke" if outcome == "failed" else None,
    )  # fmt: skip


def started(ledger: LedgerWriter, at: datetime = T0) -> int:
    ledger.request([DAY], "r", "backfill", at)
    version = ledger.begin(DAY, at, "r", at)
    assert version is not None
    return version


def row_of(reader: LedgerReader) -> PartitionRow:
    row = reader.partition(DAY)
    assert row is not None
    return row


def test_migrations_make_exactly_the_models(engine: Engine) -> None:
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), Base.metadata) == []


def test_a_rubbish_address_is_a_sentence() -> None:
    with pytest.raises(ConfigurationError, match="NK_LEDGER_URL"):
        open_ledger("not an address")


def test_a_partition_goes_from_asked_to_loaded(ledger: LedgerWriter, reader: LedgerReader) -> None:
    version = started(ledger)
    assert row_of(reader).state == "extracting"
    for stage, state in (("extract", "extracted"), ("clean", "cleaned"), ("load", "loaded")):
        ledger.apply(report(stage, version))  # type: ignore[arg-type]
        assert row_of(reader).state == state
    assert (row_of(reader).loaded_version, row_of(reader).lines) == (version, 3)


@pytest.mark.parametrize("order", list(itertools.permutations(["extract", "clean", "load", "load"])))
def test_reports_in_any_order_and_twice_end_loaded(
    ledger: LedgerWriter, reader: LedgerReader, order: tuple[Stage, ...]
) -> None:
    version = started(ledger)
    for stage in order:
        ledger.apply(report(stage, version))
    assert row_of(reader).state == "loaded"


def test_versions_only_grow_even_when_the_clock_goes_back(ledger: LedgerWriter) -> None:
    first = started(ledger, T0)
    earlier = T0 - timedelta(hours=1)
    ledger.request([DAY], "r", "backfill", T0 + timedelta(seconds=1))
    second = ledger.begin(DAY, T0 + timedelta(seconds=1), "r", earlier)
    assert second is not None
    assert second > first


def test_a_request_that_was_read_since_is_satisfied(ledger: LedgerWriter) -> None:
    """A redelivered request is not read again; a newer one is."""
    version = started(ledger)
    ledger.apply(report("extract", version))
    assert ledger.begin(DAY, T0, "r", T0 + timedelta(seconds=9)) is None
    later = T0 + timedelta(seconds=10)
    ledger.request([DAY], "r2", "watch", later)
    assert ledger.begin(DAY, later, "r2", later) is not None


def test_a_reading_that_broke_off_is_begun_again(ledger: LedgerWriter) -> None:
    """kill -9 between start and completion: the redelivered request reads under a newer version."""
    first = started(ledger)
    second = ledger.begin(DAY, T0, "r", T0 + timedelta(seconds=1))
    assert second is not None
    assert second > first


@pytest.mark.parametrize("behind", [timedelta(seconds=0.5), timedelta(hours=1)])
def test_an_extractor_whose_clock_is_behind_brings_a_request_to_its_end(
    ledger: LedgerWriter, reader: LedgerReader, behind: timedelta
) -> None:
    """Another one noted the request, by a clock that is right: what is read after it answers it all the same."""
    ledger.request([DAY], "r", "backfill", T0)
    version = ledger.begin(DAY, T0, "r", T0 - behind)
    assert version is not None
    for stage in ("extract", "clean", "load"):
        ledger.apply(report(stage, version))
    assert row_of(reader).state == "loaded"
    assert ledger.begin(DAY, T0, "r", T0 - behind) is None, "a redelivery is satisfied"


def test_an_older_request_does_not_undo_a_newer(ledger: LedgerWriter, reader: LedgerReader) -> None:
    version = started(ledger, T0)
    ledger.apply(report("load", version))
    ledger.request([DAY], "old", "backfill", T0 - timedelta(seconds=5))
    assert row_of(reader).state == "loaded"


def test_a_late_report_of_an_older_version_takes_nothing_back(
    ledger: LedgerWriter, reader: LedgerReader
) -> None:
    old = started(ledger, T0)
    new = started(ledger, T0 + timedelta(seconds=5))
    ledger.apply(report("load", new, lines=5))
    ledger.apply(report("load", old, lines=3))
    ledger.apply(report("clean", old, outcome="failed"))
    assert (row_of(reader).state, row_of(reader).loaded_version, row_of(reader).lines) == ("loaded", new, 5)


def test_asked_again_while_on_its_way_stays_asked(ledger: LedgerWriter, reader: LedgerReader) -> None:
    """What is on its way arrives, but the newer request is still open."""
    version = started(ledger, T0)
    ledger.request([DAY], "r2", "watch", T0 + timedelta(seconds=1))
    ledger.apply(report("load", version))
    assert (row_of(reader).state, row_of(reader).loaded_version) == ("requested", version)


def test_a_failure_keeps_the_figures_that_were_loaded(ledger: LedgerWriter, reader: LedgerReader) -> None:
    ledger.apply(report("load", started(ledger, T0)))
    again = started(ledger, T0 + timedelta(seconds=5))
    ledger.apply(report("extract", again, outcome="failed", at=T0 + timedelta(seconds=6)))
    assert (row_of(reader).state, row_of(reader).error, row_of(reader).lines) == ("failed", "it broke", 3)
    assert public_state(row_of(reader), JAKARTA) == "stale"


@pytest.mark.parametrize("order", [("failed", "completed"), ("completed", "failed")])
def test_a_version_that_is_loaded_after_all_has_not_failed(
    ledger: LedgerWriter, reader: LedgerReader, order: tuple[Outcome, Outcome]
) -> None:
    """A message that was given up and retried; its reports may change places."""
    version = started(ledger, T0)
    for outcome in order:
        ledger.apply(report("load", version, outcome=outcome))
    row = row_of(reader)
    assert (row.state, row.error, row.loaded_version) == ("loaded", None, version)


@given(
    reports=st.permutations(
        [("extract", 0), ("clean", 0), ("load", 0), ("extract", 1), ("clean", 1), ("load", 1)] * 2
    )
)
@settings(max_examples=30, deadline=None)
def test_any_order_of_two_extractions_ends_with_the_newer(
    tmp_path_factory: pytest.TempPathFactory, reports: list[tuple[Stage, int]]
) -> None:
    engine = open_ledger(f"sqlite:///{tmp_path_factory.mktemp('ledger') / 'l.db'}", writer=True)
    try:
        migrate(engine)
        ledger = LedgerWriter(engine)
        versions = [started(ledger, T0), started(ledger, T0 + timedelta(seconds=5))]
        for stage, which in reports:
            ledger.apply(report(stage, versions[which], lines=which))
        row = row_of(LedgerReader(engine))
        assert (row.state, row.loaded_version, row.lines) == ("loaded", versions[1], 1)
    finally:
        engine.dispose()


@pytest.mark.parametrize(
    ("as_of", "lines", "state"),
    [
        ("2026-01-06T16:59:59+00:00", 3, "partial"),  # 23:59:59 in Jakarta
        ("2026-01-06T16:59:59+00:00", 0, "partial"),
        ("2026-01-06T17:00:00+00:00", 3, "loaded"),
        ("2026-01-06T17:00:00+00:00", 0, "empty"),
    ],
)
def test_a_day_read_before_it_was_over_is_partial(as_of: str, lines: int, state: str) -> None:
    row = PartitionRow(
        dataset="pos", day="2026-01-06", state="loaded", as_of=datetime.fromisoformat(as_of), lines=lines,
        loaded_version=1,
    )  # fmt: skip
    assert public_state(row, JAKARTA) == state
    assert public_state(None, JAKARTA) == "missing"


def test_a_run_is_opened_once_and_counts_its_days(ledger: LedgerWriter, reader: LedgerReader) -> None:
    other = PartitionKey("pos", date(2026, 1, 7))
    for _ in range(2):
        run = RunRow(id="r", kind="backfill", command="{}", created_at=T0, total=2)
        assert ledger.open_run(run, [DAY, other]) == T0
    assert ledger.run_items("r") == [DAY, other]
    assert ledger.run_items("unknown") is None
    ledger.apply(report("load", started(ledger, T0 + timedelta(seconds=1)), at=T0 + timedelta(seconds=2)))
    progress = reader.runs()[0]
    assert (progress.done, progress.failed, progress.running) == (1, 0, 1)


def test_two_that_ask_for_the_same_new_days_at_once_both_succeed(
    ledger: LedgerWriter, reader: LedgerReader
) -> None:
    """A backfill arrives while the extractor itself asks for the same first days; versions never meet."""
    days = [PartitionKey("pos", date(2026, 1, n)) for n in range(1, 20)]

    def ask(who: int) -> list[int | None]:
        at = T0 + timedelta(seconds=who)
        ledger.request(days, f"r{who}", "backfill", at)
        return [ledger.begin(day, at, f"r{who}", at) for day in days]

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(ask, range(4)))
    assert all(len(set(versions)) == 4 for versions in zip(*answers, strict=True))
    assert len(reader.partitions(date(2026, 1, 1), date(2026, 1, 31))) == len(days)


def test_a_database_that_does_not_answer_is_tried_again(tmp_path: Path) -> None:
    engine = open_ledger(f"sqlite:///{tmp_path / 'no-tables.db'}", writer=True)
    try:
        with pytest.raises(LedgerUnavailableError, match="does not answer"):
            LedgerWriter(engine).watermark("pos.order")
    finally:
        engine.dispose()


def test_untouched_partitions_are_asked_for_again(ledger: LedgerWriter, reader: LedgerReader) -> None:
    started(ledger, T0)
    soon, late = T0 + timedelta(seconds=30), T0 + timedelta(seconds=90)
    assert ledger.requeue("c", soon, timedelta(seconds=60)) == []
    assert [k.day_text for k in ledger.requeue("c", late, timedelta(seconds=60))] == ["2026-01-06"]
    assert row_of(reader).state == "requested"


def test_a_watermark_never_moves_back(ledger: LedgerWriter) -> None:
    ledger.advance_watermark("pos.order", T0)
    ledger.advance_watermark("pos.order", T0 - timedelta(days=9))
    assert ledger.watermark("pos.order") == T0


def test_dead_letters_are_counted_once(ledger: LedgerWriter, reader: LedgerReader) -> None:
    letter = StageReport(
        stage="plan", outcome="dead-lettered", at=T0, source_topic="nk.control.v1", error_class="BadCommandError",
        error="This is not JSON",
    )  # fmt: skip
    ledger.apply(letter)
    ledger.apply(letter)
    total, letters = reader.dead_letters()
    assert (total, letters[0].message) == (1, "This is not JSON")


def test_dead_letters_go_when_the_topic_has_forgotten_them(
    ledger: LedgerWriter, reader: LedgerReader
) -> None:
    for days, words in ((0, "long ago"), (20, "lately"), (31, "now")):
        ledger.apply(
            StageReport(
                stage="plan", outcome="dead-lettered", at=T0 + timedelta(days=days), source_topic="nk.control.v1",
                error_class="BadCommandError", error=words,
            )
        )  # fmt: skip
    assert {letter.message for letter in reader.dead_letters()[1]} == {"lately", "now"}


def test_another_replica_does_not_derive_what_was_just_asked_for(ledger: LedgerWriter) -> None:
    """The same inputs: later the same version again, for the loader may only be slow. Others: a newer one."""
    key, stalled = PartitionKey("profit", date(2026, 1, 6)), timedelta(seconds=120)
    first = ledger.begin_derived(key, "a", "run", T0, stalled)
    assert first is not None
    version = first.version
    assert ledger.begin_derived(key, "a", "other", T0 + timedelta(seconds=5), stalled) is None
    again = ledger.begin_derived(key, "a", "other", T0 + timedelta(seconds=200), stalled)
    assert again is not None
    assert again.version == version
    changed = ledger.begin_derived(key, "b", "other", T0 + timedelta(seconds=201), stalled)
    assert changed is not None
    assert changed.version > version


def test_the_fingerprint_changes_with_every_request_and_load(
    ledger: LedgerWriter, reader: LedgerReader
) -> None:
    seen = [reader.fingerprint()]
    version = started(ledger, T0)
    seen.append(reader.fingerprint())
    ledger.apply(report("load", version))
    seen.append(reader.fingerprint())
    newer = started(ledger, T0 + timedelta(seconds=5))
    ledger.apply(report("load", newer))
    seen.append(reader.fingerprint())
    assert len(set(seen)) == len(seen)


def test_readings_keep_what_is_loaded_when_a_later_attempt_fails(
    ledger: LedgerWriter, reader: LedgerReader
) -> None:
    """Of the asked days, and of whole datasets; what is loaded stays as it was read."""
    version = started(ledger)
    ledger.apply(report("load", version))
    later = T0 + timedelta(hours=1)
    ledger.apply(report("load", started(ledger, later), outcome="failed", at=later))
    ledger.request([PartitionKey("products", None)], "r", "backfill", T0)
    ledger.request([PartitionKey("pos", date(2026, 1, 5))], "r", "backfill", T0)
    found = {row.dataset: row for row in reader.readings(date(2026, 1, 6), date(2026, 1, 6))}
    assert set(found) == {"pos", "products"}
    pos, products = found["pos"], found["products"]
    assert (pos.day, pos.state, pos.loaded, pos.as_of, pos.error) == (DAY.day, "failed", True, T0, "it broke")
    assert (products.day, products.state, products.loaded, products.as_of) == (None, "requested", False, None)
    assert products.requested_at == T0
