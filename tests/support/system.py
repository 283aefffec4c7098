"""The real system: real processes, a real broker, the demo Odoo; on free ports, in a folder of its own.

`KAFKA=embedded` (default) or `KAFKA=apache` chooses the broker, as everywhere.
"""

from __future__ import annotations

import contextlib
import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import httpx
import pyarrow as pa

from nk_cli import brokers
from nk_cli.processes import Child, Program, port_answers, stop_all
from nk_common.datasets import WHOLES
from nk_common.datasets.base import WHOLE, PartitionKey
from nk_common.lake.layout import Layout
from nk_common.lake.reader import read_table
from nk_common.ledger.engine import open_ledger
from nk_common.ledger.models import PartitionRow
from nk_common.ledger.reader import LedgerReader
from nk_common.planning import days_between
from nk_common.schedule.jobs import JOBS
from nk_common.schedule.settings import ScheduleSettings
from nk_common.settings import BusSettings
from nk_common.star import tables_of
from nk_common.star.dimensions import DIMENSIONS
from nk_demo.server import DemoServer
from nk_demo.settings import DEMO_KEY
from nk_extractor.derivations import DATASETS, Due, Patience, due
from support.shop_clock import shop_zone

PROJECT = Path(__file__).resolve().parents[2]
MODULES = {
    "extractor": "nk_extractor",
    "cleaner": "nk_cleaner",
    "loader": "nk_loader",
    "notifier": "nk_notifier",
    "query-api": "nk_query_api",
    "web": "nk_web",
}
WORKERS = ("extractor", "cleaner", "loader")
_DERIVED = {"profit", "stock-quants"}
AS_SHIPPED = {job.setting: job.cron(ScheduleSettings.model_construct()) for job in JOBS}
"""The schedule of `.env.example`. Without it every job is off: nothing then happens because of the time of day."""
LEAST_DAY = date(2000, 1, 1)


def free_port() -> int:
    """A port that is free and stays so: below those that the system hands to outgoing connections."""
    while True:
        port = random.randrange(12_000, 30_000)
        with contextlib.suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port


def kafka_kind() -> str:
    return os.environ.get("KAFKA", "embedded")


