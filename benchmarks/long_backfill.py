"""Three years of every dataset through the whole pipeline: wall time, CPU, memory, and whether it slows down.

`python -m benchmarks long-backfill` with KAFKA=embedded or KAFKA=apache; NK_BENCH_DAYS (1,095) shortens it. The
demo Odoo runs beside it on the same cores and is counted apart.
"""

from __future__ import annotations

import os
import statistics
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path

import psutil
from rich.table import Table

from benchmarks.demo import demo_process, odoo_environment
from nk_cli.processes import Child
from nk_common.ledger.reader import LedgerReader
from support import kafka
from support.shop_clock import shop_today
from support.system import WORKERS, System, kafka_kind, running

DATASETS = ("pos", "invoice-sales", "purchases", "inventory-moves", "stock-quants")
DERIVED = ("profit",)
DAYS = int(os.environ.get("NK_BENCH_DAYS", "1095"))
ORDERS_PER_DAY = 400
PATIENCE = 3 * 3600.0
_TENTH = 10


@dataclass
class Use:
    """What one process used: CPU seconds, and resident MiB at every second."""

    cpu: float = 0.0
    memory: list[float] = field(default_factory=list)

    @property
    def early(self) -> float:
        """Median memory in the second tenth of the run, when caches are warm."""
        tenth = len(self.memory) // _TENTH
        return statistics.median(self.memory[tenth : 2 * tenth] or self.memory)

    @property
    def late(self) -> float:
        """Median memory in the last tenth."""
        return statistics.median(self.memory[-max(1, len(self.memory) // _TENTH) :])


class Meter(threading.Thread):
    """Looks at processes once a second."""

    def __init__(self, children: dict[str, Child]) -> None:
        super().__init__(daemon=True)
        self._processes = {name: psutil.Process(child.pid) for name, child in children.items()}
        self.uses = {name: Use() for name in children}
        self._over = threading.Event()

    def run(self) -> None:
        while not self._over.wait(1.0):
            for name, process in self._processes.items():
                family = [process, *process.children(recursive=True)]
                times = [one.cpu_times() for one in family if one.is_running()]
                self.uses[name].cpu = sum(t.user + t.system for t in times)
                self.uses[name].memory.append(sum(one.memory_info().rss for one in family) / 2**20)

    def stop(self) -> None:
        self._over.set()
        self.join()


def run() -> Table:
    """One backfill on the broker that KAFKA names."""
    table = Table(
        title=f"{DAYS} days x {len(DATASETS)} datasets, {ORDERS_PER_DAY} orders a day, {kafka_kind()}"
    )
    for column in ("process", "CPU s", "peak MiB", "MiB early", "MiB late"):
        table.add_column(column, justify="right")
    with tempfile.TemporaryDirectory() as folder, _system(Path(folder)) as (system, children):
        meter = Meter(children)
        meter.start()
        began = time.monotonic()
        start, end = _backfill(system)
        seconds = time.monotonic() - began
        meter.stop()
        with system.ledger() as ledger:
            first, last = _paces(ledger, start, end)
    for name, use in meter.uses.items():
        table.add_row(name, f"{use.cpu:.0f}", f"{max(use.memory):.0f}", f"{use.early:.0f}", f"{use.late:.0f}")
    table.caption = (
        f"{seconds:.0f} s in all, {seconds / DAYS * 1000:.0f} ms a day; the first tenth of the days took "
        f"{first * 1000:.0f} ms each, the last tenth {last * 1000:.0f} ms"
    )
    return table


@contextmanager
def _system(folder: Path) -> Iterator[tuple[System, dict[str, Child]]]:
    with (
        demo_process(folder, days=DAYS + 5, orders_per_day=ORDERS_PER_DAY) as (port, odoo),
        running(folder, None, WORKERS, NK_STALL_AFTER="600", **odoo_environment(port)) as system,
    ):
        yield system, {"demo Odoo": odoo, **system.children}


def _backfill(system: System) -> tuple[date, date]:
    """Post one command and wait until every day of every dataset, profit too, is loaded."""
    end = shop_today() - timedelta(days=1)
    start = end - timedelta(days=DAYS - 1)
    command = {"type": "backfill", "datasets": [*DATASETS, *DERIVED], "start": str(start), "end": str(end)}
    kafka.post(system.broker_port, "nk.control.v1", command)
    deadline = time.monotonic() + PATIENCE
    with system.ledger() as ledger:
        while time.monotonic() < deadline:
            states = [r for r in ledger.day_states([*DATASETS, *DERIVED]) if start <= r.day <= end]
            failed = [r for r in states if r.state == "failed"]
            if len(states) == DAYS * 6 and all(r.state == "loaded" for r in states):
                return start, end
            if len(failed) > DAYS:
                raise RuntimeError(f"{len(failed)} days failed, the first is {failed[0]}")
            time.sleep(2.0)
    raise RuntimeError("the backfill did not end")


def _paces(ledger: LedgerReader, start: date, end: date) -> tuple[float, float]:
    """Seconds per day of POS while the first and the last tenth of the days were loaded."""
    rows = ledger.partitions(start, end, ["pos"])
    loaded = sorted(r.loaded_at for r in rows if r.loaded_at and r.day != "whole")
    tenth = max(2, len(loaded) // _TENTH)
    early, late = loaded[:tenth], loaded[-tenth:]
    return tuple((part[-1] - part[0]).total_seconds() / (tenth - 1) for part in (early, late))  # type: ignore[return-value]
