"""`nk prune`: what is older than the settings say goes, and nothing that is all there is of a day."""

from __future__ import annotations

import json
import os
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from rich.console import Console
from typer.testing import CliRunner

from nk_cli import __main__
from nk_cli.housekeeping.prune import Pruning, plan_pruning, prune
from nk_cli.housekeeping.words import pruning_words, size
from nk_cli.settings import RetentionSettings
from nk_cli.validate.command import run_validation
from nk_common.datasets.base import PartitionKey
from nk_common.errors import ConfigurationError
from nk_common.lake.writer import Stamp, write_table
from nk_common.settings import EXIT_CONFIGURATION, LakeSettings, load
from support.clock import SetClock
from support.lake_factory import version_of
from support.valid_lake import DAYS, NOW, ValidLake

FIRST, MIDDLE, LAST = DAYS
FOR_EVER = {"raw": 0, "clean": 0, "rejected": 0, "star": 0}
READ_AT = datetime(2025, 12, 22, 18, tzinfo=UTC)


def settings(lake: ValidLake, **days: int) -> RetentionSettings:
    """`raw=3` keeps today, the 25th, and the two days before; what is not named is kept for ever."""
    kept = {f"retention_{layer}_days": n for layer, n in (FOR_EVER | days).items()}
    return RetentionSettings.model_validate(
        {"data_lake_root": lake.root, "timezone": "Asia/Jakarta", "initial_days": 1, **kept}
    )


def plan(lake: ValidLake, **days: int) -> Pruning:
    return plan_pruning(lake.layout, settings(lake, **days), SetClock(NOW))


def pruned(lake: ValidLake, **days: int) -> Pruning:
    found = plan(lake, **days)
    prune(lake.layout, lake.ledger, found)
    return found


def days_left(lake: ValidLake, layer: str, table: str) -> list[date]:
    return [day for day in DAYS if lake.path(layer, table, day).exists()]


def files(root: Path) -> set[str]:
    return {
        str(path.relative_to(root))
        for path in root.rglob("*")
        if path.is_file() and "ledger" not in path.name
    }


def kept(found: Pruning) -> dict[tuple[str, date | None, str], str]:
    return {(key.dataset, key.day, layer): why for (key, layer), why in found.kept.items()}


def test_days_before_the_last_n_go_and_their_folders_with_them(lake: ValidLake) -> None:
    """Of the last three days, today among them, raw stays; the layers after it, and dimensions, stay as they are."""
    before = files(lake.root)
    found = pruned(lake, raw=3)
    gone = before - files(lake.root)
    assert gone == {str(item.file.path.relative_to(lake.root)) for item in found.items}
    assert {path.split("/")[0] for path in gone} == {"raw"}
    assert days_left(lake, "raw", "pos_order_lines") == [MIDDLE, LAST]
    assert not lake.path("raw", "pos_order_lines", FIRST).parent.exists()
    assert lake.layout.raw("products", None).exists()
    assert found.by_layer()["raw"]["files"] == len(gone) == 7
    assert (found.by_layer()["raw"]["days"], found.by_layer()["raw"]["kept_from"]) == (1, "2025-12-23")
    assert not found.kept


def test_the_lake_still_validates(lake: ValidLake) -> None:
    pruned(lake, raw=1, clean=2)
    checked = LakeSettings(_env_file=None, data_lake_root=lake.root, timezone="Asia/Jakarta")
    report = run_validation(checked, SetClock(NOW), Console(quiet=True), [], None, None)
    assert report.findings == ()


def test_a_plan_changes_nothing(lake: ValidLake) -> None:
    before = files(lake.root)
    assert plan(lake, raw=1, clean=1, star=1).items
    assert files(lake.root) == before


def test_nothing_set_keeps_everything_for_ever(lake: ValidLake) -> None:
    assert plan(lake).items == ()


def _no_star(lake: ValidLake) -> None:
    lake.path("star-schema", "fact_payments", FIRST).unlink()


def _damaged_star(lake: ValidLake) -> None:
    path = lake.path("star-schema", "fact_sales", FIRST)
    body = bytearray(path.read_bytes())
    body[20:60] = bytes(40)
    path.write_bytes(body)


def _newer_raw(lake: ValidLake) -> None:
    lake.write_day("pos", FIRST, layers=("raw",), read_at=READ_AT + timedelta(hours=1))


def _under_way(lake: ValidLake) -> None:
    lake.change(PartitionKey("pos", FIRST), {"state": "extracted"})


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (_no_star, "missing or damaged, so this is all there is of it"),
        (_damaged_star, "missing or damaged, so this is all there is of it"),
        (_newer_raw, "newest reading is not in the star schema yet"),
        (_under_way, "it is being loaded"),
    ],
)
def test_what_figures_are_still_to_be_made_of_stays(lake: ValidLake, change: Any, reason: str) -> None:
    """Of that day only, and it is said why."""
    change(lake)
    found = pruned(lake, raw=3)
    assert days_left(lake, "raw", "pos_order_lines") == list(DAYS)
    assert days_left(lake, "raw", "inventory_moves") == [MIDDLE, LAST]
    assert [(where, reason in why) for where, why in kept(found).items()] == [(("pos", FIRST, "raw"), True)]
    assert reason in pruning_words(found, dry_run=False)


def test_the_proof_that_nothing_was_in_stock_stays(lake: ValidLake) -> None:
    """A snapshot without rows looks like a reconstruction but for its clean file."""
    lake.rows["clean", "stock_quants", FIRST] = lake.rows[
        "star-schema", "fact_stock_on_hand_snapshot", FIRST
    ] = []
    lake.write_day("stock-quants", FIRST)
    found = pruned(lake, clean=3)
    assert days_left(lake, "clean", "stock_quants") == list(DAYS)
    assert list(kept(found)) == [("stock-quants", FIRST, "clean")]


