"""The real process: it starts without a broker, answers, and stops cleanly on SIGTERM."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import duckdb
import httpx
import pytest

from support.lake_factory import LakeFactory, sale


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    LakeFactory(tmp_path / "lake").sales(date(2025, 12, 23), sale(1, 70.0))
    return {
        **os.environ,
        "DATA_LAKE_ROOT": str(tmp_path / "lake"),
        "NK_SERVING_PATH": str(tmp_path / "serving.duckdb"),
        "NK_QUERY_API_PORT": str(free_port()),
        "KAFKA_BOOTSTRAP_SERVERS": f"127.0.0.1:{free_port()}",
    }


@pytest.fixture
def process(environment: dict[str, str], tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    with (tmp_path / "log").open("wb") as log:
        running = subprocess.Popen(
            [sys.executable, "-m", "nk_query_api"], env=environment, cwd=tmp_path, stderr=log
        )
        yield running
        if running.poll() is None:
            running.kill()
        running.wait()


def wait_ready(client: httpx.Client) -> None:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        try:
            if client.get("/readyz").is_success:
                return
        except httpx.ConnectError:
            pass
        time.sleep(0.05)
    raise AssertionError("the query API did not become ready")


def test_it_answers_without_a_broker_and_stops_at_once_on_sigterm(
    process: subprocess.Popen[bytes], environment: dict[str, str], tmp_path: Path
) -> None:
    address = f"http://127.0.0.1:{environment['NK_QUERY_API_PORT']}"
    with httpx.Client(base_url=address, trust_env=False, timeout=5) as client:
        wait_ready(client)
        answer = client.get(
            "/v1/sales/summary", params={"start": "2025-12-23", "end": "2025-12-23", "source": "pos"}
        )
        assert answer.json()["kpis"][0]["value"] == 70.0
        with client.stream("GET", "/v1/pipeline/events") as stream:
            began = time.monotonic()
            process.send_signal(signal.SIGTERM)
            assert b"connected" in b"".join(stream.iter_raw())
    process.wait(5)
    assert time.monotonic() - began < 3, (tmp_path / "log").read_text()
    assert not (tmp_path / "serving.duckdb.wal").exists()
    with duckdb.connect(str(tmp_path / "serving.duckdb"), read_only=True) as left:
        assert left.execute("SELECT sum(revenue) FROM fact_sales").fetchone() == (70.0,)


def test_a_taken_port_is_said_in_a_sentence(environment: dict[str, str], tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = subprocess.run(
            [sys.executable, "-m", "nk_query_api"],
            env={**environment, "NK_QUERY_API_PORT": str(port)},
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=20,
            check=False,
        )
    assert done.returncode == 1
    assert f"cannot listen on 127.0.0.1:{port}" in done.stderr
    assert "NK_QUERY_API_PORT" in done.stderr
