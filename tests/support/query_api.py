"""A query API on a small lake, for tests: no broker, no network, a clock that stands still."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from fastapi import FastAPI

from nk_common.events.base import Event
from nk_common.events.topics import Topic
from nk_common.messaging.delivery import Delivery, Handler
from nk_query_api.app import build_app
from nk_query_api.settings import QueryApiSettings
from support.clock import SetClock
from support.publisher import RecordingPublisher

NOON = "2025-12-24T12:00+07:00"


@dataclass
class FakeListener:
    """Hands events to the API when a test says so. `connected` unset: the broker is away."""

    connected: asyncio.Event = field(default_factory=asyncio.Event)
    topics: Sequence[Topic] = ()
    handler: Handler | None = None
    reborn: Callable[[], Awaitable[None]] | None = None

    def listen(self, topics: Sequence[Topic], handler: Handler) -> None:
        self.topics, self.handler = topics, handler

    async def start(self) -> None:
        await self.connected.wait()

    def on_reborn(self, action: Callable[[], Awaitable[None]]) -> None:
        self.reborn = action

    async def watch(self) -> None:
        await asyncio.Event().wait()

    async def stop(self) -> None:
        self.connected.clear()

    async def tell(self, topic: Topic, event: Event | bytes) -> None:
        body = event if isinstance(event, bytes) else event.model_dump_json().encode()
        assert self.handler
        await self.handler(Delivery(topic.name, 0, 0, None, body, {}))


@dataclass
class RunningApi:
    """A started query API, and the client to ask it with."""

    app: FastAPI
    client: httpx.AsyncClient
    clock: SetClock
    publisher: RecordingPublisher
    listener: FakeListener

    async def get(self, path: str, status: int = 200, **parameters: Any) -> Any:
        response = await self.client.get(path, params=parameters)
        assert response.status_code == status, response.text
        return response.json()

    async def until(self, holds: Callable[[], bool], seconds: float = 5.0) -> None:
        """Wait for something that happens in the background."""
        async with asyncio.timeout(seconds):
            while not holds():  # noqa: ASYNC110 the condition is somebody else's
                await asyncio.sleep(0.005)


def settings_for(folder: Path, **other: Any) -> QueryApiSettings:
    """Settings of an API on `folder/lake`; nothing is read from the environment's files."""
    given = {"data_lake_root": folder / "lake", "serving_path": folder / "serving.duckdb", **other}
    return QueryApiSettings(_env_file=None, **given)


@asynccontextmanager
async def running_api(
    folder: Path, now: str = NOON, *, wait: bool = True, **other: Any
) -> AsyncIterator[RunningApi]:
    """The API, after its first look at the lake unless told not to wait for that."""
    clock, publisher, listener = SetClock(now), RecordingPublisher(), FakeListener()
    app = build_app(settings_for(folder, **other), clock=clock, publisher=publisher, listener=listener)
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://api", trust_env=False) as client,
    ):
        api = RunningApi(app, client, clock, publisher, listener)
        if wait:
            await api.until(lambda: app.state.service.keeper.not_ready() is None)
        yield api
