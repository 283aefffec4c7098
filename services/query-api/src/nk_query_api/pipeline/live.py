"""Live events: from the bus, and from the serving database, to every open page."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator

from nk_common.api.pipeline import PipelineEvent
from nk_common.clock import Clock
from nk_common.errors import UnreadableMessageError
from nk_common.events.stages import DayLoaded, StageReport
from nk_common.events.topics import DAY_LOADED
from nk_common.messaging.codec import decode
from nk_common.messaging.delivery import Delivery
from nk_common.observability import logger
from nk_query_api.metrics import ApiMetrics
from nk_query_api.pipeline.failures import Failures
from nk_query_api.serving.keeper import Keeper
from nk_query_api.serving.store import Applied

HEARTBEAT_SECONDS = 15.0
_QUEUE = 500
_OPENING = ": connected\nretry: 3000\n\n"
_HEARTBEAT = ": still here\n\n"
_log = logger(__name__)

Queue = asyncio.Queue[str | None]


class Hub:
    """Passes text to every open stream. A stream that does not keep up is closed; its page reconnects."""

    def __init__(
        self, metrics: ApiMetrics, heartbeat: float = HEARTBEAT_SECONDS, queue_size: int = _QUEUE
    ) -> None:
        self._metrics = metrics
        self._heartbeat = heartbeat
        self._queue_size = queue_size
        self._queues: set[Queue] = set()
        self._closed = False

    def send(self, name: str, event: PipelineEvent) -> None:
        """Queue the event for everybody. Never waits."""
        text = f"event: {name}\ndata: {event.model_dump_json()}\n\n"
        for queue in list(self._queues):
            try:
                queue.put_nowait(text)
            except asyncio.QueueFull:
                self._metrics.slow_listeners.inc()
                self._end(queue)

    def close(self) -> None:
        """End all streams now, and refuse new ones."""
        self._closed = True
        for queue in list(self._queues):
            self._end(queue)

    async def stream(self) -> AsyncGenerator[str, None]:
        """Text of one client's stream, until it leaves, falls behind, or the service stops."""
        queue: Queue = asyncio.Queue(self._queue_size)
        if self._closed:
            return
        self._queues.add(queue)
        self._metrics.listeners.inc()
        try:
            yield _OPENING
            while (text := await self._next(queue)) is not None:
                yield text
        finally:
            self._queues.discard(queue)
            self._metrics.listeners.dec()

    async def _next(self, queue: Queue) -> str | None:
        try:
            return await asyncio.wait_for(queue.get(), self._heartbeat)
        except TimeoutError:
            return _HEARTBEAT

    def _end(self, queue: Queue) -> None:
        self._queues.discard(queue)
        while not queue.empty():
            queue.get_nowait()
        queue.put_nowait(None)


class Live:
    """Handles what the bus tells."""

    def __init__(self, hub: Hub, clock: Clock) -> None:
        self._hub = hub
        self._clock = clock
        self.keeper: Keeper | None = None
        self.failures: Failures | None = None

    async def hear(self, delivery: Delivery) -> None:
        """A message of `nk.day.loaded.v1` or `nk.pipeline.v1`."""
        try:
            if delivery.topic == DAY_LOADED.name:
                event = decode(DayLoaded, delivery)
                if self.keeper:
                    self.keeper.day_loaded(event)
            else:
                self._hub.send("pipeline", reported(decode(StageReport, delivery)))
                if self.failures:
                    self.failures.look_soon()
        except UnreadableMessageError as error:
            _log.warning(
                "an event was not understood and is passed over", topic=delivery.topic, error=str(error)
            )

    async def missed_events(self) -> None:
        """The bus lost its memory: what it would have told is in the lake."""
        if self.keeper:
            self.keeper.scan_soon()

    def applied(self, item: Applied | None, event: DayLoaded | None) -> None:
        """A partition (or, without one, very many) became answerable."""
        self._hub.send(
            "loaded",
            PipelineEvent(
                at=self._clock.now(),
                stage="serve",
                outcome="loaded" if item is None or item.held else "removed",
                dataset=item.key.dataset if item else None,
                day=item.key.day if item else None,
                run_id=event.run_id if event else None,
                rows=item.held.rows if item and item.held else None,
                amount=event.totals.amount if event else None,
            ),
        )


def reported(report: StageReport) -> PipelineEvent:
    """What a page needs of a stage's report."""
    return PipelineEvent(
        at=report.at,
        stage=report.stage,
        outcome=report.outcome,
        dataset=report.dataset,
        day=report.day,
        run_id=report.run_id,
        rows=report.totals.lines if report.totals else None,
        amount=report.totals.amount if report.totals else None,
        error=report.error,
    )