class System:
    """Start, kill and restart single services; look at the lake and the ledger they leave."""

    def __init__(self, folder: Path, demo: DemoServer | None = None, **environment: str) -> None:
        self.folder = folder
        self.lake = folder / "lake"
        self.broker_port, self.controller_port = free_port(), free_port()
        self.ports: dict[str, int] = {}
        self.children: dict[str, Child] = {}
        self._environment = {
            **{k: v for k, v in os.environ.items() if not k.startswith(("NK_", "ODOO_"))},
            "KAFKA_BOOTSTRAP_SERVERS": f"127.0.0.1:{self.broker_port}",
            "DATA_LAKE_ROOT": str(self.lake),
            "NK_SERVING_PATH": str(folder / "serving.duckdb"),
            "NK_TIMEZONE": shop_zone().key,
            "NK_INITIAL_DAYS": "1",
            "NK_WATCH": "0",
            **dict.fromkeys(AS_SHIPPED, ""),
            "NK_SESSION_TIMEOUT": "3",
            "NK_STALL_AFTER": "20",
            "NK_CATCH_UP_INTERVAL": "2",
            "NK_RETRY_WAIT": "0.2",
            **(_odoo(demo) if demo else {}),
            **environment,
        }

    @property
    def settings(self) -> BusSettings:
        return BusSettings.model_validate({"kafka_bootstrap_servers": f"127.0.0.1:{self.broker_port}"})

    def start_broker(self) -> None:
        if kafka_kind() == "apache":
            program = brokers.apache(self.broker_port, self.controller_port, PROJECT, self.folder / "run")
        else:
            program = brokers.embedded(self.broker_port)
        self._start("broker", program)
        wait_until(lambda: port_answers(self.broker_port), 60, "the broker answers")

    def start(self, *names: str) -> None:
        """Start services by name; `cleaner-2` is a second cleaner."""
        for name in names:
            service = name.rsplit("-", 1)[0] if name[-1].isdigit() else name
            port = self.ports.setdefault(name, free_port())
            environment = {f"NK_{service.upper().replace('-', '_')}_PORT": str(port)}
            if "query-api" in self.ports:
                environment["NK_QUERY_API_URL"] = self.url("query-api")
            command = [sys.executable, "-m", MODULES[service]]
            self._start(name, Program(name, lambda c=command: c, port, environment))  # type: ignore[misc]

    def kill(self, name: str) -> None:
        """kill -9: no goodbye, no flush, no commit."""
        child = self.children[name]
        os.kill(child.pid, signal.SIGKILL)
        child.wait(time.monotonic() + 5)

    def restart(self, name: str) -> None:
        self.children[name].restart()
        if name == "broker":
            wait_until(lambda: port_answers(self.broker_port), 60, "the broker answers")

    def ready(self, *names: str, patience: float = 60) -> None:
        for name in names:
            wait_until(lambda n=name: self._is_ready(n), patience, f"{name} is ready")  # type: ignore[misc]

    def nk(self, *words: str) -> subprocess.Popen[str]:
        """The command line, beside this system and with its settings."""
        environment = {**self._environment, "NK_QUERY_API_URL": self.url("query-api")}
        return subprocess.Popen(
            [sys.executable, "-m", "nk_cli", *words], cwd=self.folder, env=environment, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip

    def url(self, name: str) -> str:
        return f"http://127.0.0.1:{self.ports[name]}"

    def log(self, name: str) -> str:
        return (self.folder / "logs" / f"{name}.log").read_text(errors="replace")

    @contextlib.contextmanager
    def ledger(self) -> Iterator[LedgerReader]:
        engine = open_ledger(f"sqlite:///{self.lake / 'metadata' / 'ledger.db'}")
        try:
            yield LedgerReader(engine)
        finally:
            engine.dispose()

    def partitions(self, dataset: str = "pos") -> dict[str, PartitionRow]:
        with self.ledger() as ledger:
            rows = ledger.partitions(LEAST_DAY, date(2100, 1, 1), [dataset])
            return {row.day: row for row in rows}

    def wait_loaded(self, start: date, end: date, *datasets: str, patience: float = 120) -> None:
        """Until every day of `datasets` (default: pos), and every dimension (which the extractor asks for by
        itself), is loaded."""
        daily = datasets or ("pos",)
        wanted = {(name, day.isoformat()) for name in daily for day in days_between(start, end)}

        def loaded() -> bool:
            with self.ledger() as ledger:
                rows = ledger.partitions(start, end, [*daily, *(d.name for d in WHOLES)])
                settled = not set(daily) & _DERIVED or not self._derivations(ledger)
            done = {(row.dataset, row.day) for row in rows if row.state == "loaded"}
            return settled and {(d.name, WHOLE) for d in WHOLES} | wanted <= done

        wait_until(loaded, patience, f"{start} to {end} are loaded", self._story)

    def _derivations(self, ledger: LedgerReader) -> list[Due]:
        """Derived days that are yet to be made, or to be made again."""
        now = datetime.now(UTC)
        patience = Patience(timedelta(hours=1), timedelta(hours=1))
        states = ledger.day_states(DATASETS)
        running = [row for row in states if row.dataset in _DERIVED and row.state == "extracting"]
        return due(states, now.astimezone(shop_zone()).date(), now, patience) or [
            Due(PartitionKey(row.dataset, row.day), "") for row in running
        ]

    def star(self, start: date, end: date, *datasets: str) -> dict[str, pa.Table]:
        """Content of the star schema: every dimension, and each fact of `datasets` (default: pos) day by day
        (`fact_sales 2026-01-06`)."""
        layout = Layout(self.lake)
        tables: dict[str, pa.Table] = {}
        for table in (*DIMENSIONS, *(t for d in datasets or ("pos",) for t in tables_of(d))):
            days: list[date | None] = [None] if table.kind == "dimension" else [*days_between(start, end)]
            for day in days:
                rows = read_table(layout.star(table.name, day))
                tables[f"{table.name} {day or ''}".strip()] = rows.replace_schema_metadata(None)
        return tables

    def stop(self) -> None:
        stop_all(list(self.children.values()))

    def _start(self, name: str, program: Program) -> None:
        self.children[name] = Child(program, self._environment, self.folder / "logs" / f"{name}.log")

    def _is_ready(self, name: str) -> bool:
        try:
            return httpx.get(f"{self.url(name)}/readyz", timeout=2).status_code == 200
        except httpx.HTTPError:
            return False

    def _story(self) -> str:
        """What a failed wait should show: states, and the last words of every log."""
        with self.ledger() as ledger:
            rows = ledger.partitions(LEAST_DAY, date(2100, 1, 1))
        states = {f"{r.dataset} {r.day}": f"{r.state} {r.error or ''}" for r in rows if r.state != "loaded"}
        words = {name: self.log(name)[-600:] for name in self.children}
        return f"not loaded: {states}\n" + "\n".join(f"--- {n}\n{w}" for n, w in words.items())


@contextlib.contextmanager
def running(
    folder: Path, demo: DemoServer | None = None, services: tuple[str, ...] = WORKERS, **environment: str
) -> Iterator[System]:
    """A system with a broker and `services`, ready; everything is stopped at the end."""
    system = System(folder, demo, **environment)
    try:
        system.start_broker()
        system.start(*services)
        system.ready(*services)
        yield system
    finally:
        system.stop()


def wait_until(
    condition: Callable[[], bool], patience: float, what: str, story: Callable[[], str] = lambda: ""
) -> None:
    """Poll until true; an AssertionError with `story` when patience ends."""
    deadline = time.monotonic() + patience
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"Not within {patience} s: {what}. {story()}")
        time.sleep(0.05)


def key(day: date) -> PartitionKey:
    return PartitionKey("pos", day)


def _odoo(demo: DemoServer) -> dict[str, str]:
    return {
        "ODOO_HOST": "127.0.0.1",
        "ODOO_PORT": str(demo.port),
        "ODOO_PROTOCOL": "jsonrpc",
        "ODOO_DB": "nk",
        "ODOO_USERNAME": "extractor",
        "ODOO_API_KEY": DEMO_KEY,
    }
