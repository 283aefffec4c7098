"""`nk backup` and `nk restore`: whole or not at all, checked to the last byte, never over what is there."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from unittest.mock import patch

import pytest
from rich.console import Console
from typer.testing import CliRunner

from nk_cli import __main__
from nk_cli.housekeeping import backup as backing_up
from nk_cli.housekeeping.backup import Backup, back_up
from nk_cli.housekeeping.holdings import files_by_partition
from nk_cli.housekeeping.manifest import MANIFEST, Manifest, verify
from nk_cli.housekeeping.rebuild import Rebuilt, rebuild_ledger
from nk_cli.housekeeping.refusal import RefusedError
from nk_cli.housekeeping.restore import check_place, restore
from nk_cli.validate.command import run_validation
from nk_cli.validate.finding import Finding
from nk_common.datasets.base import PartitionKey
from nk_common.errors import ConfigurationError
from nk_common.lake.layout import Layout
from nk_common.ledger.engine import open_ledger
from nk_common.ledger.models import PartitionRow
from nk_common.ledger.reader import LedgerReader
from nk_common.settings import LakeSettings
from support.clock import SetClock
from support.lake_factory import version_of
from support.ledger import lost_ledger
from support.system import free_port
from support.valid_lake import DAYS, NOW, ValidLake

FIRST, MIDDLE, LAST = DAYS
SOURCE = {"host": "odoo.example.com", "database": "shop"}
LATER = datetime(2025, 12, 24, 2, tzinfo=UTC)


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("template") / "lake"
    lake = ValidLake(root)
    lake.write_all()
    (root / "metadata" / "ledger.db").unlink()
    rebuild_ledger(lake.layout, lake.ledger, SetClock(NOW))
    (root / "metadata" / "source.json").write_text(json.dumps(SOURCE))
    return root


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "backups" / "monday"


def settings(root: Path, ledger_url: str | None = None) -> LakeSettings:
    return LakeSettings(_env_file=None, data_lake_root=root, ledger_url=ledger_url, timezone="Asia/Jakarta")


def saved(lake: ValidLake, target: Path) -> Manifest:
    return back_up(settings(lake.root), lake.layout, target, SetClock(NOW))


def put_back(target: Path, place: LakeSettings, *, force: bool = False) -> Rebuilt:
    manifest = verify(target)
    check_place(place, manifest, force=force)
    return restore(place, target, manifest, [], SetClock(NOW))


def findings(place: LakeSettings) -> tuple[Finding, ...]:
    return run_validation(place, SetClock(NOW), Console(quiet=True), [], None, None).findings


def files(root: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(root)): path.read_bytes()
        for path in root.rglob("*")
        if path.is_file() and not path.name.startswith("ledger.db")
    }


def rows(url: str) -> dict[PartitionKey, PartitionRow]:
    engine = open_ledger(url)
    found = LedgerReader(engine).partitions(date.min, date.max)
    engine.dispose()
    return {PartitionKey.parse(row.dataset, row.day): row for row in found}


def test_restored_elsewhere_it_is_the_same_and_validates(
    lake: ValidLake, target: Path, tmp_path: Path
) -> None:
    """Every file with its moment of change, and every row of the ledger."""
    saved(lake, target)
    place = settings(tmp_path / "new" / "lake")
    assert put_back(target, place) == Rebuilt(added=0, raised=0, unchanged=29, unfinished=0, watermarks=0)
    assert files(place.data_lake_root) == files(lake.root)
    sales = lake.path("star-schema", "fact_sales", MIDDLE)
    copy = place.data_lake_root / sales.relative_to(lake.root)
    assert copy.stat().st_mtime_ns == sales.stat().st_mtime_ns
    assert findings(place) == ()
    assert [path.name for path in place.data_lake_root.iterdir() if path.name.startswith(".")] == []


def test_the_manifest_says_what_it_is_a_copy_of(lake: ValidLake, target: Path) -> None:
    manifest = saved(lake, target)
    assert Manifest.model_validate_json((target / MANIFEST).read_bytes()) == manifest
    assert (manifest.created_at, manifest.source, manifest.timezone) == (NOW, SOURCE, "Asia/Jakarta")
    assert (manifest.ledger, manifest.partitions, manifest.unsettled) == ("sqlite", 29, [])
    assert manifest.ledger_revision is not None
    on_disk = {str(path.relative_to(target)) for path in target.rglob("*") if path.is_file()}
    assert on_disk == {MANIFEST, *(file.path for file in manifest.files)}
    sales = next(file for file in manifest.files if file.path.endswith("fact_sales_2025-12-23.parquet"))
    assert sales.version == version_of(datetime(2025, 12, 23, 18, tzinfo=UTC))


def test_only_whoever_made_it_may_read_it(lake: ValidLake, target: Path) -> None:
    """It holds customers' names."""
    saved(lake, target)
    assert target.stat().st_mode & 0o077 == 0


