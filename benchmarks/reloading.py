"""A running query API at scale M: cold start, days applied, readers meanwhile, memory.

`python -m benchmarks reloading`: a process of its own over a copy (by links) of the lake; no bus, it follows the lake.
"""

from __future__ import annotations

import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb
import httpx
import psutil
from rich.table import Table

from benchmarks.scale_lake import lake_for, write_day
from benchmarks.scale_world import LAST_DAY, M
from benchmarks.serving_file import open_store, serving_path
from nk_common.datasets.base import PartitionKey
from nk_query_api.serving.store import ServingStore

DAYS = [LAST_DAY - timedelta(days=n) for n in range(40, 70)]
"""Reloaded under the readers' eyes."""
DATASETS = ("pos", "invoice-sales", "inventory-moves", "profit")
PATHS = (
    "/v1/sales/summary?compare=previous&",
    "/v1/sales/by/category-brand?",
    "/v1/sales/trend?",
    "/v1/profit/summary?",
)


@dataclass
class Seen:
    """What readers saw. `revenues` are the till's of single days, by day."""

    seconds: list[float] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    revenues: dict[date, set[float]] = field(default_factory=dict)

    @property
    def p95(self) -> float:
        return statistics.quantiles(self.seconds, n=20)[-1] * 1000


def run() -> Table:
    """Everything, once."""
    table = Table(title="A running query API at scale M")
    for column in ("what", "measured", "target"):
        table.add_column(column)
    with tempfile.TemporaryDirectory() as folder:
        lake, serving = copies(Path(folder))
        for name, measured, target in [*_applied(lake, serving), *_served(lake, serving)]:
            table.add_row(name, measured, target)
    return table


def copies(folder: Path) -> tuple[Path, Path]:
    """The lake by links, and a serving file that knows it by its new place."""
    open_store(M).close()
    lake, serving = folder / "lake", folder / "serving.duckdb"
    shutil.copytree(lake_for(M), lake, copy_function=os.link)
    shutil.copy(serving_path(M), serving)
    with duckdb.connect(str(serving)) as connection:
        connection.execute("UPDATE serving_info SET value = $1 WHERE name = 'lake'", [str(lake.resolve())])
    return lake, serving


def _applied(lake: Path, serving: Path) -> Iterator[tuple[str, str, str]]:
    """Days applied one after the other, with nobody asking."""
    store = ServingStore(serving, lake)
    store.open()
    store.scan()
    times = []
    for n in range(10):
        day = LAST_DAY - timedelta(days=n)
        write_day(lake, M, day, int(time.time() * 1e6))
        started = time.perf_counter()
        store.refresh([PartitionKey(dataset, day) for dataset in DATASETS])
        times.append((time.perf_counter() - started) * 1000)
    store.close()
    yield (
        "one day of four datasets applied",
        f"median {statistics.median(times):.0f} ms, worst {max(times):.0f}",
        "300 ms",
    )


def _served(lake: Path, serving: Path) -> Iterator[tuple[str, str, str]]:
    with serving_process(lake, serving) as (client, process, cold):
        yield "process start to first answer", f"{cold:.2f} s", "1 s"
        until_ready(client)
        yield "over HTTP, KPI cards of 30 days", f"median {_http(client):.1f} ms", ""
        quiet = _read(client, 20.0, 8)
        peak, stop = [0.0], threading.Event()
        threading.Thread(target=_watch_memory, args=(process, peak, stop), daemon=True).start()
        writing = threading.Thread(target=_reload, args=(lake,))
        writing.start()
        busy = _read(client, 60.0, 8)
        writing.join()
        _read(client, 15.0, 16)
        stop.set()
        mixed = sum(len(found) > 2 for found in busy.revenues.values())
        yield (
            "8 readers, quiet",
            f"p95 {quiet.p95:.1f} ms, {len(quiet.seconds)} answers, {len(quiet.errors)} errors",
            "",
        )
        yield (
            "8 readers, 60 s, 30 days reloaded",
            f"p95 {busy.p95:.1f} ms ({busy.p95 / quiet.p95:.1f} x), {len(busy.seconds)} answers, "
            f"{len(busy.errors)} errors, {mixed} days with a third revenue",
            "3 x, 0, 0",
        )
        yield "memory, 16 clients", f"{peak[0]:.0f} MiB at most", "1,024 MiB"


