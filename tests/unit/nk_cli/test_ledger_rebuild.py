"""`nk ledger rebuild`: a ledger that was lost knows again what the lake holds, and nothing is read a second time."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from rich.console import Console
from sqlalchemy import Engine
from typer.testing import CliRunner

from nk_cli import __main__
from nk_cli.housekeeping.rebuild import WATCHED, Rebuilt, opened, rebuild_ledger
from nk_cli.validate.command import run_validation
from nk_cli.validate.finding import Finding
from nk_common.datasets import WHOLES
from nk_common.datasets.base import PartitionKey
from nk_common.errors import LedgerUnavailableError
from nk_common.events.base import Totals
from nk_common.events.stages import StageReport
from nk_common.lake.writer import Stamp, write_table
from nk_common.ledger.engine import open_ledger
from nk_common.ledger.models import PartitionRow, RunRow
from nk_common.ledger.reader import LedgerReader
from nk_common.ledger.recovery import LedgerRecovery, moment_of
from nk_common.ledger.states import public_state
from nk_common.ledger.writer import LedgerWriter
from nk_common.settings import EXIT_CONFIGURATION, LakeSettings
from nk_extractor.derivations import DATASETS, Patience, due
from nk_extractor.dispatcher import Dispatcher
from nk_extractor.planner import Planner
from nk_extractor.settings import ExtractorSettings
from nk_extractor.upkeep import Upkeep
from nk_extractor.watch.watched import WATCHED as WATCHED_BY_EXTRACTOR
from support.clock import SetClock
from support.lake_factory import version_of
from support.ledger import lost_ledger
from support.publisher import RecordingPublisher
from support.valid_lake import DAYS, NOW, ValidLake

FIRST, MIDDLE, LAST = DAYS
READ_AT = datetime(2025, 12, 23, 18, tzinfo=UTC)
"""When Odoo was read for the day in the middle."""
SALES = PartitionKey("pos", MIDDLE)
KNOWN = (
    "state",
    "loaded_version",
    "version",
    "as_of",
    "documents",
    "lines",
    "quantity",
    "amount",
    "payments",
    "rejected",
)


@pytest.fixture
def url(tmp_path: Path) -> str:
    """A ledger that is lost."""
    return lost_ledger(tmp_path)


def rebuild(lake: ValidLake, url: str, now: datetime = NOW) -> Rebuilt:
    return rebuild_ledger(lake.layout, url, SetClock(now))


def rows(url: str) -> dict[PartitionKey, PartitionRow]:
    engine = open_ledger(url)
    found = LedgerReader(engine).partitions(date.min, date.max)
    engine.dispose()
    return {PartitionKey.parse(row.dataset, row.day): row for row in found}


def row(url: str, key: PartitionKey = SALES) -> PartitionRow:
    return rows(url)[key]


def writing(url: str) -> tuple[Engine, LedgerWriter]:
    engine = open_ledger(url, writer=True)
    return engine, LedgerWriter(engine)


def state(found: PartitionRow) -> str:
    return public_state(found, LakeSettings(_env_file=None, timezone="Asia/Jakarta").zone)


def test_it_says_what_the_lost_ledger_said(lake: ValidLake, url: str) -> None:
    """States, versions, moments and totals of every partition are those from before."""
    before = rows(lake.ledger)
    assert rebuild(lake, url) == Rebuilt(
        added=3 * 6 + 11, raised=0, unchanged=0, unfinished=0, watermarks=len(WATCHED)
    )
    after = rows(url)
    assert after.keys() == before.keys()
    for key, known in before.items():
        assert [getattr(after[key], name) for name in KNOWN] == [getattr(known, name) for name in KNOWN]
        assert state(after[key]) == "loaded"


def validated(lake: ValidLake, url: str) -> tuple[Finding, ...]:
    settings = LakeSettings(_env_file=None, data_lake_root=lake.root, ledger_url=url, timezone="Asia/Jakarta")
    return run_validation(settings, SetClock(NOW), Console(quiet=True), [], None, None).findings


def test_the_lake_validates_against_it(lake: ValidLake, url: str) -> None:
    rebuild(lake, url)
    assert validated(lake, url) == ()


def test_a_single_day_that_the_ledger_does_not_know_is_added(lake: ValidLake, url: str) -> None:
    """As `nk validate` advises."""
    rebuild(lake, url)
    engine = opened(url)
    LedgerRecovery(engine).forget([SALES])
    engine.dispose()
    assert [(one.kind, one.action) for one in validated(lake, url)] == [
        ("unrecorded", "Run: nk ledger rebuild")
    ]
    assert rebuild(lake, url).added == 1
    assert validated(lake, url) == ()


def test_again_changes_nothing(lake: ValidLake, url: str) -> None:
    rebuild(lake, url)
    before = {key: vars(found) | {"_sa_instance_state": None} for key, found in rows(url).items()}
    again = rebuild(lake, url, NOW + timedelta(hours=1))
    assert (again.added, again.raised, again.unfinished, again.watermarks) == (0, 0, 0, 0)
    assert before == {key: vars(found) | {"_sa_instance_state": None} for key, found in rows(url).items()}


def test_a_day_read_before_it_was_over_is_partial_and_one_without_rows_is_empty(
    lake: ValidLake, url: str
) -> None:
    """16:59 UTC is 23:59 in Jakarta."""
    lake.write_day("pos", LAST, read_at=datetime(2025, 12, 24, 16, 59, tzinfo=UTC))
    lake.rows["star-schema", "fact_invoice_sales", LAST] = []
    lake.write_day("invoice-sales", LAST)
    rebuild(lake, url)
    assert state(row(url, PartitionKey("pos", LAST))) == "partial"
    assert state(row(url, PartitionKey("invoice-sales", LAST))) == "empty"


def test_older_events_stay_ignored(lake: ValidLake, url: str) -> None:
    """A report of an earlier reading, delivered late, changes nothing; one of a later reading counts."""
    rebuild(lake, url)
    before = row(url)
    engine, writer = writing(url)
    old, new = before.version - 1_000, before.version + 1_000
    writer.apply(_loaded_report(old))
    assert (row(url).loaded_version, row(url).amount) == (before.version, 222.0)
    writer.apply(_loaded_report(new))
    assert (row(url).loaded_version, row(url).amount) == (new, 5.0)
    engine.dispose()


def test_requests_from_before_are_satisfied_and_versions_go_on_above(lake: ValidLake, url: str) -> None:
    rebuild(lake, url)
    engine, writer = writing(url)
    assert writer.begin(SALES, READ_AT - timedelta(minutes=1), "r", NOW) is None
    given = writer.begin(SALES, NOW, "r", READ_AT - timedelta(days=1))  # a clock that is behind
    assert given == version_of(READ_AT) + 1
    engine.dispose()


def test_newer_knowledge_stays(lake: ValidLake, url: str) -> None:
    """Of a ledger that knows a newer version, a failure, or that a day was asked for again, nothing is lost."""
    rebuild(lake, url)
    engine, writer = writing(url)
    writer.request([SALES], "r", "backfill", NOW)
    version = writer.begin(SALES, NOW, "r", NOW)
    assert version is not None
    failed = PartitionKey("purchases", MIDDLE)
    begun = writer.begin(failed, NOW, "r", NOW)
    writer.apply(_report(failed, begun or 0, outcome="failed", error="refused"))
    assert (rebuild(lake, url).raised, rebuild(lake, url).added) == (0, 0)
    assert (row(url).state, row(url).version) == ("extracting", version)
    assert (state(row(url, failed)), row(url, failed).error) == ("stale", "refused")
    engine.dispose()


def test_what_was_asked_for_and_taken_back_is_what_the_lake_holds(lake: ValidLake, url: str) -> None:
    """nkdash was started with an empty ledger, and somebody cancelled what it asked for."""
    engine = opened(url)
    writer = LedgerWriter(engine)
    writer.open_run(
        RunRow(id="r", kind="backfill", command="{}", created_at=NOW, total=1, cancelled=0), [SALES]
    )
    writer.request([SALES], "r", "backfill", NOW)
    writer.cancel_run("r", NOW)
    assert state(row(url)) == "missing"
    rebuild(lake, url)
    assert state(row(url)) == "loaded"
    engine.dispose()


def test_the_extractor_asks_for_nothing_that_is_loaded(lake: ValidLake, url: str) -> None:
    """Of a window of four days today alone is missing; dimensions are the schedule's."""
    rebuild(lake, url)
    engine, writer = writing(url)
    reader, clock = LedgerReader(engine), SetClock(NOW)
    settings = ExtractorSettings.model_validate({"timezone": "Asia/Jakarta", "initial_days": 4})
    bus = RecordingPublisher()
    planner = Planner(settings, reader, writer, Dispatcher(settings, writer, bus, clock), bus, clock)
    wanted = list(Upkeep(settings, reader, writer, planner, clock).due())
    assert {key.day for key in wanted} == {date(2025, 12, 25)}
    patience = Patience(timedelta(hours=1), timedelta(hours=1))
    derived = due(reader.day_states(DATASETS), date(2025, 12, 25), NOW, patience)
    assert [one.key for one in derived] == [PartitionKey("profit", day) for day in DAYS]
    engine.dispose()