def test_what_is_on_its_way_and_what_the_ledger_lies_in_is_no_part_of_it(
    lake: ValidLake, target: Path
) -> None:
    for path in (
        lake.root / "raw" / "_staging" / "pos" / "x",
        lake.path("raw", "pos_orders", FIRST).parent / ".tmp-1",
    ):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"half")
    (lake.root / "metadata" / "ledger.db-wal").touch()
    names = {Path(file.path).name for file in saved(lake, target).files}
    assert not names & {"x", ".tmp-1", "ledger.db-wal"}
    assert "source.json" in names


def test_it_appears_whole_or_not_at_all(lake: ValidLake, target: Path) -> None:
    """Broken off, it leaves nothing under its name; killed, a folder whose name says so, which the next one reuses."""
    stop = patch.object(Backup, "save_others", side_effect=KeyboardInterrupt)
    with stop, pytest.raises(KeyboardInterrupt):
        saved(lake, target)
    assert list(target.parent.iterdir()) == []
    killed = target.with_name("monday.partial")
    killed.mkdir()
    (killed / "old").write_text("left by a backup that was killed")
    with pytest.raises(RefusedError, match="is no whole backup"):
        verify(killed)
    saved(lake, target)
    assert [path.name for path in target.parent.iterdir()] == ["monday"]
    assert not (target / "old").exists()


def test_two_at_once_into_one_folder_are_refused(lake: ValidLake, target: Path) -> None:
    def second(*_: object) -> None:
        with pytest.raises(RefusedError, match="just being written"):
            saved(lake, target)

    with patch.object(backing_up, "_check_space", second):
        saved(lake, target)
    assert verify(target)


def test_a_day_that_is_replaced_meanwhile_is_whole(lake: ValidLake, target: Path) -> None:
    """Its tables are replaced one after the other, while the copy goes through them."""

    def loader(_seconds: float) -> None:
        lake.write_day("pos", MIDDLE, read_at=LATER)

    lake.path("star-schema", "fact_sales", MIDDLE).unlink()
    lake.write_day("pos", FIRST)  # something else happens, too
    (target / "lake").mkdir(parents=True)
    copy = Backup(lake.layout, target, loader)
    copy.save_partition(PartitionKey("pos", MIDDLE))
    assert {file.version for file in copy.files} == {version_of(LATER)}
    assert copy.unsettled == []


def test_a_day_left_half_replaced_is_saved_and_made_again(
    lake: ValidLake, target: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backing_up, "_WAIT", 0)
    lake.write_day("pos", MIDDLE, layers=("star-schema",), read_at=LATER)
    lake.path("star-schema", "fact_payments", MIDDLE).unlink()
    assert saved(lake, target).unsettled == ["pos|2025-12-23"]
    place = settings(tmp_path / "new")
    assert put_back(target, place).unfinished == 1
    assert rows(place.ledger)[PartitionKey("pos", MIDDLE)].rebuild == "load"


def test_files_newer_than_the_saved_ledger_are_known_after_a_restore(
    lake: ValidLake, target: Path, tmp_path: Path
) -> None:
    """The ledger is saved first. One day is loaded anew before its files are, and one is just cleaned."""
    before = files_by_partition

    def meanwhile(layout: Layout, now: datetime) -> object:
        lake.write_day("pos", MIDDLE, read_at=LATER)
        lake.write_day("purchases", MIDDLE, layers=("raw", "clean"), read_at=LATER)
        return before(layout, now)

    with patch.object(backing_up, "files_by_partition", meanwhile):
        saved(lake, target)
    place = settings(tmp_path / "new")
    learned = put_back(target, place)
    assert (learned.raised, learned.unfinished) == (2, 1)
    found = rows(place.ledger)
    assert found[PartitionKey("pos", MIDDLE)].loaded_version == version_of(LATER)
    assert found[PartitionKey("purchases", MIDDLE)].rebuild == "load"
    assert findings(place) == ()


