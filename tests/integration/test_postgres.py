"""The ledger on PostgreSQL: the same behaviour suites as on SQLite, on a server of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from nk_cli.processes import port_answers
from support.system import PROJECT, free_port, wait_until

AS_POSTGRES = ["runuser", "-u", "postgres", "--"] if os.getuid() == 0 else []
"""PostgreSQL refuses to run as root; Debian's package brings a user for it."""


@pytest.fixture
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of an empty database, on loopback, gone afterwards."""
    programs = max(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: float(path.parent.name))
    folder = Path(subprocess.check_output([*AS_POSTGRES, "mktemp", "-d"], text=True, cwd="/").strip())
    data, port = folder / "data", free_port()
    subprocess.run(
        [*AS_POSTGRES, programs / "initdb", "-D", data, "-U", "nk", "--auth=trust", "--no-sync"],
        check=True, capture_output=True, cwd="/",
    )  # fmt: skip
    options = ["-p", str(port), "-c", "listen_addresses=127.0.0.1", "-k", str(folder), "-c", "fsync=off"]
    process = subprocess.Popen(
        [*AS_POSTGRES, programs / "postgres", "-D", data, *options],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd="/",
    )  # fmt: skip
    try:
        wait_until(lambda: port_answers(port), 20, "PostgreSQL answers")
        yield f"postgresql+psycopg://nk@127.0.0.1:{port}/postgres"
    finally:
        process.terminate()
        process.wait(20)
        subprocess.run([*AS_POSTGRES, "rm", "-rf", folder], check=True, cwd="/")


SUITES = (
    "nk_common/test_ledger.py",
    "nk_common/test_cancelling.py",
    "nk_common/test_dead_letters.py",
    "nk_common/test_ledger_copying.py",
    "nk_cli/test_ledger_rebuild.py",
    "nk_cli/test_backup.py",
    "nk_extractor/test_schedule.py",
    "nk_notifier/test_alerting.py",
)


@pytest.mark.parametrize("suite", SUITES)
def test_the_ledger_behaves_on_postgresql_as_on_sqlite(server: str, suite: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", PROJECT / "tests" / "unit" / suite],
        cwd=PROJECT, env={**os.environ, "LEDGER_TEST_URL": server}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-4000:]
    assert " passed" in done.stdout
