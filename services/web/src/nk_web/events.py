"""`/events`: the query API's event stream, handed on to the browser."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress

import anyio
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from nk_web.api_client import API_ERRORS
from nk_web.site import Site

# The browser opens the stream again by itself after this many milliseconds.
OPENING = b"retry: 3000\n\n"
ONLINE = b"event: online\ndata: {}\n\n"
OFFLINE = b"event: offline\ndata: {}\n\n"


class EventStream(StreamingResponse):
    """Ends as soon as the reader is gone or the server stops, also between two events."""

    def __init__(self, content: AsyncIterator[bytes], closing: asyncio.Event) -> None:
        headers = {"cache-control": "no-store", "x-accel-buffering": "no"}
        super().__init__(content, media_type="text/event-stream", headers=headers)
        self._closing = closing

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async with anyio.create_task_group() as tasks:

            async def stream() -> None:
                with suppress(OSError):  # the reader left while a chunk was on its way
                    await self.stream_response(send)
                tasks.cancel_scope.cancel()

            async def stop() -> None:
                await self._closing.wait()
                tasks.cancel_scope.cancel()

            tasks.start_soon(stream)
            tasks.start_soon(stop)
            await self.listen_for_disconnect(receive)
            tasks.cancel_scope.cancel()
        if self._closing.is_set():
            with suppress(OSError):  # a proper end, so that the browser simply comes back later
                await send({"type": "http.response.body", "body": b"", "more_body": False})


async def events(request: Request) -> Response:
    site: Site = request.app.state.site
    return EventStream(_relay(site), site.closing)


async def _relay(site: Site) -> AsyncIterator[bytes]:
    """Always opens: a browser that gets an error instead of a stream would never ask again."""
    with site.metrics.streams.track_inprogress():
        yield OPENING
        try:
            async with site.api.events() as chunks:
                yield ONLINE
                async for chunk in chunks:
                    yield chunk
        except API_ERRORS:
            pass
        yield OFFLINE