def _damage(target: Path) -> None:
    path = next(target.rglob("fact_sales_2025-12-23.parquet"))
    body = bytearray(path.read_bytes())
    body[30] ^= 1
    path.write_bytes(body)


def _shorten(target: Path) -> None:
    path = next(target.rglob("fact_sales_2025-12-23.parquet"))
    path.write_bytes(path.read_bytes()[:-1])


def _lose(target: Path) -> None:
    next(target.rglob("fact_sales_2025-12-23.parquet")).unlink()


def _harm_ledger(target: Path) -> None:
    (target / "ledger" / "ledger.db").write_bytes(b"x")


def _lead_outside(target: Path) -> None:
    text = (target / MANIFEST).read_text()
    (target / MANIFEST).write_text(text.replace("lake/metadata/source.json", "lake/../../source.json"))


def _cut_manifest(target: Path) -> None:
    (target / MANIFEST).write_bytes((target / MANIFEST).read_bytes()[:-20])


def _newer_format(target: Path) -> None:
    text = (target / MANIFEST).read_text()
    (target / MANIFEST).write_text(text.replace('"format": 1', '"format": 2'))


@pytest.mark.parametrize(
    ("harm", "says"),
    [
        (_damage, "1 of 256 files of the backup are missing or damaged .*fact_sales_2025-12-23"),
        (_shorten, "1 of 256 files"),
        (_lose, "1 of 256 files"),
        (_harm_ledger, "1 of 256 files .*ledger/ledger.db"),
        (_lead_outside, "manifest.json of .* is damaged"),
        (_cut_manifest, "manifest.json of .* is damaged"),
        (_newer_format, "format 2"),
    ],
)
def test_a_backup_that_is_not_as_it_was_made_changes_nothing(
    lake: ValidLake, target: Path, tmp_path: Path, harm: Callable[[Path], None], says: str
) -> None:
    count = len(saved(lake, target).files)
    harm(target)
    with pytest.raises(RefusedError, match=says.replace("256", str(count))):
        put_back(target, settings(tmp_path / "new"))
    assert not (tmp_path / "new").exists()


def test_what_is_there_is_replaced_by_force_only(lake: ValidLake, target: Path) -> None:
    """And then as a whole: no day of the former lake stays beside those of the backup."""
    saved(lake, target)
    before = files(lake.root)
    lake.path("raw", "pos_orders", FIRST).unlink()
    lake.layout.star("fact_sales", date(2025, 12, 25)).parent.mkdir(parents=True)
    shutil.copy(
        lake.path("star-schema", "fact_sales", LAST), lake.layout.star("fact_sales", date(2025, 12, 25))
    )
    lake.change(PartitionKey("pos", FIRST), {"amount": 1.0})
    now = files(lake.root)
    with pytest.raises(RefusedError, match="lake and the ledger here would be lost"):
        put_back(target, settings(lake.root))
    assert files(lake.root) == now
    put_back(target, settings(lake.root), force=True)
    assert files(lake.root) == before
    assert rows(lake.ledger)[PartitionKey("pos", FIRST)].amount == 222.0


@pytest.mark.parametrize("damaged", [True, False])
def test_a_ledger_alone_is_in_the_way_too(
    lake: ValidLake, target: Path, tmp_path: Path, damaged: bool
) -> None:
    saved(lake, target)
    other = tmp_path / "other" / "metadata" / "ledger.db"
    other.parent.mkdir(parents=True)
    other.write_bytes(b"no database" * 100 if damaged else (target / "ledger" / "ledger.db").read_bytes())
    with pytest.raises(RefusedError, match="The ledger here would be lost"):
        put_back(target, settings(tmp_path / "other"))
    put_back(target, settings(tmp_path / "other"), force=True)
    assert findings(settings(tmp_path / "other")) == ()


def test_a_restore_that_fails_has_changed_nothing(lake: ValidLake, target: Path) -> None:
    saved(lake, target)
    before = files(lake.root)
    full = OSError(28, "No space left on device")
    with (
        patch("nk_cli.housekeeping.restore.copy_file", side_effect=full),
        pytest.raises(RefusedError, match="No space left on device. Nothing was changed"),
    ):
        put_back(target, settings(lake.root), force=True)
    assert files(lake.root) == before


