"""A query API that runs in a thread of its own, for callers that are not asynchronous and wait for each answer."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from support.query_api import running_api

_PATIENCE = 30.0


class Asker:
    """Asks a running API from outside of its event loop."""

    def __init__(self, client: httpx.AsyncClient, loop: asyncio.AbstractEventLoop) -> None:
        self._client, self._loop = client, loop

    def request(self, method: str, url: str, **asked: Any) -> httpx.Response:
        """As `httpx.request`; of an absolute address only the path counts."""
        asked = {"timeout": _PATIENCE, **asked}
        sent = asyncio.run_coroutine_threadsafe(self._client.request(method, url, **asked), self._loop)
        return sent.result(_PATIENCE)


@contextmanager
def asking(folder: Path) -> Iterator[Asker]:
    """The API on `folder/lake`, until the block ends."""
    loop, done, ready = asyncio.new_event_loop(), asyncio.Event(), threading.Event()
    askers: list[Asker] = []

    async def run() -> None:
        async with running_api(folder) as api:
            askers.append(Asker(api.client, loop))
            ready.set()
            await done.wait()

    thread = threading.Thread(target=lambda: loop.run_until_complete(run()))
    thread.start()
    try:
        assert ready.wait(_PATIENCE), "the API does not get ready"
        yield askers[0]
    finally:
        loop.call_soon_threadsafe(done.set)
        thread.join(_PATIENCE)
        loop.close()
