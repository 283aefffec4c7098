"""What every service shows over HTTP, and how it serves until it is told to stop."""

from __future__ import annotations

import socket
import sys
from collections.abc import Callable
from typing import Any

import uvicorn
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

GRACE_SECONDS = 5
"""What is still open this long after a stop is cut."""

Readiness = Callable[[], str | None]
"""Why the service is not ready; None when it is."""


class _Server(uvicorn.Server):
    """Calls `on_stop` before it waits for open connections: event streams would hold it up for ever."""

    def __init__(self, config: uvicorn.Config, on_stop: Callable[[], None]) -> None:
        super().__init__(config)
        self._on_stop = on_stop

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._on_stop()
        await super().shutdown(sockets)


def build_server(
    app: Any, host: str, port: int, on_stop: Callable[[], None] = lambda: None
) -> uvicorn.Server:
    """A server for an ASGI application; log lines go the way of all others."""
    config = uvicorn.Config(
        app,
        host=host,
        port=port,
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=GRACE_SECONDS,
    )
    return _Server(config, on_stop)


def serve(app: Any, host: str, port: int, name: str, on_stop: Callable[[], None] = lambda: None) -> None:
    """Serve until SIGTERM or SIGINT; exits with a sentence when the port is taken."""
    try:
        with socket.create_server((host, port)):
            pass
    except OSError as error:
        sys.exit(
            f"{name} cannot listen on {host}:{port}: {error.strerror}. "
            f"Stop what uses that port, or set NK_{name.upper().replace('-', '_')}_PORT."
        )
    build_server(app, host, port, on_stop).run()


def ops_routes(not_ready: Readiness, registry: CollectorRegistry) -> list[Route]:
    """`/healthz`, `/readyz` and `/metrics`."""

    async def healthz(_: Request) -> Response:
        return JSONResponse({"status": "alive"})

    async def readyz(_: Request) -> Response:
        reason = not_ready()
        if reason is None:
            return JSONResponse({"status": "ready"})
        return JSONResponse({"status": "waiting", "reason": reason}, status_code=503)

    async def metrics(_: Request) -> Response:
        return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)

    return [
        Route("/healthz", healthz),
        Route("/readyz", readyz),
        Route("/metrics", metrics),
    ]