def test_a_restore_that_was_killed_is_brought_to_its_end(lake: ValidLake, target: Path) -> None:
    saved(lake, target)
    before = files(lake.root)
    killed = patch("nk_cli.housekeeping.restore._replace_ledger", side_effect=KeyboardInterrupt)
    with killed, pytest.raises(KeyboardInterrupt):
        put_back(target, settings(lake.root), force=True)
    put_back(target, settings(lake.root), force=True)
    assert files(lake.root) == before
    assert findings(settings(lake.root)) == ()


def test_days_of_another_time_zone_are_other_days(lake: ValidLake, target: Path, tmp_path: Path) -> None:
    saved(lake, target)
    elsewhere = LakeSettings(_env_file=None, data_lake_root=tmp_path / "new", timezone="Asia/Jayapura")
    with pytest.raises(ConfigurationError, match="on the wrong day"):
        put_back(target, elsewhere)


def test_without_a_ledger_the_lake_is_saved_and_the_restored_one_gets_one(
    lake: ValidLake, target: Path, tmp_path: Path
) -> None:
    (lake.root / "metadata" / "ledger.db").unlink()
    assert saved(lake, target).ledger is None
    assert put_back(target, settings(tmp_path / "new")).added == 29
    assert findings(settings(tmp_path / "new")) == ()


def test_a_ledger_on_a_server_is_saved_and_put_back(lake: ValidLake, target: Path, tmp_path: Path) -> None:
    """SQLite of another folder here; tests/integration/test_postgres.py runs this on PostgreSQL."""
    url = lost_ledger(tmp_path)
    rebuild_ledger(lake.layout, url, SetClock(NOW))
    manifest = back_up(settings(lake.root, url), lake.layout, target, SetClock(NOW))
    assert manifest.ledger == url.split("+")[0].split(":")[0]
    place = settings(tmp_path / "new", lost_ledger(tmp_path / "new"))
    put_back(target, place, force=True)
    assert findings(place) == ()
    assert len(rows(place.ledger)) == 29


def test_it_overwrites_nothing_and_is_not_put_into_the_lake(lake: ValidLake, tmp_path: Path) -> None:
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken" / "file").touch()
    with pytest.raises(RefusedError, match="is there already"):
        saved(lake, tmp_path / "taken")
    with pytest.raises(RefusedError, match="inside the lake"):
        saved(lake, lake.root / "backup")


def test_a_disk_without_room_is_said_before(lake: ValidLake, target: Path) -> None:
    with patch("shutil.disk_usage") as usage:
        usage.return_value.free = 50 * 1024**2
        with pytest.raises(RefusedError, match="has 50 MB left and the backup needs 1.. MB"):
            saved(lake, target)
    assert list(target.parent.iterdir()) == []


def test_the_commands(lake: ValidLake, target: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Exit codes, words for people, JSON for scripts; the serving database of the former lake goes."""
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith("NK_")]:
        monkeypatch.delenv(name)
    for name in ("EXTRACTOR", "CLEANER", "LOADER", "QUERY_API"):
        monkeypatch.setenv(f"NK_{name}_PORT", str(free_port()))
    monkeypatch.setenv("DATA_LAKE_ROOT", str(lake.root))
    done = CliRunner().invoke(__main__.app, ["backup", str(target)])
    assert (done.exit_code, "It holds customers' names" in done.stdout) == (0, True)
    checked = CliRunner().invoke(__main__.app, ["restore", str(target), "--force", "--dry-run", "--json"])
    assert (checked.exit_code, json.loads(checked.stdout)["backup"]["partitions"]) == (0, 29)
    serving = tmp_path / ".run" / "serving.duckdb"
    serving.parent.mkdir()
    serving.write_bytes(b"newer")
    refused = CliRunner().invoke(__main__.app, ["restore", str(target)])
    assert isinstance(refused.exception, RefusedError)
    assert serving.exists()
    done = CliRunner().invoke(__main__.app, ["restore", str(target), "--force"])
    assert (done.exit_code, "Run nk validate, then start nkdash" in done.stdout) == (0, True)
    assert not serving.exists()
