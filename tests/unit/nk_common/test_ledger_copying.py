"""A ledger saved as one file and put back: every row of every table, on SQLite and PostgreSQL."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine, inspect, select, text
from sqlalchemy.orm import Session

from nk_common.datasets.base import PartitionKey
from nk_common.errors import LedgerUnavailableError
from nk_common.events.stages import StageReport
from nk_common.ledger.copying import (
    OtherReleaseError,
    is_empty,
    load_ledger,
    revision_of,
    save_ledger,
    sqlite_file,
    upgraded,
)
from nk_common.ledger.engine import open_ledger
from nk_common.ledger.migration import migrate
from nk_common.ledger.models import Base, DeadLetterRow, PartitionRow, RunRow
from nk_common.ledger.reconciliations import ReconciliationResultRow
from nk_common.ledger.writer import LedgerWriter
from support.ledger import lost_ledger

NOW = datetime(2026, 1, 8, 3, 4, 5, 678_901, tzinfo=UTC)
DAY = PartitionKey("pos", date(2026, 1, 6))


@pytest.fixture
def url(tmp_path: Path) -> str:
    return lost_ledger(tmp_path)


@pytest.fixture
def engine(url: str) -> Iterator[Engine]:
    """A ledger with a row of every kind of column: moments, large numbers, JSON with and without nothing in it."""
    engine = open_ledger(url, writer=True)
    migrate(engine)
    run = RunRow(id="r", kind="backfill", command="{}", created_at=NOW, total=1, cancelled=0)
    writer = LedgerWriter(engine)
    writer.open_run(run, [DAY])
    writer.request([DAY], "r", "backfill", NOW)
    writer.begin(DAY, NOW, "r", NOW)
    writer.advance_watermark("pos.order", NOW)
    writer.apply(_dead_letter("unreadable"))
    with Session(engine) as session, session.begin():
        for odoo in ({"amount": 1.5, "payments": None}, None):
            session.add(
                ReconciliationResultRow(
                    run_id="c",
                    dataset="pos",
                    day="2026-01-06",
                    status="equal",
                    odoo=odoo,
                    differing=0,
                    document_ids=[1],
                )
            )
    yield engine
    engine.dispose()


def _dead_letter(message: str) -> StageReport:
    return StageReport(
        stage="bus", outcome="dead-lettered", at=NOW, source_topic="t", error_class="E", error=message
    )


def content(engine: Engine) -> dict[str, list[tuple[object, ...]]]:
    with engine.connect() as connection:
        return {
            table.name: sorted((tuple(row) for row in connection.execute(select(table))), key=str)
            for table in Base.metadata.sorted_tables
        }


def test_every_table_that_migrations_make_is_saved(engine: Engine) -> None:
    """A table in a module that nobody imports would be left out in silence."""
    made = set(inspect(engine).get_table_names()) - {"alembic_version"}
    assert made == set(Base.metadata.tables)


def test_put_back_it_says_the_same(engine: Engine, url: str, tmp_path: Path) -> None:
    """Whatever was noted since it was saved is gone again."""
    before = content(engine)
    assert sum(map(len, before.values())) == 7
    save_ledger(url, tmp_path / "saved.db")
    LedgerWriter(engine).request([DAY._replace(day=date(2026, 1, 7))], "r", "backfill", NOW)
    LedgerWriter(engine).apply(_dead_letter("later"))
    assert content(engine) != before
    engine.dispose()
    load_ledger(tmp_path / "saved.db", url)
    assert content(engine) == before


def test_ids_go_on_above_those_that_were_put_back(engine: Engine, url: str, tmp_path: Path) -> None:
    save_ledger(url, tmp_path / "saved.db")
    engine.dispose()
    load_ledger(tmp_path / "saved.db", url)
    LedgerWriter(engine).apply(_dead_letter("another"))
    with Session(engine) as session:
        assert sorted(row.id for row in session.scalars(select(DeadLetterRow))) == [1, 2]


def test_it_goes_into_a_database_without_tables(engine: Engine, url: str, tmp_path: Path) -> None:
    before = content(engine)
    save_ledger(url, tmp_path / "saved.db")
    engine.dispose()
    empty = lost_ledger(tmp_path)
    if file := sqlite_file(empty):
        file.unlink()
    assert is_empty(empty)
    load_ledger(tmp_path / "saved.db", empty)
    assert (content(engine), is_empty(empty)) == (before, False)


def test_it_moves_to_sqlite(engine: Engine, url: str, tmp_path: Path) -> None:
    """What is saved is a ledger by itself, whatever it was saved from."""
    save_ledger(url, tmp_path / "saved.db")
    load_ledger(tmp_path / "saved.db", f"sqlite:///{tmp_path / 'elsewhere' / 'ledger.db'}")
    other = open_ledger(f"sqlite:///{tmp_path / 'elsewhere' / 'ledger.db'}")
    assert content(other) == content(engine)
    other.dispose()


def test_what_is_saved_is_one_file(engine: Engine, url: str, tmp_path: Path) -> None:
    (tmp_path / "saved").mkdir()
    save_ledger(url, tmp_path / "saved" / "ledger.db")
    assert [path.name for path in (tmp_path / "saved").iterdir()] == ["ledger.db"]
    assert revision_of(tmp_path / "saved" / "ledger.db") is not None
    assert content(engine)["runs"]


def test_what_is_not_committed_is_not_saved(engine: Engine, url: str, tmp_path: Path) -> None:
    """A writer at work is neither waited for nor read in the middle."""
    with Session(engine) as session:
        session.add(RunRow(id="half", kind="backfill", command="{}", created_at=NOW, total=1, cancelled=0))
        session.flush()
        save_ledger(url, tmp_path / "saved.db")
        session.commit()
    saved = open_ledger(f"sqlite:///{tmp_path / 'saved.db'}")
    assert len(content(saved)["runs"]) == 1
    saved.dispose()


def test_journals_of_the_former_ledger_go_with_it(tmp_path: Path) -> None:
    """Beside another file they would be taken for its own."""
    upgraded(tmp_path / "saved.db")
    for end in ("", "-wal", "-shm"):
        (tmp_path / f"ledger.db{end}").write_bytes(b"former")
    load_ledger(tmp_path / "saved.db", f"sqlite:///{tmp_path / 'ledger.db'}")
    assert [path.name for path in tmp_path.iterdir()] == ["ledger.db"]


def test_an_older_one_is_brought_up_to_date(tmp_path: Path) -> None:
    """Here one from before the first release, without a table."""
    upgraded(tmp_path / "new.db")
    sqlite3.connect(tmp_path / "old.db").close()
    assert revision_of(tmp_path / "old.db") is None
    upgraded(tmp_path / "old.db")
    assert revision_of(tmp_path / "old.db") == revision_of(tmp_path / "new.db")


def test_a_newer_or_damaged_one_is_refused(tmp_path: Path) -> None:
    upgraded(tmp_path / "saved.db")
    connection = sqlite3.connect(tmp_path / "saved.db")
    connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.commit()
    connection.close()
    with pytest.raises(OtherReleaseError, match="newer release"):
        upgraded(tmp_path / "saved.db")
    (tmp_path / "damaged.db").write_bytes(b"no database" * 100)
    with pytest.raises(LedgerUnavailableError, match="damaged"):
        upgraded(tmp_path / "damaged.db")


def test_a_ledger_of_another_release_is_not_saved_in_part(engine: Engine, url: str, tmp_path: Path) -> None:
    """PostgreSQL is read table by table, as this release knows them; SQLite is copied as it is."""
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '0001'"))
    if sqlite_file(url):
        save_ledger(url, tmp_path / "saved.db")
        assert revision_of(tmp_path / "saved.db") == "0001"
    else:
        with pytest.raises(OtherReleaseError, match="start nkdash once"):
            save_ledger(url, tmp_path / "saved.db")


def test_empty_means_no_partition_and_no_run(url: str) -> None:
    assert is_empty(url)
    engine = open_ledger(url, writer=True)
    migrate(engine)
    LedgerWriter(engine).advance_watermark("pos.order", NOW)
    assert is_empty(url)
    LedgerWriter(engine).request([DAY], "r", "backfill", NOW)
    with Session(engine) as session:
        assert session.get(PartitionRow, ("pos", "2026-01-06"))
    assert not is_empty(url)
    engine.dispose()
