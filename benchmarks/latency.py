"""From the live demo selling an order to its amount in `/v1/sales/summary`.

Two parts: until the extractor notices (its watch interval decides), and from there until the API answers
with it. The second must take at most 3 s (p95).
"""

from __future__ import annotations

import re
import statistics
import tempfile
import time
from datetime import datetime
from pathlib import Path

import httpx
from rich.table import Table

from benchmarks.demo import demo, odoo_environment, post
from support.system import WORKERS, System, running, wait_until

SALES = 30
WATCH_INTERVAL = 2.0


def run() -> Table:
    """Sell one order at a time and wait until the API shows it."""
    table = Table(title=f"From a sale in Odoo to its amount in /v1/sales/summary, {SALES} sales")
    for column in ("part", "median s", "p95 s", "max s"):
        table.add_column(column, justify="right")
    with (
        tempfile.TemporaryDirectory() as folder,
        demo(Path(folder), days=40) as port,
        running(
            Path(folder),
            None,
            (*WORKERS, "query-api"),
            NK_WATCH="1",
            NK_WATCH_INTERVAL=str(WATCH_INTERVAL),
            **odoo_environment(port),
        ) as system,
    ):
        wait_until(lambda: revenue(system) is not None, 60, "today is loaded")
        samples = [_sell_and_wait(system, port) for _ in range(SALES)]
    parts = {
        f"sale to noticed (watch every {WATCH_INTERVAL:.0f} s)": [noticed for noticed, _ in samples],
        "noticed to answered": [answered for _, answered in samples],
        "sale to answered": [noticed + answered for noticed, answered in samples],
    }
    for name, values in parts.items():
        p95 = statistics.quantiles(values, n=20)[-1]
        table.add_row(name, f"{statistics.median(values):.2f}", f"{p95:.2f}", f"{max(values):.2f}")
    return table


def _sell_and_wait(system: System, port: int) -> tuple[float, float]:
    """Seconds until noticed, and from noticed until answered."""
    sold = time.time()
    answered = sold + sell_and_wait(system, port)
    noticed = _last_noticed(system)
    return noticed - sold, answered - noticed


def sell_and_wait(system: System, port: int, patience: float = 60) -> float:
    """Seconds from a sale in Odoo until the API answers with it."""
    before = revenue(system)
    sold = time.monotonic()
    post(port, "/demo/sell", {"n": 1})
    while revenue(system) == before:
        if time.monotonic() - sold > patience:
            raise AssertionError(f"A sale did not reach the API within {patience:.0f} s.")
        time.sleep(0.02)
    return time.monotonic() - sold


def revenue(system: System) -> float | None:
    """Today's revenue; None while today is not loaded."""
    answer = httpx.get(f"{system.url('query-api')}/v1/sales/summary?source=pos", timeout=5)
    kpis = answer.raise_for_status().json()["kpis"]
    value: float | None = next(k["value"] for k in kpis if k["slug"] == "revenue")
    return value


def _last_noticed(system: System) -> float:
    """When the change watch last said that it saw something, from the extractor's log."""
    lines = [line for line in system.log("extractor").splitlines() if '"changes noticed"' in line]
    stamp = re.search(r'"timestamp": "([^"]+)"', lines[-1])
    if stamp is None:
        raise AssertionError("The extractor's log has no time stamps.")
    return datetime.fromisoformat(stamp.group(1)).timestamp()