def test_figures_go_whole_and_the_ledger_forgets_them(lake: ValidLake) -> None:
    """All layers of the day, so that nothing is made again from what is left; purchases stay, for costs."""
    found = pruned(lake, star=2)
    assert days_left(lake, "star-schema", "fact_sales") == [LAST]
    assert days_left(lake, "raw", "pos_order_lines") == days_left(lake, "clean", "pos_order_lines") == [LAST]
    assert days_left(lake, "star-schema", "fact_product_cost_events") == list(DAYS)
    assert set(kept(found)) == {("purchases", day, "star-schema") for day in (FIRST, MIDDLE)}
    checked = LakeSettings(_env_file=None, data_lake_root=lake.root, timezone="Asia/Jakarta")
    report = run_validation(checked, SetClock(NOW), Console(quiet=True), [], None, None)
    assert report.findings == ()


def test_a_day_that_is_asked_for_meanwhile_keeps_its_figures(lake: ValidLake) -> None:
    found = plan(lake, star=3)
    _under_way(lake)
    prune(lake.layout, lake.ledger, found)
    assert days_left(lake, "star-schema", "fact_sales") == list(DAYS)
    assert days_left(lake, "star-schema", "fact_inventory_moves") == [MIDDLE, LAST]


def test_a_file_replaced_meanwhile_stays(lake: ValidLake) -> None:
    found = plan(lake, raw=3)
    _newer_raw(lake)
    prune(lake.layout, lake.ledger, found)
    assert days_left(lake, "raw", "pos_order_lines") == list(DAYS)


def test_rejected_rows_have_a_time_of_their_own(lake: ValidLake) -> None:
    schema = pa.schema([("id", pa.int64())])
    for day in DAYS:
        path = lake.layout.rejected("pos_payments", day)
        write_table(path, pa.table({"id": [1]}, schema), schema, Stamp(version_of(READ_AT), "run"))
    pruned(lake, clean=1)
    assert all(lake.layout.rejected("pos_payments", day).exists() for day in DAYS)
    pruned(lake, rejected=2)
    assert [day for day in DAYS if lake.layout.rejected("pos_payments", day).exists()] == [LAST]


def test_left_overs_go_after_a_day_and_chunks_when_the_bus_has_lost_the_others(lake: ValidLake) -> None:
    sales = lake.path("star-schema", "fact_sales", FIRST).parent
    old, young = sales / ".tmp-old", sales / ".tmp-young"
    waiting, lost = (lake.layout.staging("pos", "2025-12-24", n) / "000001.arrow" for n in (1, 2))
    for path, hours in ((old, 25), (young, 23), (waiting, 47), (lost, 49)):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x" * 10)
        moment = NOW.timestamp() - hours * 3600
        os.utime(path, (moment, moment))
        if path in (waiting, lost):
            os.utime(path.parent, (moment, moment))
    found = pruned(lake)
    assert {left.path.name: left.size for left in found.left_overs} == {".tmp-old": 10, "2": 10}
    assert [path.exists() for path in (old, young, waiting, lost.parent)] == [False, True, True, False]


def test_words() -> None:
    assert [size(n) for n in (0, 999, 1000, 2_500_000)] == ["0 bytes", "999 bytes", "1.0 kB", "2.5 MB"]


def test_words_say_what_goes(lake: ValidLake) -> None:
    words = pruning_words(plan(lake, raw=3), dry_run=True)
    assert words.startswith("Would remove 7 files of 1 day from raw (")
    assert words.endswith("): everything before 2025-12-23.")
    assert pruning_words(plan(lake), dry_run=True) == "Nothing is older than the settings say."


@pytest.fixture
def environment(lake: ValidLake, monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    monkeypatch.chdir(lake.root.parent)
    monkeypatch.setenv("DATA_LAKE_ROOT", str(lake.root))
    for name in [name for name in os.environ if name.startswith("NK_")]:
        monkeypatch.delenv(name)
    return monkeypatch


def test_the_command(lake: ValidLake, environment: pytest.MonkeyPatch) -> None:
    """By today's date, of which the lake of 2025 knows nothing; figures are kept for ever by default."""
    environment.setenv("NK_RETENTION_RAW_DAYS", "1")
    environment.setenv("NK_RETENTION_CLEAN_DAYS", "")
    before = files(lake.root)
    dry = json.loads(CliRunner().invoke(__main__.app, ["prune", "--dry-run", "--json"]).stdout)
    assert files(lake.root) == before
    done = CliRunner().invoke(__main__.app, ["prune", "--json"])
    assert (done.exit_code, json.loads(done.stdout)) == (0, dry | {"dry_run": False})
    assert dry["removed"].keys() == {"raw"}
    assert not any(lake.path("raw", "pos_orders", day).exists() for day in DAYS)
    assert "Nothing is older" in CliRunner().invoke(__main__.app, ["prune"]).stdout


def test_figures_of_the_window_cannot_be_pruned(environment: pytest.MonkeyPatch) -> None:
    """They would be read from Odoo again at once."""
    environment.setenv("NK_RETENTION_STAR_DAYS", "34")
    with pytest.raises(ConfigurationError, match="NK_RETENTION_STAR_DAYS is less than NK_INITIAL_DAYS"):
        load(RetentionSettings)
    environment.setattr("sys.argv", ["nk", "prune"])
    with pytest.raises(SystemExit) as ended:
        __main__.main()
    assert ended.value.code == EXIT_CONFIGURATION
