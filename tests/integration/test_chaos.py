"""Any process may die anywhere: what is in the lake afterwards is what an undisturbed run leaves."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pyarrow as pa
import pytest

from nk_demo.server import DemoServer
from support.kafka import post
from support.shop_clock import last_days
from support.system import WORKERS, System, running

DAYS = 35
START, END = last_days(DAYS)
DATASETS = ("pos", "invoice-sales", "purchases", "inventory-moves", "stock-quants", "profit")
BACKFILL = {
    "type": "backfill", "datasets": [*DATASETS, "dimensions"], "start": str(START), "end": str(END)
}  # fmt: skip


@pytest.fixture(scope="module")
def undisturbed(demo: DemoServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, pa.Table]]:
    """The star schema after a backfill in which nothing happens."""
    with running(tmp_path_factory.mktemp("undisturbed"), demo) as system:
        post(system.broker_port, "nk.control.v1", BACKFILL)
        system.wait_loaded(START, END, *DATASETS)
        yield system.star(START, END, *DATASETS)


def assert_same(found: dict[str, pa.Table], expected: dict[str, pa.Table]) -> None:
    """Byte for byte the same content, table by table."""
    assert found.keys() == expected.keys()
    for name, table in expected.items():
        assert found[name].equals(table), f"{name} differs"


@pytest.mark.parametrize("seed", [1, 2])
def test_kill_9_of_services_and_broker_during_a_backfill(
    demo: DemoServer, tmp_path: Path, undisturbed: dict[str, pa.Table], seed: int
) -> None:
    """Random victims at random moments, each restarted: no missing day, no doubled row."""
    chance = random.Random(seed)
    with running(tmp_path, demo) as system:
        post(system.broker_port, "nk.control.v1", BACKFILL)
        for victim in chance.sample([*WORKERS, *WORKERS, "broker"], 7):
            time.sleep(chance.uniform(0.05, 2.5))
            system.kill(victim)
            system.restart(victim)
        if not _command_arrived(system):
            # The embedded broker may have died with the command still in its memory; whoever posted it
            # sees no run, and posts it again.
            post(system.broker_port, "nk.control.v1", BACKFILL)
        system.wait_loaded(START, END, *DATASETS, patience=240)
        assert_same(system.star(START, END, *DATASETS), undisturbed)


@pytest.mark.parametrize("victim", WORKERS)
def test_kill_9_again_and_again_of_one_service(
    demo: DemoServer, tmp_path: Path, undisturbed: dict[str, pa.Table], victim: str
) -> None:
    with running(tmp_path, demo) as system:
        post(system.broker_port, "nk.control.v1", BACKFILL)
        for _ in range(3):
            time.sleep(2.0)
            system.kill(victim)
            system.restart(victim)
        system.wait_loaded(START, END, *DATASETS, patience=240)
        assert_same(system.star(START, END, *DATASETS), undisturbed)


def test_two_backfills_at_once_and_days_out_of_order(
    demo: DemoServer, tmp_path: Path, undisturbed: dict[str, pa.Table]
) -> None:
    """The same range twice at once, then single days newest first, then oldest first."""
    with running(tmp_path, demo) as system:
        forced = {**BACKFILL, "force": True}
        post(system.broker_port, "nk.control.v1", forced, forced)
        backwards = sorted(_days(), reverse=True)[::3]
        single = [
            {**forced, "datasets": [*DATASETS], "start": str(d), "end": str(d)}
            for d in backwards + backwards[::-1]
        ]
        post(system.broker_port, "nk.control.v1", *single)
        system.wait_loaded(START, END, *DATASETS, patience=240)
        assert_same(system.star(START, END, *DATASETS), undisturbed)


def _days() -> list[date]:
    return [date.fromordinal(START.toordinal() + n) for n in range(DAYS)]


def _command_arrived(system: System) -> bool:
    system.ready("extractor")
    with system.ledger() as ledger:
        return any(progress.run.kind == "backfill" for progress in ledger.runs())
