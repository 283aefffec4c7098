"""What operators did before, done with what there is now: the real `nk` beside a running system.

docs/operations.md ("What these replace") names the test of every row of the old runbook; rows that have one elsewhere
are not repeated here.
"""

from __future__ import annotations

import json
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import polars as pl
import pytest

from nk_common.datasets import DAILY, WHOLES
from nk_common.ledger.models import PartitionRow
from nk_demo.server import DemoServer
from nk_demo.settings import DEMO_KEY
from support.shop_clock import last_days, shop_today
from support.system import WORKERS, System, running, wait_until

FIRST, LAST = last_days(2)
RANGE = ("--start", str(FIRST), "--end", str(LAST))
DAY = ("--start", str(LAST), "--end", str(LAST))
ROW = f"{FIRST}/{LAST}"


@pytest.fixture(scope="module")
def system(demo: DemoServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """Nobody asks for anything but today, which catch-up loads (so did `catch_up_etl`), and these tests."""
    folder = tmp_path_factory.mktemp("runbook")
    with running(folder, demo, (*WORKERS, "query-api"), NK_LOG_FORMAT="json") as system:
        system.wait_loaded(shop_today(), shop_today(), "pos", "stock-quants")
        yield system


def nk(system: System, *words: str, code: int = 0, patience: float = 60) -> str:
    """What it says; an AssertionError when it ends otherwise."""
    process = system.nk(*words)
    out, err = process.communicate(timeout=patience)
    assert process.returncode == code, f"nk {' '.join(words)} ended with {process.returncode}\n{out}\n{err}"
    assert DEMO_KEY not in out + err
    return out or err


def at_once(system: System, *commands: tuple[str, ...], code: int = 0) -> list[str]:
    """What each says; they run side by side."""
    processes = [system.nk(*words) for words in commands]
    ended = [(*process.communicate(timeout=60), process.returncode) for process in processes]
    assert [returned for _, _, returned in ended] == [code] * len(commands), ended
    return [out or err for out, err, _ in ended]


def document(system: System, *words: str, code: int = 0) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(nk(system, *words, "--json", code=code))
    return found


def row(system: System, dataset: str, day: object) -> PartitionRow:
    return system.partitions(dataset)[str(day)]


def loaded_anew(system: System, dataset: str, day: object, *words: str) -> None:
    """The command reads the partition once more, and says so."""
    before = row(system, dataset, day).loaded_version or 0
    found = document(system, *words)
    assert (found["state"], found["done"], found["failures"]) == ("done", 1, [])
    assert (row(system, dataset, day).loaded_version or 0) > before


def test_a_range_of_days(system: System) -> None:
    """`date_range_etl_pipeline(start, end)`: every dataset that has days, derived ones too; a second time there is
    nothing to do."""
    found = document(system, "backfill", *RANGE, "--reason", "as before")
    assert (found["state"], found["done"], found["total"]) == ("done", 2 * len(DAILY), 2 * len(DAILY))
    states = {(one.name, row(system, one.name, day).state) for one in DAILY for day in (FIRST, LAST)}
    assert states == {(one.name, "loaded") for one in DAILY}
    assert "Nothing was to be done" in nk(system, "backfill", *RANGE)


def test_a_day_by_force(system: System) -> None:
    """`force_refresh_pos_data.py --targets ...`, `force_refresh_purchase_data.py` and `etl_runner.py`."""
    targets = ("pos", "invoice-sales", "inventory-moves", "purchases")
    before = {name: row(system, name, LAST).loaded_version or 0 for name in targets}
    command = ("backfill", *DAY, "--force", "--json", "--dataset")
    for answer in at_once(system, *((*command, name) for name in targets)):
        found = json.loads(answer)
        assert (found["state"], found["done"], found["failures"]) == ("done", 1, [])
    assert all((row(system, name, LAST).loaded_version or 0) > before[name] for name in targets)


def test_stock_by_force(system: System) -> None:
    """`force_refresh_stock_quants.py`, and the snapshot of 07:00 by hand."""
    loaded_anew(system, "stock-quants", shop_today(), "snapshot-stock")


def test_lists_as_they_changed(system: System) -> None:
    """`refresh_dimensions_incremental(targets)`."""
    loaded_anew(system, "products", "whole", "refresh-dimensions", "products")


def test_lists_by_force(system: System) -> None:
    """`force_refresh_dimensions.py`: all of them, every record."""
    found = document(system, "refresh-dimensions", "--full")
    assert (found["state"], found["done"]) == ("done", len(WHOLES))
    assert row(system, "partners", "whole").reason == "full-refresh"


@pytest.mark.parametrize("stage", ["raw", "clean"])
def test_later_stages_alone(system: System, stage: str) -> None:
    """The tasks clean and update_star one by one: what Odoo said stays, and is loaded again."""
    before = row(system, "pos", LAST)
    found = document(system, "backfill", *DAY, "--dataset", "pos", "--from-stage", stage)
    after = row(system, "pos", LAST)
    assert (found["state"], found["done"]) == ("done", 1)
    assert after.as_of == before.as_of
    assert after.started_at is not None
    assert before.started_at is not None
    assert after.started_at > before.started_at


def test_how_everything_is(system: System) -> None:
    """`health_check`, `celery inspect`, `redis-cli KEYS etl:*`: all is well; what ran, what waits, and who said so."""
    api = system.url("query-api")
    health = f"{api}/v1/pipeline/health"
    wait_until(lambda: httpx.get(health, timeout=10).json()["state"] == "healthy", 60, "all is healthy")
    assert document(system, "status")["state"] == "healthy"
    runs = httpx.get(f"{api}/v1/pipeline/runs", timeout=10).json()["runs"]
    assert {"backfill", "refresh-dimensions", "snapshot-stock"} <= {run["kind"] for run in runs}
    assert "as before" in {run["reason"] for run in runs}
    assert httpx.get(f"{api}/v1/pipeline/lag", timeout=20).json()["groups"]
    for service in WORKERS:
        assert "nk_" in httpx.get(f"{system.url(service)}/metrics", timeout=10).text
    told = [json.loads(line) for line in system.log("cleaner").splitlines() if line.startswith("{")]
    about = [one for one in told if one.get("dataset") == "pos" and one.get("day") == str(LAST)]
    assert {one["run"] for one in about} <= {run["run_id"] for run in runs}
    assert about


def test_rows_are_counted_and_looked_at(system: System) -> None:
    """Row counts and samples with polars: by `nk validate`, by the catalogue, and still with polars."""
    assert document(system, "validate", "--dataset", "pos", *RANGE)["failed"] is False
    answer = httpx.get(f"{system.url('query-api')}/v1/catalog", timeout=10).json()
    assert "fact_sales" in {table["name"] for table in answer["tables"]}
    layout = "star-schema/fact_sales/**/*.parquet"
    sales = pl.read_parquet(system.lake / layout).filter(pl.col("date").dt.date() == LAST)
    assert sales.height == row(system, "pos", LAST).lines


def test_odoo_is_looked_at(system: System) -> None:
    """`odoorpc_connector.get_odoo_connection().db.list()`."""
    found = document(system, "odoo", "check")
    assert (found["databases"], found["missing"]) == (["nk"], [])


def test_days_are_compared_with_odoo(system: System) -> None:
    """What nobody could do before: figures of the lake and Odoo's own."""
    found = document(system, "reconcile", *DAY, "--dataset", "pos", "--dataset", "purchases")
    assert (found["is_proof"], found["total"]) == (True, 2)


def test_everything_can_be_asked_first(system: System) -> None:
    """Nothing is done by it."""
    plans: dict[tuple[str, ...], dict[str, list[str]]] = {
        ("backfill", *RANGE, "--dataset", "pos"): {},
        ("backfill", *RANGE, "--dataset", "pos", "--force"): {"pos": [ROW]},
        ("refresh-dimensions", "lots", "taxes"): {"lots": ["whole"], "taxes": ["whole"]},
        ("snapshot-stock",): {"stock-quants": [str(shop_today())]},
        ("reconcile", *RANGE, "--dataset", "pos"): {"pos": [ROW]},
        ("pause", "pos"): {},
        ("resume", "pos"): {},
    }
    with system.ledger() as ledger:
        before = len(ledger.runs(1000))
        answers = at_once(system, *((*words, "--dry-run", "--json") for words in plans))
        assert [json.loads(answer)["plan"] for answer in answers] == list(plans.values())
        assert len(ledger.runs(1000)) == before
        assert ledger.paused() == []


def test_what_waits_is_not_waited_for_and_can_be_taken_back(system: System) -> None:
    """Instead of `celery purge`: ask what a cancellation would take back, cancel, and go on."""
    nk(system, "pause", "pos", "--reason", "stock taking")
    wait_until(lambda: _paused(system) == ["pos"], 20, "pos is paused")
    asked = document(system, "backfill", *RANGE, "--dataset", "pos", "--force", code=1)
    assert "nk resume pos" in asked["no_longer_waited_for"]
    run = asked["run_id"]
    assert document(system, "cancel", run, "--dry-run")["plan"] == {"pos": [ROW]}
    nk(system, "cancel", run)
    wait_until(lambda: row(system, "pos", LAST).state == "loaded", 20, "the days are as they were")
    nk(system, "resume", "pos")
    wait_until(lambda: _paused(system) == [], 20, "pos goes on")


def test_what_cannot_be_meant_is_said(system: System) -> None:
    """By `nk` itself, or by the extractor, which alone knows the runs."""
    words = {
        ("cancel", "no-such-run", "--dry-run"): "There is no run 'no-such-run'",
        ("backfill", *DAY, "--dataset", "receipts"): "There is no dataset 'receipts'",
        ("refresh-dimensions", "pos"): "use a backfill",
    }
    for answer, says in zip(at_once(system, *words, code=2), words.values(), strict=True):
        assert says in answer


def test_the_pipeline_is_watched(system: System) -> None:
    """Logs in a terminal: what happens to a run, until Ctrl-C, which is a good end."""
    watching = system.nk("watch", "--json")
    assert watching.stderr is not None
    assert "Watching" in watching.stderr.readline()
    nk(system, "refresh-dimensions", "taxes", "--reason", "to be watched")
    watching.send_signal(signal.SIGINT)
    out, _ = watching.communicate(timeout=20)
    assert watching.returncode == 0
    seen = {
        (one["stage"], one["outcome"])
        for one in map(json.loads, out.splitlines())
        if one["dataset"] == "taxes"
    }
    assert {("extract", "completed"), ("clean", "completed"), ("load", "completed")} <= seen


def test_without_a_bus_it_is_said(tmp_path: Path, system: System) -> None:
    """69: nothing was posted, and nothing is the matter with what was typed."""
    away = System(tmp_path)
    away.ports["query-api"] = 9
    commands = [("backfill", *DAY, "--no-wait"), ("watch",), ("status",)]
    bus, *api = at_once(away, *commands, code=69)
    assert "The bus cannot be reached" in bus
    assert all("does not answer" in words for words in api)


def _paused(system: System) -> list[str]:
    with system.ledger() as ledger:
        return [one.dataset for one in ledger.paused()]
