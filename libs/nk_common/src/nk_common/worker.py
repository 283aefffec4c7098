"""The skeleton of every worker: a bus, background loops, and three HTTP addresses to look at.

A worker is alive (`/healthz`) as soon as it runs, and ready (`/readyz`) once the bus is connected and its
own start-up is done. It stops on SIGTERM after finishing the messages in hand.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import uvicorn
from prometheus_client import make_asgi_app
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route

from nk_common.messaging.bus import Bus
from nk_common.observability import Metrics, logger

Loop = Callable[[], Awaitable[None]]
Readiness = Callable[[], str | None]
"""Why the service is not ready; None when it is."""
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


def ops_routes(not_ready: Readiness, metrics: Metrics) -> list[Route | Mount]:
    """`/healthz`, `/readyz` and `/metrics`."""

    async def healthz(_: Request) -> Response:
        return JSONResponse({"status": "alive"})

    async def readyz(_: Request) -> Response:
        reason = not_ready()
        if reason is None:
            return JSONResponse({"status": "ready"})
        return JSONResponse({"status": "waiting", "reason": reason}, status_code=503)

    return [
        Route("/healthz", healthz),
        Route("/readyz", readyz),
        Mount("/metrics", make_asgi_app(registry=metrics.registry)),
    ]


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

    return Starlette(routes=ops_routes(worker.not_ready, worker.metrics), lifespan=lifespan)


def serve(app: Starlette, host: str, port: int, name: str) -> None:
    """Serve until SIGTERM or SIGINT; exits with a sentence when the port is taken."""
    try:
        with socket.create_server((host, port)):
            pass
    except OSError as error:
        sys.exit(f"{name} cannot listen on {host}:{port}: {error.strerror}. "
                 "Stop what uses that port, or choose another in the settings.")  # fmt: skip
    uvicorn.run(app, host=host, port=port, log_config=None, access_log=False, timeout_graceful_shutdown=5)


def _stop_when_broken(task: asyncio.Task[None]) -> None:
    """A worker whose start-up or loop failed for good ends, so that its supervisor sees it."""
    if task.cancelled() or task.exception() is None:
        return
    error = task.exception()
    logger(__name__).critical(
        "worker ends", error=str(error), error_class=type(error).__name__, exc_info=error
    )
    os.kill(os.getpid(), signal.SIGTERM)
