"""Keeps the serving database in step with the lake: by events at once, by looking every so often."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypeVar

from nk_common.clock import Clock, SystemClock
from nk_common.datasets.base import PartitionKey
from nk_common.events.stages import DayLoaded
from nk_common.observability import logger
from nk_query_api.metrics import ApiMetrics
from nk_query_api.serving.database import is_damage
from nk_query_api.serving.store import Applied, ServingStore

_ANNOUNCED_ONE_BY_ONE = 40
_FIRST_LOOK = 1.0
"""Seconds after the start in which what is held is answered from, and nobody else is given the processor."""
_QUIET = 3.0
"""Seconds without an event, after which there is time for tidying up."""

Announce = Callable[[Applied | None, DayLoaded | None], None]
"""Called on the event loop once a partition is answerable, with the event that told of it, if one did.
Without a partition: so many changed at once that they are not told one by one."""

T = TypeVar("T")
DAMAGED = "it was damaged"


@dataclass(frozen=True)
class Rebuild:
    """That the serving file was thrown away, why, and when everything was back again."""

    reason: str
    asked_at: datetime
    finished_at: datetime | None = None


class Keeper:
    """One task that makes all changes, in a thread of its own. It outlives every error."""

    def __init__(
        self,
        store: ServingStore,
        interval: float,
        metrics: ApiMetrics,
        announce: Announce,
        clock: Clock | None = None,
    ) -> None:
        self._store = store
        self._interval = interval
        self._metrics = metrics
        self._announce = announce
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="write")
        self._wake = asyncio.Event()
        self._scan_due = 0.0
        self._due: str | None = None
        self._clock = clock or SystemClock()
        self.last_rebuild: Rebuild | None = None
        self._told: dict[PartitionKey, DayLoaded] = {}
        self._waiting: dict[PartitionKey, DayLoaded] = {}
        self._synced = False
        self._trouble: str | None = None
        self._log = logger(__name__)

    def not_ready(self) -> str | None:
        """Why answers may still be incomplete; None once the lake has been gone through."""
        return None if self._synced else self._trouble or "the lake is being read for the first time"

    def day_loaded(self, event: DayLoaded) -> None:
        """Apply the event's partition soon; many events at once become few transactions."""
        known = self._told.get(event.partition)
        if known is None or known.version <= event.version:
            self._told[event.partition] = event
        self._wake.set()

    def scan_soon(self) -> None:
        """Look at the whole lake: events may have been missed."""
        self._scan_due = 0.0
        self._wake.set()

    def rebuild_soon(self) -> None:
        """The serving file turned out to be damaged."""
        self._rebuild_for(DAMAGED)

    def ask_rebuild(self, reason: str) -> bool:
        """Throw the serving file away and fill it anew from the lake. Returns False where that is under way already;
        until it is done, answers say which days are missing."""
        if self.is_rebuilding:
            return False
        self._rebuild_for(reason)
        return True

    @property
    def is_rebuilding(self) -> bool:
        return self.last_rebuild is not None and self.last_rebuild.finished_at is None

    def _rebuild_for(self, reason: str) -> None:
        self._due = reason
        self.last_rebuild = Rebuild(reason, self._clock.now())
        self.scan_soon()

    async def run(self) -> None:
        """Until cancelled."""
        if self._store.held and not self._wake.is_set():
            self._scan_due = _now() + _FIRST_LOOK
        while True:
            try:
                await self._turn()
            except Exception as error:
                self._trouble = f"the serving database cannot follow the lake: {error}"
                if is_damage(error):
                    self._rebuild_for(DAMAGED)
                self._scan_due = 0.0
                self._log.error("the serving database could not follow the lake; trying again",
                                error=str(error), exc_info=error)  # fmt: skip
                await asyncio.sleep(min(self._interval, 5.0))
                continue
            await self._rest()

    def close(self) -> None:
        """Wait for the transaction in hand, then let go of the file."""
        self._store.stop()
        self._writer.shutdown(wait=True, cancel_futures=True)
        self._store.close()

    async def _turn(self) -> None:
        if self._due:
            reason, self._due = self._due, None
            await self._rebuild(reason)
        if self._told:
            await self._apply_told()
        if self._scan_due <= _now():
            # Before the look, so that a scan asked for while it lasts is another one.
            self._scan_due = _now() + self._interval
            self._applied(await self._in_thread(self._store.scan))
            self._synced = True
            if self.last_rebuild and not self._due:
                self.last_rebuild = replace(
                    self.last_rebuild, finished_at=self.last_rebuild.finished_at or self._clock.now()
                )

    async def _rebuild(self, reason: str) -> None:
        try:
            await self._in_thread(lambda: self._store.rebuild(reason))
        except Exception:
            self._due = self._due or reason
            raise
        if reason == DAMAGED:
            self._metrics.rebuilds.inc()

    async def _apply_told(self) -> None:
        told, self._told = self._told, {}
        self._waiting.update(told)
        as_of = {key: (event.version, event.as_of) for key, event in told.items()}
        self._applied(await self._in_thread(lambda: self._store.refresh(list(told), as_of)))

    def _applied(self, applied: list[Applied]) -> None:
        """Tell who is listening, also of events whose version was already there."""
        for item in applied:
            self._metrics.applied.labels(item.key.dataset).inc()
        self._metrics.note_held(self._store.held)
        many = len(applied) > _ANNOUNCED_ONE_BY_ONE
        announced = {} if many else {item.key: item for item in applied}
        for key, event in list(self._waiting.items()):
            held = self._store.held.get(key)
            if held and held.version >= event.version:
                self._announce(Applied(key, held), self._waiting.pop(key))
                announced.pop(key, None)
        for item in announced.values():
            self._announce(item, None)
        if many:
            self._announce(None, None)

    async def _rest(self) -> None:
        """Until an event comes, or it is time to look at the lake again. When nothing comes for a moment, the
        journal is written into the file."""
        if not await self._woken(min(_QUIET, self._scan_due - _now())):
            await self._in_thread(self._store.settle)
            await self._woken(self._scan_due - _now())
        self._wake.clear()

    async def _woken(self, seconds: float) -> bool:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._wake.wait(), max(0.0, seconds))
        return self._wake.is_set()

    async def _in_thread(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._writer, work)


def _now() -> float:
    """The event loop's own, which only goes forward."""
    return asyncio.get_running_loop().time()
