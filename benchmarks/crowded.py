"""Three years of five datasets asked for at once, beside a shop that goes on selling.

`python -m benchmarks crowded`, with KAFKA=embedded or KAFKA=apache. How long planning takes, how long a sale takes to
the API meanwhile, whether ledger and page stay quick, and how soon nothing more is begun after a cancel (issue 6).
"""

from __future__ import annotations

import os
import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
from rich.table import Table

from benchmarks.demo import demo, odoo_environment
from benchmarks.latency import revenue, sell_and_wait
from nk_common.ledger.states import UNFINISHED
from support import kafka
from support.shop_clock import shop_today
from support.system import WORKERS, System, kafka_kind, running, wait_until

DATASETS = ("pos", "invoice-sales", "purchases", "inventory-moves", "profit")
DAYS = int(os.environ.get("NK_BENCH_DAYS", "1095"))
ORDERS_PER_DAY = 400
SALES = 20
WATCH_INTERVAL = 15.0
"""As it is when nobody sets it."""
RUN = "three years"
PATIENCE = 120


def run() -> Table:
    """One command, sales beside it, and the cancel."""
    table = Table(title=f"{DAYS} days x {len(DATASETS)} datasets asked for at once, {kafka_kind()}")
    for column in ("what", "median", "p95", "max", "target"):
        table.add_column(column, justify="right")
    environment = {"NK_WATCH": "1", "NK_WATCH_INTERVAL": str(WATCH_INTERVAL), "NK_STALL_AFTER": "120"}
    with (
        tempfile.TemporaryDirectory() as folder,
        demo(Path(folder), days=DAYS + 5, orders_per_day=ORDERS_PER_DAY) as port,
        running(
            Path(folder), None, (*WORKERS, "query-api", "web"), **environment, **odoo_environment(port)
        ) as system,
    ):
        wait_until(lambda: revenue(system) is not None, 120, "today is loaded")
        _row(table, "command to planned, s", [_plan(system)], "2")
        samples: dict[str, list[float]] = {"sale to API, s": [], "grid of the API, s": [], "page, s": []}
        for _ in range(SALES):
            samples["sale to API, s"].append(sell_and_wait(system, port, PATIENCE))
            samples["grid of the API, s"].append(_timed(lambda: _get(system, "query-api", _grid())))
            samples["page, s"].append(_timed(lambda: _get(system, "web", "/operational")))
        left = _unfinished(system)
        for name, values in samples.items():
            _row(table, name, values, "20" if name.startswith("sale") else "")
        _row(table, "cancel to last begun, s", [_cancel(system)], "5")
    table.caption = (
        f"{left} of {DAYS * len(DATASETS)} partitions had not been loaded when the run was taken back"
    )
    return table


def _row(table: Table, name: str, values: list[float], target: str) -> None:
    p95 = statistics.quantiles(values, n=20)[-1] if len(values) > 1 else values[0]
    table.add_row(name, *(f"{value:.2f}" for value in (statistics.median(values), p95, max(values))), target)


def _plan(system: System) -> float:
    """Seconds from posting the command until the API tells of the run and how many days it has."""
    end = shop_today() - timedelta(days=1)
    command = {
        "type": "backfill", "id": RUN, "datasets": DATASETS, "start": str(end - timedelta(days=DAYS - 1)),
        "end": str(end),
    }  # fmt: skip
    posted = time.monotonic()
    kafka.post(system.broker_port, "nk.control.v1", command)
    while not _run(system):
        time.sleep(0.02)
    return time.monotonic() - posted


def _run(system: System) -> dict[str, Any] | None:
    runs = _get(system, "query-api", "/v1/pipeline/runs").json()["runs"]
    return next((run for run in runs if run["run_id"] == RUN), None)


def _grid() -> str:
    end = shop_today()
    return f"/v1/pipeline/partitions?start={end - timedelta(days=365)}&end={end}"


def _get(system: System, service: str, path: str) -> httpx.Response:
    return httpx.get(f"{system.url(service)}{path}", timeout=30, follow_redirects=True).raise_for_status()


def _timed(action: Callable[[], object]) -> float:
    began = time.monotonic()
    action()
    return time.monotonic() - began


def _unfinished(system: System) -> int:
    with system.ledger() as ledger:
        return sum(row.state in UNFINISHED for row in ledger.day_states(DATASETS))


def _cancel(system: System) -> float:
    """Seconds from posting the cancel until the last reading was begun."""
    posted = datetime.now(UTC)
    kafka.post(system.broker_port, "nk.control.v1", {"type": "cancel", "run": RUN})
    today = posted.date().isoformat()
    wait_until(
        lambda: all(
            row.state not in UNFINISHED for row in system.partitions("pos").values() if row.day < today
        ),
        120, "nothing of the run is on its way",
    )  # fmt: skip
    begun = [
        row.started_at
        for dataset in DATASETS
        for row in system.partitions(dataset).values()
        if row.started_at and row.run_id == RUN
    ]
    return (max(begun) - posted).total_seconds()
