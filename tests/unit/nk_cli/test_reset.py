"""`nk reset --from STAGE`: what was made from a stage goes, the ledger asks for it again, and what cannot be made
again stays."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Iterator
from datetime import date, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from nk_cli import __main__
from nk_cli.housekeeping.rebuild import rebuild_ledger
from nk_cli.housekeeping.refusal import RefusedError
from nk_cli.housekeeping.reset import Reset, plan_reset, reset
from nk_cli.housekeeping.running import at_work, is_alive, refuse_while_running
from nk_cli.housekeeping.stages import Stage
from nk_cli.settings import UpSettings
from nk_common.datasets.base import PartitionKey
from nk_common.ledger.engine import open_ledger
from nk_common.ledger.models import PartitionRow
from nk_common.ledger.reader import LedgerReader
from nk_common.ledger.writer import LedgerWriter
from support.clock import SetClock
from support.system import free_port
from support.valid_lake import DAYS, NOW, ValidLake

FIRST, MIDDLE, LAST = DAYS
TODAY = date(2025, 12, 25)
LATER = NOW + timedelta(hours=1)


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("template") / "lake"
    lake = ValidLake(root)
    lake.write_all()
    (root / "metadata" / "ledger.db").unlink()
    rebuild_ledger(lake.layout, lake.ledger, SetClock(NOW))
    return root


def planned(lake: ValidLake, stage: Stage) -> Reset:
    return plan_reset(lake.layout, stage, TODAY, NOW, [lake.root.parent / "serving.duckdb"])


def done(lake: ValidLake, stage: Stage) -> Reset:
    plan = planned(lake, stage)
    assert reset(lake.layout, lake.ledger, plan, SetClock(LATER)) == set()
    return plan


def rows(lake: ValidLake) -> dict[PartitionKey, PartitionRow]:
    engine = open_ledger(lake.ledger)
    found = LedgerReader(engine).partitions(date.min, date.max)
    engine.dispose()
    return {PartitionKey.parse(row.dataset, row.day): row for row in found}


def layers(lake: ValidLake, dataset_table: dict[str, str]) -> dict[str, list[date]]:
    """Days of which each layer has the file of its table."""
    return {
        layer: [day for day in DAYS if lake.path(layer, table, day).exists()]
        for layer, table in dataset_table.items()
    }


POS = {"raw": "pos_order_lines", "clean": "pos_order_lines", "star-schema": "fact_sales"}
STOCK = {"raw": "stock_quants", "clean": "stock_quants", "star-schema": "fact_stock_on_hand_snapshot"}


@pytest.mark.parametrize(
    ("stage", "left", "state", "rebuild"),
    [
        ("odoo", {"raw": [], "clean": [], "star-schema": []}, "requested", None),
        ("raw", {"raw": list(DAYS), "clean": [], "star-schema": []}, "extracted", "clean"),
        ("clean", {"raw": list(DAYS), "clean": list(DAYS), "star-schema": []}, "cleaned", "load"),
    ],
)
def test_what_comes_after_the_stage_goes_and_is_asked_for_again(
    lake: ValidLake, stage: Stage, left: dict[str, list[date]], state: str, rebuild: str | None
) -> None:
    """Of every partition, dimensions too; the ledger no longer calls loaded what is gone."""
    before = rows(lake)
    done(lake, stage)
    assert layers(lake, POS) == left
    assert not lake.layout.star("dim_products", None).exists()
    found = rows(lake)
    asked = {
        key: row for key, row in found.items() if row.state != "loaded" and key.dataset != "stock-quants"
    }
    assert len(asked) == 3 * 4 + 11
    assert {(row.state, row.rebuild) for row in asked.values()} == {(state, rebuild)}
    assert {(row.loaded_version, row.lines, row.as_of) for row in asked.values()} == {(None, None, None)}
    if rebuild:
        assert all(row.version > before[key].version for key, row in asked.items())


def test_the_extractor_takes_it_from_there(lake: ValidLake) -> None:
    """After its start it asks for everything unfinished; the run says how far that is."""
    done(lake, "clean")
    engine = open_ledger(lake.ledger, writer=True)
    asked = LedgerWriter(engine).claim(LATER.date(), LATER, room=100)
    (run,) = LedgerReader(engine).runs()
    engine.dispose()
    assert {row.rebuild for row in asked} == {"load"}
    assert (run.run.kind, run.run.total, run.done, run.running) == ("reset", 26, 0, 26)
    assert {row.run_id for row in asked} == {run.run.id}


def test_derived_days_are_derived_once_more_in_place(lake: ValidLake) -> None:
    """Whether a reconstruction succeeds a second time nobody knows, so what is there stays until it does."""
    stock = lake.rows["star-schema", "fact_stock_on_hand_snapshot", FIRST]
    stock[0] |= {"reconstructed": True}
    lake.write_day("stock-quants", FIRST, layers=("star-schema",))
    lake.change(PartitionKey("stock-quants", FIRST), {"inputs": "known"})
    lake.change(PartitionKey("profit", FIRST), {"inputs": "known"})
    done(lake, "raw")
    assert layers(lake, STOCK)["star-schema"] == [FIRST]
    assert lake.path("star-schema", "agg_profit_daily", FIRST).exists()
    found = rows(lake)
    assert [found[PartitionKey(name, FIRST)].inputs for name in ("stock-quants", "profit")] == ["unknown"] * 2
    assert found[PartitionKey("profit", FIRST)].state == "loaded"


def test_a_snapshot_of_a_past_day_is_never_asked_of_odoo(lake: ValidLake) -> None:
    """It comes from raw, or from clean where raw is pruned; where both are, its star file stays."""
    lake.path("raw", "stock_quants", MIDDLE).unlink()
    for layer in ("raw", "clean"):
        lake.path(layer, "stock_quants", LAST).unlink()
    plan = done(lake, "odoo")
    assert layers(lake, STOCK) == {"raw": [FIRST], "clean": [MIDDLE], "star-schema": [LAST]}
    found = rows(lake)
    assert [found[PartitionKey("stock-quants", day)].rebuild for day in DAYS] == ["clean", "load", None]
    assert plan.kept == (PartitionKey("stock-quants", LAST),)


def _no_raw(lake: ValidLake) -> None:
    lake.path("raw", "pos_payments", FIRST).unlink()


def _damaged_raw(lake: ValidLake) -> None:
    path = lake.path("raw", "pos_payments", FIRST)
    body = bytearray(path.read_bytes())
    body[20:60] = bytes(40)
    path.write_bytes(body)


@pytest.mark.parametrize("change", [_no_raw, _damaged_raw])
def test_what_cannot_be_made_again_stays_as_it_is(lake: ValidLake, change: Any) -> None:
    before = {
        path: path.read_bytes() for path in lake.root.rglob("*_2025-12-22.parquet") if "pos" in path.name
    }
    change(lake)
    plan = done(lake, "raw")
    assert plan.kept == (PartitionKey("pos", FIRST),)
    assert layers(lake, POS)["star-schema"] == [FIRST]
    assert all(path.read_bytes() == body for path, body in before.items() if "raw" not in str(path))
    assert rows(lake)[PartitionKey("pos", FIRST)].state == "loaded"
    assert "raw does not hold it whole" in plan.why_kept


def test_what_is_on_its_way_stays(lake: ValidLake) -> None:
    """What is being read is newer than anything that lies there."""
    lake.change(PartitionKey("pos", FIRST), {"state": "extracting"})
    plan = planned(lake, "clean")
    assert reset(lake.layout, lake.ledger, plan, SetClock(LATER)) == {PartitionKey("pos", FIRST)}
    assert layers(lake, POS)["star-schema"] == [FIRST]
    assert rows(lake)[PartitionKey("pos", FIRST)].state == "extracting"


def test_from_star_only_the_serving_database_goes(lake: ValidLake) -> None:
    before = {path: path.stat().st_mtime_ns for path in lake.root.rglob("*.parquet")}
    (lake.root.parent / "serving.duckdb").write_bytes(b"cache")
    done(lake, "star")
    assert not (lake.root.parent / "serving.duckdb").exists()
    assert {path: path.stat().st_mtime_ns for path in lake.root.rglob("*.parquet")} == before
    assert {row.state for row in rows(lake).values()} == {"loaded"}


def test_broken_off_it_is_still_made_again(lake: ValidLake, monkeypatch: pytest.MonkeyPatch) -> None:
    """The ledger knows before anything is removed."""
    plan = planned(lake, "raw")
    monkeypatch.setattr(Path, "unlink", _full_stop)
    with pytest.raises(KeyboardInterrupt):
        reset(lake.layout, lake.ledger, plan, SetClock(LATER))
    monkeypatch.undo()
    assert rows(lake)[PartitionKey("pos", FIRST)].rebuild == "clean"


def _full_stop(*_: Any, **__: Any) -> None:
    raise KeyboardInterrupt


@pytest.fixture
def settings(lake: ValidLake, monkeypatch: pytest.MonkeyPatch) -> UpSettings:
    """As the command reads them: nothing runs at these ports."""
    monkeypatch.chdir(lake.root.parent)
    for name in [name for name in os.environ if name.startswith("NK_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("DATA_LAKE_ROOT", str(lake.root))
    for name in ("EXTRACTOR", "CLEANER", "LOADER", "QUERY_API"):
        monkeypatch.setenv(f"NK_{name}_PORT", str(free_port()))
    return UpSettings()


def run(*arguments: str, typed: str = "") -> tuple[int, str, str]:
    result = CliRunner().invoke(__main__.app, ["reset", *arguments], input=typed)
    return result.exit_code, result.stdout, result.stderr


@pytest.mark.usefixtures("settings")
def test_it_asks_first(lake: ValidLake) -> None:
    before = set(lake.root.rglob("*.parquet"))
    assert run("--from", "raw", typed="n\n")[0] == 1
    assert set(lake.root.rglob("*.parquet")) == before
    code, said, _ = run("--from", "raw", typed="y\n")
    assert (code, "Start nkdash" in said) == (0, True)
    assert layers(lake, POS)["star-schema"] == []


@pytest.mark.usefixtures("settings")
def test_a_dry_run_says_the_same_and_changes_nothing(lake: ValidLake) -> None:
    before = set(lake.root.rglob("*.parquet"))
    code, said, _ = run("--from", "clean", "--dry-run", "--json")
    assert code == 0
    assert set(lake.root.rglob("*.parquet")) == before
    document = json.loads(said)
    assert (document["dry_run"], document["again"]) == (True, {"loaded": 26, "derived": 3})
    code, said, _ = run("--from", "clean", "--yes", "--json")
    assert (code, json.loads(said)) == (0, document | {"dry_run": False})


def test_an_unknown_stage_is_wrong_usage() -> None:
    assert run("--from", "tuesday")[0] == 2


class _Alive(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b'{"status":"alive"}' if self.path == "/healthz" else b"{}")

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@pytest.fixture
def alive() -> Iterator[int]:
    """The port of something that says of itself that it is one of our services."""
    server = HTTPServer(("127.0.0.1", 0), _Alive)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server.server_port
    server.shutdown()
    thread.join()
    server.server_close()


def test_it_refuses_while_a_service_runs(
    lake: ValidLake, settings: UpSettings, alive: int, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    assert at_work(settings) == []
    monkeypatch.setenv("NK_LOADER_PORT", str(alive))
    monkeypatch.setattr("sys.argv", ["nk", "reset", "--from", "raw", "--yes"])
    with pytest.raises(SystemExit) as ended:
        __main__.main()
    assert ended.value.code == 1
    assert "nkdash is running (loader): days that are on their way" in capsys.readouterr().err
    assert layers(lake, POS)["star-schema"] == list(DAYS)


def test_another_program_at_the_port_is_none_of_ours(alive: int) -> None:
    assert is_alive("127.0.0.1", alive)
    assert not is_alive("127.0.0.1", free_port())


def test_in_containers_services_are_looked_for_by_name() -> None:
    settings = UpSettings.model_validate({"http_host": "0.0.0.0", "loader_port": 9})
    with pytest.raises(RefusedError, match=r"running \(loader\): it would be unsafe"):
        refuse_while_running(settings, "it would be unsafe", lambda host, port: (host, port) == ("loader", 9))
