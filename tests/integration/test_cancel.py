"""A long backfill is taken back: within seconds nothing more is read, and what was loaded stays."""

from __future__ import annotations

import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

from nk_common.ledger.models import PartitionRow
from nk_common.ledger.states import UNFINISHED
from nk_demo.server import DemoServer
from support.kafka import post
from support.shop_clock import shop_today
from support.system import System, running, wait_until

LONGEST = timedelta(seconds=5)
"""After which nothing more may be begun (issue 6)."""
DATASETS = ("pos", "invoice-sales", "purchases")
DAYS = 390
STILL_SECONDS = 3


def test_a_long_backfill_is_taken_back(tmp_path: Path, demo: DemoServer) -> None:
    today = shop_today()
    command = {
        "type": "backfill", "id": "a year", "datasets": DATASETS, "start": str(today - timedelta(days=DAYS)),
        "end": str(today - timedelta(days=1)),
    }  # fmt: skip
    with running(tmp_path, demo) as system:
        post(system.broker_port, "nk.control.v1", command)
        wait_until(lambda: _states(system)["loaded"] >= 20, 60, "some days are loaded")
        cancelled = datetime.now(UTC)
        post(system.broker_port, "nk.control.v1", {"type": "cancel", "run": "a year"})
        wait_until(lambda: not any(_states(system)[s] for s in UNFINISHED), 60, "nothing is on its way")
        settled = _states(system)
        time.sleep(STILL_SECONDS)
        assert _states(system) == settled
        assert settled["cancelled"] > len(DATASETS) * DAYS / 2
        assert settled.total() == len(DATASETS) * DAYS
        last = max(row.started_at for row in _rows(system) if row.started_at)
        assert last - cancelled < LONGEST
        with system.ledger() as ledger:
            (run,) = [one for one in ledger.runs() if one.run.id == "a year"]
        assert (run.run.cancelled, run.done, run.running) == (settled["cancelled"], settled["loaded"], 0)


def _rows(system: System) -> list[PartitionRow]:
    return [
        row
        for dataset in DATASETS
        for day, row in system.partitions(dataset).items()
        if day < str(shop_today())
    ]


def _states(system: System) -> Counter[str]:
    return Counter(row.state for row in _rows(system))