def test_an_old_ledger_is_raised_to_what_the_lake_holds(lake: ValidLake, url: str) -> None:
    """As after a restore: the ledger of yesterday, and a reading that came to its end since."""
    rebuild(lake, url)
    lake.rows["star-schema", "fact_sales", MIDDLE] *= 2
    lake.rows["star-schema", "fact_sales", MIDDLE][1] = {
        **lake.rows["star-schema", "fact_sales", MIDDLE][0], "line_id": 2
    }  # fmt: skip
    later = READ_AT + timedelta(hours=2)
    lake.write_day("pos", MIDDLE, read_at=later)
    assert rebuild(lake, url).raised == 1
    found = row(url)
    assert (found.state, found.loaded_version, found.version) == (
        "loaded",
        version_of(later),
        version_of(later),
    )
    assert (found.as_of, found.lines, found.amount) == (later, 2, 444.0)


@pytest.mark.parametrize(
    ("layers", "waits", "stage"),
    [(("raw", "clean"), "cleaned", "load"), (("raw",), "extracted", "clean")],
)
def test_a_reading_that_was_under_way_is_finished_from_the_lake(
    lake: ValidLake, url: str, layers: tuple[str, ...], waits: str, stage: str
) -> None:
    """The newest reading reached raw/ or clean/ only: the extractor asks for the rest, and the figures stay."""
    later = READ_AT + timedelta(hours=2)
    lake.write_day("pos", MIDDLE, layers=layers, read_at=later)
    assert rebuild(lake, url).unfinished == 1
    found = row(url)
    assert (found.state, found.rebuild, found.loaded_version) == (waits, stage, version_of(READ_AT))
    assert found.version == int(NOW.timestamp() * 1e6)
    assert rebuild(lake, url, NOW + timedelta(hours=1)).unfinished == 0
    assert row(url).version == int(NOW.timestamp() * 1e6)


