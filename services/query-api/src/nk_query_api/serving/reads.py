"""Asking the serving database: in threads, within a time limit, and only while somebody waits."""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from collections.abc import Callable, Coroutine
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, Generic, TypeVar

import duckdb

from nk_query_api.errors import ClientGoneError, QueryTimeoutError, ServingUnavailableError
from nk_query_api.metrics import ApiMetrics
from nk_query_api.serving.database import is_damage
from nk_query_api.serving.snapshot import Snapshot, snapshot
from nk_query_api.serving.store import ServingStore

T = TypeVar("T")
Gone = Callable[[], Coroutine[Any, Any, None]]
"""Returns when whoever asked has left."""

_THREADS = 4
_INTERRUPT_AGAIN = 0.05


class Reads:
    """A small pool of readers."""

    def __init__(
        self, store: ServingStore, timeout: float, metrics: ApiMetrics, on_damage: Callable[[], None]
    ) -> None:
        self._store = store
        self._timeout = timeout
        self._metrics = metrics
        self._on_damage = on_damage
        self._pool = ThreadPoolExecutor(_THREADS, thread_name_prefix="read")
        self._running: set[_Reading[Any]] = set()

    async def ask(self, name: str, question: Callable[[Snapshot], T], gone: Gone | None = None) -> T:
        """The answer of `question`. Raises QueryTimeoutError, ClientGoneError, ServingUnavailableError."""
        reading = _Reading(self._store, question)
        self._running.add(reading)
        started = time.perf_counter()
        job = self._pool.submit(reading.run)
        work = asyncio.wrap_future(job)
        watch = asyncio.create_task(gone()) if gone else None
        try:
            waited: list[asyncio.Future[Any]] = [work, watch] if watch else [work]
            await asyncio.wait(waited, timeout=self._timeout, return_when=asyncio.FIRST_COMPLETED)
            if not work.done():
                raise _given_up(self._timeout, left=watch is not None and watch.done())
            return self._outcome(work)
        finally:
            if watch:
                watch.cancel()
            await _stopped(reading, job, work)
            self._running.discard(reading)
            self._metrics.query_seconds.labels(name).observe(time.perf_counter() - started)

    def close(self) -> None:
        """Interrupt what runs and end the threads."""
        for reading in list(self._running):
            reading.stop()
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _outcome(self, work: asyncio.Future[T]) -> T:
        try:
            return work.result()
        except (duckdb.ConnectionException, duckdb.InterruptException) as error:
            raise ServingUnavailableError(
                "The serving database is being closed; try again in a moment."
            ) from error
        except Exception as error:
            if not is_damage(error):
                raise
            self._on_damage()
            raise ServingUnavailableError(
                "The serving database was damaged and is being rebuilt from the lake; try again in a minute."
            ) from error


class _Reading(Generic[T]):
    """One question under way, which another thread may stop at any moment."""

    def __init__(self, store: ServingStore, question: Callable[[Snapshot], T]) -> None:
        self._store = store
        self._question = question
        self._stop = threading.Event()
        self._cursor: duckdb.DuckDBPyConnection | None = None

    def run(self) -> T:
        self._cursor = self._store.cursor()
        with snapshot(self._cursor, self._stop, self._store.known) as look:
            return self._question(look)

    def stop(self) -> None:
        self._stop.set()
        if self._cursor is not None:
            # The answer may be there, and the cursor closed, before the one who stops it knows.
            with contextlib.suppress(duckdb.ConnectionException):
                self._cursor.interrupt()


async def _stopped(reading: _Reading[Any], job: Future[Any], work: asyncio.Future[Any]) -> None:
    """Wait until the thread is free again. Repeats itself: an interrupt between two queries is not felt."""
    job.cancel()  # If it still waits for a thread, that is all there is to do.
    while not work.done():
        reading.stop()
        await asyncio.wait({work}, timeout=_INTERRUPT_AGAIN)
    if not work.cancelled():
        work.exception()


def _given_up(timeout: float, *, left: bool) -> Exception:
    if left:
        return ClientGoneError("Whoever asked has left.")
    return QueryTimeoutError(f"The answer took longer than {timeout:g} seconds; ask for a shorter range.")
