"""Checks of the serving database, one at a time, on a thread of their own."""

from __future__ import annotations

import threading
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Literal

import duckdb

from nk_common.clock import Clock
from nk_common.observability import logger
from nk_query_api.errors import ClientGoneError, ServingUnavailableError
from nk_query_api.serving.checking.bookkeeping import held_days
from nk_query_api.serving.checking.facts import Facts
from nk_query_api.serving.checking.findings import Findings
from nk_query_api.serving.checking.rollups import check_rollups
from nk_query_api.serving.lake_files import LakeFiles
from nk_query_api.serving.rollups import ROLLUPS
from nk_query_api.serving.snapshot import Snapshot, snapshot
from nk_query_api.serving.store import ServingStore

_log = logger(__name__)


@dataclass(frozen=True)
class Check:
    """A check of one snapshot. `error` says, in a sentence, why it came to no end."""

    state: Literal["running", "done", "failed"]
    started_at: datetime
    findings: Findings = field(default_factory=Findings)
    data_version: str | None = None
    finished_at: datetime | None = None
    error: str | None = None


class Checks:
    """Runs checks; `newest` is the last that was begun. Readers and writer go on meanwhile."""

    def __init__(self, store: ServingStore, lake_root: Path, clock: Clock) -> None:
        self._store = store
        self._lake = LakeFiles(lake_root)
        self._clock = clock
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="check")
        self._stop = threading.Event()
        self._starting = threading.Lock()
        self._cursor: duckdb.DuckDBPyConnection | None = None
        self._running: Future[None] | None = None
        self.newest: Check | None = None

    def start(self) -> bool:
        """Begin a check. Returns False where one is running, whose result will do."""
        with self._starting:
            if self._running and not self._running.done():
                return False
            self.newest = Check("running", self._clock.now())
            self._running = self._pool.submit(self._run, self.newest)
            return True

    def close(self) -> None:
        """Give up what runs, and wait for its end."""
        self._stop.set()
        while self._running and not self._running.done():
            if self._cursor is not None:
                self._cursor.interrupt()
            # An interrupt between two questions is not felt: it is repeated.
            threading.Event().wait(0.02)
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _run(self, check: Check) -> None:
        try:
            self._cursor = self._store.cursor()
            with snapshot(self._cursor, self._stop, self._store.known) as look:
                self.newest = check = replace(check, data_version=look.data_version())
                check_snapshot(look, self._lake, check.findings)
            self.newest = replace(check, state="done", finished_at=self._clock.now())
        except Exception as error:
            _log.warning("the serving database could not be checked", error=repr(error))
            self.newest = replace(
                check, state="failed", finished_at=self._clock.now(), error=_sentence(error)
            )
        finally:
            self._cursor = None


def check_snapshot(look: Snapshot, lake: LakeFiles, findings: Findings) -> None:
    """Compare all that the snapshot holds. Raises ServingUnavailableError when there is no lake to compare it with."""
    if lake.is_away():
        raise ServingUnavailableError("The lake is away, so there is nothing to compare with.")
    held = held_days(look, findings)
    findings.steps = len(held) + len(ROLLUPS)
    Facts(look, lake, held, findings).check()
    check_rollups(look, held, findings)


def _sentence(error: Exception) -> str:
    if isinstance(error, duckdb.InterruptException | duckdb.ConnectionException | ClientGoneError):
        return "The serving database was closed or rebuilt meanwhile; check again."
    return str(error).splitlines()[0]