def test_a_day_whose_star_files_are_damaged_is_made_again(lake: ValidLake, url: str) -> None:
    lake.path("star-schema", "fact_payments", MIDDLE).write_bytes(b"PAR1")
    rebuild(lake, url)
    found = row(url)
    assert (found.state, found.rebuild, found.loaded_version, found.lines) == ("cleaned", "load", None, None)


def test_what_nothing_in_the_lake_can_make_is_read_again(lake: ValidLake, url: str) -> None:
    """A table of the day is missing, and so are the layers before it."""
    for layer, table in [
        ("star-schema", "fact_payments"),
        ("clean", "pos_payments"),
        ("raw", "pos_payments"),
    ]:
        lake.path(layer, table, MIDDLE).unlink()
    rebuild(lake, url)
    engine, writer = writing(url)
    asked = writer.claim(NOW.date(), NOW, room=5)
    assert [(one.dataset, one.day, one.rebuild) for one in asked] == [("pos", str(MIDDLE), None)]
    engine.dispose()


def test_derived_days_are_derived_once_more(lake: ValidLake, url: str) -> None:
    """Nobody knows what they were made of; a reconstructed day must not pass for a snapshot."""
    stock = lake.rows["star-schema", "fact_stock_on_hand_snapshot", FIRST]
    stock[0] |= {"reconstructed": True}
    lake.write_day("stock-quants", FIRST, layers=("star-schema",))
    rebuild(lake, url)
    inputs = {key: found.inputs for key, found in rows(url).items() if found.inputs is not None}
    assert inputs == {
        PartitionKey("stock-quants", FIRST): "unknown",
        **{PartitionKey("profit", day): "unknown" for day in DAYS},
    }


