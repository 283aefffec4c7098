"""Running the application until SIGTERM."""

from __future__ import annotations

import socket
import sys

import uvicorn
from fastapi import FastAPI

from nk_query_api.app import end_streams

GRACE_SECONDS = 5


class Server(uvicorn.Server):
    """Ends the event streams before waiting for open connections."""

    def __init__(self, app: FastAPI, config: uvicorn.Config) -> None:
        super().__init__(config)
        self._app = app

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        end_streams(self._app)
        await super().shutdown(sockets)


def build_server(app: FastAPI, host: str, port: int) -> Server:
    return Server(
        app,
        uvicorn.Config(
            app,
            host=host,
            port=port,
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=GRACE_SECONDS,
        ),
    )


def serve(app: FastAPI, host: str, port: int) -> None:
    """Serve until told to stop; exits with a sentence when the port is taken."""
    try:
        with socket.create_server((host, port)):
            pass
    except OSError as error:
        sys.exit(
            f"query-api cannot listen on {host}:{port}: {error.strerror}. "
            "Stop what uses that port, or set NK_QUERY_API_PORT."
        )
    build_server(app, host, port).run()
