"""Programs as child processes: started, kept running, and stopped so that nothing is left."""

from __future__ import annotations

import contextlib
import ctypes
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

_PR_SET_PDEATHSIG = 1
_RESTART_PAUSE = 1.0
_STOP_PATIENCE = 12.0
_SETTLED_AFTER = 300.0
"""Seconds after which a program runs well: what ended it then has nothing to do with its earlier ends."""


@dataclass(frozen=True)
class Program:
    """How to start something. `command` is asked anew at every start."""

    name: str
    command: Callable[[], list[str]]
    port: int
    environment: Mapping[str, str] = field(default_factory=dict)
    patience: float = 20.0


class Child:
    """A running program. It dies with its parent, also when that is killed."""

    def __init__(self, program: Program, environment: Mapping[str, str], log: Path) -> None:
        self.program = program
        self._restarts = 0
        self._environment = {**environment, **program.environment}
        self._log = log
        self._process = self._start()
        self._started = time.monotonic()

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def running(self) -> bool:
        return self._process.poll() is None

    @property
    def exit_code(self) -> int | None:
        return self._process.poll()

    @property
    def restarts(self) -> int:
        """How often it was started again without running well in between."""
        return 0 if time.monotonic() - self._started >= _SETTLED_AFTER else self._restarts

    def restart(self) -> None:
        """Start it again; not more than once a second."""
        self._restarts = self.restarts + 1
        time.sleep(max(0.0, _RESTART_PAUSE - (time.monotonic() - self._started)))
        self._process = self._start()
        self._started = time.monotonic()

    def ask_to_stop(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            self._process.terminate()

    def wait(self, deadline: float) -> None:
        """Wait until `deadline` (monotonic), then insist."""
        try:
            self._process.wait(max(0.1, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def last_words(self) -> str:
        """The end of its log, to say why it ended."""
        with contextlib.suppress(OSError):
            return "\n".join(self._log.read_text(errors="replace").splitlines()[-3:])
        return ""

    def _start(self) -> subprocess.Popen[bytes]:
        self._log.parent.mkdir(parents=True, exist_ok=True)
        with self._log.open("ab") as log:
            return subprocess.Popen(
                self.program.command(),
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                # Ctrl-C reaches the parent alone, which then stops the children in order.
                start_new_session=True,
                preexec_fn=_die_with_parent,
            )


def _die_with_parent() -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def stop_all(children: list[Child]) -> None:
    """Stop the newest first, each with time to finish what it has in hand."""
    for child in reversed(children):
        child.ask_to_stop()
        child.wait(time.monotonic() + _STOP_PATIENCE)


def port_is_free(port: int, host: str = "127.0.0.1") -> bool:
    try:
        with socket.create_server((host, port)):
            return True
    except OSError:
        return False


def port_answers(port: int, host: str = "127.0.0.1") -> bool:
    try:
        with socket.create_connection((host, port), timeout=0.2):
            return True
    except OSError:
        return False