@contextmanager
def serving_process(lake: Path, serving: Path) -> Iterator[tuple[httpx.Client, psutil.Process, float]]:
    """A started query API, its process, and the seconds until it answered."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    settings = {
        "DATA_LAKE_ROOT": str(lake), "NK_SERVING_PATH": str(serving), "NK_QUERY_API_PORT": str(port),
        "NK_SERVING_SCAN_INTERVAL": "1", "NK_LEDGER_URL": f"sqlite:///{serving.parent}/none.db",
        "KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:9", "NK_LOG_LEVEL": "ERROR",
    }  # fmt: skip
    started = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", "nk_query_api"], env={**os.environ, **settings}, cwd=serving.parent
    )
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=30, trust_env=False) as client:
        try:
            yield client, psutil.Process(process.pid), _first_answer(client, started)
        finally:
            process.terminate()
            process.wait(30)


def _first_answer(client: httpx.Client, started: float) -> float:
    while time.perf_counter() - started < 60:
        try:
            client.get(_path(PATHS[0], 30)).raise_for_status()
        except httpx.HTTPError:
            time.sleep(0.01)
        else:
            return time.perf_counter() - started
    raise AssertionError("The query API did not answer within a minute.")


def until_ready(client: httpx.Client) -> None:
    for _ in range(600):
        if client.get("/readyz").is_success:
            return
        time.sleep(0.2)
    raise AssertionError("The query API did not become ready within two minutes.")


def _path(path: str, days: int) -> str:
    return f"{path}start={LAST_DAY - timedelta(days=days - 1)}&end={LAST_DAY}"


def _http(client: httpx.Client) -> float:
    times = []
    for _ in range(50):
        started = time.perf_counter()
        client.get(_path("/v1/sales/summary?", 30))
        times.append(time.perf_counter() - started)
    return statistics.median(times) * 1000


def _read(client: httpx.Client, seconds: float, readers: int) -> Seen:
    seen, until = Seen(), time.perf_counter() + seconds

    def read(number: int) -> None:
        n = number
        while time.perf_counter() < until:
            day = DAYS[n % len(DAYS)]
            single = f"/v1/sales/summary?source=pos&start={day}&end={day}"
            path = single if n % 2 else _path(PATHS[n // 2 % len(PATHS)], 90)
            started = time.perf_counter()
            answer = client.get(path)
            seen.seconds.append(time.perf_counter() - started)
            _note(seen, answer, day if n % 2 else None)
            n += 1

    with ThreadPoolExecutor(readers) as pool:
        for job in [pool.submit(read, number) for number in range(readers)]:
            job.result()
    return seen


def _note(seen: Seen, answer: httpx.Response, day: date | None) -> None:
    if not answer.is_success:
        seen.errors.append(answer.text)
        return
    body: dict[str, Any] = answer.json()
    if day:
        seen.revenues.setdefault(day, set()).add(body["kpis"][0]["value"])


def _reload(lake: Path) -> None:
    """Every day once, spread over most of a minute."""
    for day in DAYS:
        started = time.perf_counter()
        write_day(lake, M, day, int(time.time() * 1e6))
        time.sleep(max(0.0, 1.7 - (time.perf_counter() - started)))


def _watch_memory(process: psutil.Process, peak: list[float], stop: threading.Event) -> None:
    while not stop.wait(0.2):
        peak[0] = max(peak[0], process.memory_info().rss / 1024**2)
