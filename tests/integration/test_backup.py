"""A backup of a system that is loading: restored elsewhere it validates, loads the rest, and shows the same figures;
then a layer is thrown away and made again."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pyarrow as pa

from nk_demo.server import DemoServer
from support.kafka import post
from support.shop_clock import last_days
from support.system import WORKERS, System, running, wait_until

DAYS = 30
START, END = last_days(DAYS)
READ = ("pos", "invoice-sales", "purchases", "inventory-moves")
DATASETS = (*READ, "profit")


def nk(lake: Path, *arguments: str) -> str:
    """What `nk` says; an AssertionError where it does not end well. Its ports are those of nobody."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("NK_", "ODOO_"))}
    ports = {f"NK_{name}_PORT": "9" for name in ("EXTRACTOR", "CLEANER", "LOADER", "QUERY_API")}
    done = subprocess.run(
        [sys.executable, "-m", "nk_cli", *arguments], cwd=lake.parent, text=True, check=False,
        capture_output=True, env={**kept, **ports, "DATA_LAKE_ROOT": str(lake)},
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@contextmanager
def slow(demo: DemoServer) -> Iterator[None]:
    """An Odoo that takes its time, or a fast machine has loaded everything before the backup is taken."""
    httpx.post(
        f"{demo.url}/demo/faults", json={"rules": [{"kind": "latency", "seconds": 0.5}]}
    ).raise_for_status()
    try:
        yield
    finally:
        httpx.post(f"{demo.url}/demo/faults", json={"rules": []}).raise_for_status()


def loaded_days(system: System) -> int:
    return sum(row.state == "loaded" for name in READ for row in system.partitions(name).values())


def sales_lines(star: dict[str, pa.Table]) -> int:
    return sum(table.num_rows for name, table in star.items() if name.startswith("fact_sales "))


def lines_served(system: System) -> int:
    days = f"date >= DATE '{START}' AND date < DATE '{END}' + 1"
    query = {"query": f"SELECT count(*) FROM fact_sales WHERE {days}"}
    answer = httpx.post(f"{system.url('query-api')}/v1/sql", json=query, timeout=20)
    return int(answer.raise_for_status().json()["rows"][0][0])


def test_a_backup_under_load_is_restored_elsewhere_and_goes_on(demo: DemoServer, tmp_path: Path) -> None:
    with running(tmp_path / "one", demo) as system:
        command = {"type": "backfill", "datasets": list(READ), "start": str(START), "end": str(END)}
        with slow(demo):
            post(system.broker_port, "nk.control.v1", command)
            wait_until(lambda: loaded_days(system) >= 6, 60, "it is loading")
            nk(system.lake, "backup", str(tmp_path / "saved"))
            assert loaded_days(system) < DAYS * len(READ), "the backup was to be taken under load"
        system.wait_loaded(START, END, *DATASETS)
        expected = system.star(START, END, *DATASETS)

    lake = tmp_path / "two" / "lake"
    lake.parent.mkdir()
    nk(lake, "restore", str(tmp_path / "saved"))
    nk(lake, "validate")
    with running(lake.parent, demo, (*WORKERS, "query-api")) as system:
        system.wait_loaded(START, END, *DATASETS)
        assert system.star(START, END, *DATASETS) == expected
        wait_until(lambda: lines_served(system) == sales_lines(expected), 30, "the serving database holds it")

    said = nk(lake, "reset", "--from", "raw", "--yes")
    assert "Start nkdash" in said
    assert not (lake / "star-schema" / "fact_sales").exists()
    with running(lake.parent, demo) as system:
        system.wait_loaded(START, END, *DATASETS)
        assert system.star(START, END, *DATASETS) == expected
    nk(lake, "validate")