def test_rejected_rows_are_counted_of_the_loaded_reading(lake: ValidLake, url: str) -> None:
    schema = pa.schema([("id", pa.int64()), ("reason", pa.string())])
    rejected = pa.table({"id": [1, 2], "reason": ["no product", "no product"]}, schema)
    for table, version in (("pos_order_lines", version_of(READ_AT)), ("pos_payments", 1)):
        write_table(lake.layout.rejected(table, MIDDLE), rejected, schema, Stamp(version, "run"))
    rebuild(lake, url)
    assert row(url).rejected == 2


def test_changes_in_odoo_are_looked_for_from_before_the_loss(lake: ValidLake, url: str) -> None:
    """A watch without a mark begins now, and would never see what was changed while the ledger was gone."""
    rebuild(lake, url)
    engine, writer = writing(url)
    newest = datetime(2025, 12, 24, 18, tzinfo=UTC)
    assert {model: writer.watermark(model) for model in WATCHED} == dict.fromkeys(
        WATCHED, newest - timedelta(days=1)
    )
    engine.dispose()


def test_the_watched_models_are_those_of_the_extractor() -> None:
    assert {
        one.model: tuple(held.dataset for held in one.datasets) for one in WATCHED_BY_EXTRACTOR
    } == WATCHED


def test_dimensions_are_known_as_a_whole(lake: ValidLake, url: str) -> None:
    rebuild(lake, url)
    wholes = {key.dataset: found for key, found in rows(url).items() if key.day is None}
    assert wholes.keys() == {dataset.name for dataset in WHOLES}
    assert {found.lines for found in wholes.values()} == {4}  # without the unknown member


def test_a_damaged_ledger_is_said(lake: ValidLake, tmp_path: Path) -> None:
    (tmp_path / "ledger.db").write_bytes(b"this is no database" * 100)
    with pytest.raises(LedgerUnavailableError, match="cannot be opened or is damaged"):
        rebuild(lake, f"sqlite:///{tmp_path / 'ledger.db'}")


def test_the_command_counts_in_words_and_as_json(lake: ValidLake, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(lake.root.parent)
    monkeypatch.setenv("DATA_LAKE_ROOT", str(lake.root))
    monkeypatch.delenv("NK_LEDGER_URL", raising=False)
    (lake.root / "metadata" / "ledger.db").write_bytes(b"")
    said = CliRunner().invoke(__main__.app, ["ledger", "rebuild"])
    assert (said.exit_code, said.stdout) == (
        0, "29 partitions added to the ledger, 0 brought up to date, 0 known already.\n"
    )  # fmt: skip
    document = json.loads(CliRunner().invoke(__main__.app, ["ledger", "rebuild", "--json"]).stdout)
    assert document == {"added": 0, "raised": 0, "unchanged": 29, "unfinished": 0, "watermarks": 0}


def test_without_a_lake_it_refuses(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DATA_LAKE_ROOT", str(tmp_path / "nowhere"))
    monkeypatch.setattr("sys.argv", ["nk", "ledger", "rebuild"])
    with pytest.raises(SystemExit) as ended:
        __main__.main()
    assert ended.value.code == EXIT_CONFIGURATION
    assert "There is no lake at" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def _report(key: PartitionKey, version: int, **other: Any) -> StageReport:
    return StageReport.model_validate(
        {"stage": "load", "outcome": "completed", "at": NOW, "dataset": key.dataset, "day": key.day,
         "version": version, "as_of": moment_of(version), **other}
    )  # fmt: skip


def _loaded_report(version: int) -> StageReport:
    totals = Totals(documents=1, lines=1, quantity=1, amount=5.0, payments=5.0)
    return _report(SALES, version, totals=totals, rejected=0)
