"""`nk up`: one command, one address, and nothing left behind."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from nk_cli.processes import port_answers
from support.system import PROJECT, free_port, kafka_kind, wait_until

PORTS = ("KAFKA", "DEMO", "EXTRACTOR", "CLEANER", "LOADER", "NOTIFIER", "QUERY_API", "WEB")


class Running:
    """An `nk up` in a folder of its own."""

    def __init__(self, folder: Path, ports: dict[str, int], **environment: str) -> None:
        self.folder, self.ports = folder, ports
        self.output = folder / "up.log"
        inherited = {k: v for k, v in os.environ.items() if not k.startswith(("NK_", "ODOO_", "COLUMNS"))}
        with self.output.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "nk_cli", "up", "--project", str(PROJECT)],
                cwd=folder,
                stdout=log,
                stderr=log,
                env={
                    **inherited,
                    "COLUMNS": "200",
                    "KAFKA": kafka_kind(),
                    "NK_INITIAL_DAYS": "5",
                    "NK_DEMO_LIVE": "0",
                    "NK_DEMO_ORDERS_PER_DAY": "30",
                    **{f"NK_{name}_PORT": str(port) for name, port in ports.items()},
                    **environment,
                },
            )

    @property
    def said(self) -> str:
        return self.output.read_text()

    def wait_for(self, words: str, patience: float = 60) -> None:
        wait_until(lambda: words in self.said, patience, words, lambda: self.said)

    def stop(self, how: signal.Signals) -> int:
        self.process.send_signal(how)
        return self.process.wait(40)


@pytest.fixture
def ports() -> dict[str, int]:
    return {name: free_port() for name in PORTS}


@contextlib.contextmanager
def up(folder: Path, ports: dict[str, int], **environment: str) -> Iterator[Running]:
    folder.mkdir(exist_ok=True)
    running = Running(folder, ports, **environment)
    try:
        yield running
    finally:
        if running.process.poll() is None:
            running.stop(signal.SIGTERM)


def processes_in(folder: Path) -> list[str]:
    """Command lines of processes whose working directory is `folder`."""
    found = []
    for entry in Path("/proc").iterdir():
        with contextlib.suppress(OSError):
            if entry.name.isdigit() and (entry / "cwd").resolve() == folder.resolve():
                found.append((entry / "cmdline").read_text().replace("\0", " "))
    return found


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_it_loads_shows_and_leaves_nothing(
    tmp_path: Path, ports: dict[str, int], how: signal.Signals
) -> None:
    """Complete figures on the page; Ctrl-C and SIGTERM stop everything: no process, no port, no lock."""
    with up(tmp_path, ports) as running:
        running.wait_for("All days are loaded")
        assert f"http://127.0.0.1:{ports['WEB']}" in running.said
        page = httpx.get(f"http://127.0.0.1:{ports['WEB']}/?lang=en")
        assert page.status_code == 200
        assert "Rp" in page.text or "IDR" in page.text
        assert running.stop(how) == 0
    assert processes_in(tmp_path) == []
    assert not any(port_answers(port) for port in ports.values())
    assert not list(tmp_path.rglob("*.lock"))
    assert not list((tmp_path / "data-lake").rglob(".tmp-*"))
    assert not list(tmp_path.rglob("*-wal")), "databases were closed"


def test_the_second_start_is_quick_and_reads_nothing_again(tmp_path: Path, ports: dict[str, int]) -> None:
    with up(tmp_path, ports) as first:
        first.wait_for("All days are loaded")
        first.stop(signal.SIGTERM)
    began = time.monotonic()
    with up(tmp_path, ports) as second:
        wait_until(lambda: second.said.count("Open http") == 2, 30, "the second start")
        page = httpx.get(f"http://127.0.0.1:{ports['WEB']}/")
        seconds = time.monotonic() - began
        assert page.status_code == 200
        time.sleep(8)  # time enough to read everything again, if anything would
        stats = httpx.get(f"http://127.0.0.1:{ports['DEMO']}/demo/stats").json()
        reads = sum(stats.get(model, {}).get("read", 0) for model in ("pos.order.line", "product.product"))
        # Today is not over: it alone may be read again.
        assert reads <= 1, stats
    print(f"second start: page after {seconds:.1f} s")
    assert seconds < 10


def test_a_killed_service_is_started_again(tmp_path: Path, ports: dict[str, int]) -> None:
    with up(tmp_path, ports) as running:
        running.wait_for("All days are loaded")
        children = subprocess.run(
            ["pgrep", "-P", str(running.process.pid), "-f", "nk_query_api"],
            capture_output=True, text=True, check=True,
        ).stdout.split()  # fmt: skip
        os.kill(int(children[0]), signal.SIGKILL)
        running.wait_for("query-api ended")
        api = f"http://127.0.0.1:{ports['QUERY_API']}/readyz"
        wait_until(lambda: _ok(api), 30, "the API is back")


def test_its_children_die_with_it(tmp_path: Path, ports: dict[str, int]) -> None:
    """kill -9 of nk up itself: nobody is left to stop them, and still they stop."""
    with up(tmp_path, ports) as running:
        running.wait_for("Open http")
        running.process.kill()
        running.process.wait()
    wait_until(
        lambda: processes_in(tmp_path) == [], 20, "all have ended", lambda: str(processes_in(tmp_path))
    )


def test_a_port_in_use_is_one_sentence(tmp_path: Path, ports: dict[str, int]) -> None:
    with socket.create_server(("127.0.0.1", ports["WEB"])), up(tmp_path, ports) as running:
        assert running.process.wait(30) == 78
        assert f"in use: {ports['WEB']} (web)" in running.said
        assert "Traceback" not in running.said


@pytest.mark.parametrize(
    ("environment", "words"),
    [
        ({"NK_TIMEZONE": "Asia/Nowhere"}, "no time zone"),
        ({"KAFKA": "external"}, "KAFKA=external needs KAFKA_BOOTSTRAP_SERVERS"),
        ({"DATA_LAKE_ROOT": "/proc/lake"}, "The data lake cannot be written"),
        ({"NK_WEB_PORT": "no-port"}, "NK_WEB_PORT"),
    ],
)
def test_a_wrong_setting_is_one_sentence(
    tmp_path: Path, ports: dict[str, int], environment: dict[str, str], words: str
) -> None:
    with up(tmp_path, ports, **environment) as running:
        assert running.process.wait(30) == 78
        assert words in running.said
        assert "Traceback" not in running.said


def test_a_lake_of_another_odoo_is_one_sentence(tmp_path: Path, ports: dict[str, int]) -> None:
    metadata = tmp_path / "data-lake" / "metadata"
    metadata.mkdir(parents=True)
    (metadata / "source.json").write_text('{"host": "shop.example", "database": "shop"}')
    with up(tmp_path, ports) as running:
        assert running.process.wait(40) == 78
        assert "'shop' on shop.example" in running.said.replace("\n", " ")
        assert "Traceback" not in running.said


def _ok(url: str) -> bool:
    try:
        return httpx.get(url, timeout=2).status_code == 200
    except httpx.HTTPError:
        return False
