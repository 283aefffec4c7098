"""Start the web service: `python -m nk_web`."""

from __future__ import annotations

import asyncio
import socket

import uvicorn

from nk_web.app import build_app
from nk_web.settings import WebSettings

GRACE_SECONDS = 3
"""What is still open this long after a stop is cut."""


class WebServer(uvicorn.Server):
    """Tells the open event streams that it stops; they would hold it up for ever."""

    def __init__(self, config: uvicorn.Config, closing: asyncio.Event) -> None:
        super().__init__(config)
        self._closing = closing

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._closing.set()
        await super().shutdown(sockets)


def main() -> None:
    settings = WebSettings()
    app = build_app(settings)
    config = uvicorn.Config(
        app,
        host=settings.web_host,
        port=settings.web_port,
        log_level=settings.log_level,
        timeout_graceful_shutdown=GRACE_SECONDS,
        server_header=False,
    )
    WebServer(config, app.state.site.closing).run()


if __name__ == "__main__":
    main()
