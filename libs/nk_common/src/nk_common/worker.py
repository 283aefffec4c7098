"""The skeleton of every worker: a bus, background loops, and three HTTP addresses to look at.

A worker is alive (`/healthz`) as soon as it runs, and ready (`/readyz`) once the bus is connected and its
own start-up is done. It stops on SIGTERM after finishing the messages in hand.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from starlette.applications import Starlette

from nk_common.http import ops_routes
from nk_common.messaging.bus import Bus
from nk_common.observability import Metrics, logger

Loop = Callable[[], Awaitable[None]]
_THREADS = 32


@dataclass
class Worker:
    """What a service's `build_app` returns.

    `before_bus` runs once before messages arrive; `loops` run beside the handlers until the end.
    """

    name: str
    bus: Bus
    metrics: Metrics
    before_bus: Sequence[Loop] = ()
    loops: Sequence[Loop] = ()
    close: Callable[[], None] = lambda: None
    _started: bool = field(default=False, init=False)

    def not_ready(self) -> str | None:
        return None if self._started and self.bus.connected else "the bus is not connected yet"

    async def start(self) -> None:
        # Calls to Odoo wait in threads; they must not keep the ledger's short ones from theirs.
        asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(_THREADS))
        for step in self.before_bus:
            await step()
        await self.bus.start()
        self._started = True
        await asyncio.gather(self.bus.watch(), *(loop() for loop in self.loops))


def worker_app(worker: Worker) -> Starlette:
    """The worker as an ASGI application; its lifespan runs the worker."""

    @contextlib.asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        running = asyncio.create_task(worker.start(), name=worker.name)
        running.add_done_callback(_stop_when_broken)
        yield
        running.cancel()
        with contextlib.suppress(asyncio.CancelledError, Exception):
            await running
        await worker.bus.stop()
        worker.close()

    return Starlette(routes=ops_routes(worker.not_ready, worker.metrics.registry), lifespan=lifespan)


def _stop_when_broken(task: asyncio.Task[None]) -> None:
    """A worker whose start-up or loop failed for good ends, so that its supervisor sees it."""
    if task.cancelled() or task.exception() is None:
        return
    error = task.exception()
    logger(__name__).critical(
        "worker ends", error=str(error), error_class=type(error).__name__, exc_info=error
    )
    os.kill(os.getpid(), signal.SIGTERM)
