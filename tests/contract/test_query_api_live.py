"""Live events and a life without a broker, over real HTTP on the loopback interface."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn

from nk_common.api.pipeline import PipelineEvent
from nk_common.events.stages import StageReport
from nk_common.events.topics import DAY_LOADED, PIPELINE
from nk_common.http import build_server
from nk_common.observability import Metrics
from nk_query_api.app import build_app, end_streams
from nk_query_api.metrics import ApiMetrics
from nk_query_api.pipeline.live import Hub, reported
from nk_query_api.serving.lake_files import LakeFiles
from support.clock import SetClock
from support.lake_factory import LakeFactory, sale
from support.query_api import NOON, FakeListener, running_api, settings_for

DAY = date(2025, 12, 23)
REPORT = StageReport(stage="clean", outcome="completed", at=SetClock(NOON).now(), dataset="pos", day=DAY)


class Served:
    """The API on a real server, with its event stream."""

    def __init__(self, server: uvicorn.Server, client: httpx.AsyncClient, listener: FakeListener) -> None:
        self.server, self.client, self.listener = server, client, listener

    @asynccontextmanager
    async def events(self) -> AsyncIterator[AsyncIterator[str]]:
        """The stream's blocks: an event or a comment each. Begins after the greeting."""
        async with self.client.stream("GET", "/v1/pipeline/events") as response:
            assert response.headers["content-type"].startswith("text/event-stream")
            assert response.headers["cache-control"] == "no-cache"
            blocks = blocks_of(response.aiter_text())
            assert "connected" in await anext(blocks)
            yield blocks


async def blocks_of(text: AsyncIterator[str]) -> AsyncIterator[str]:
    held = ""
    async for part in text:
        held += part
        while "\n\n" in held:
            block, _, held = held.partition("\n\n")
            yield block


@pytest.fixture
async def served(tmp_path: Path) -> AsyncIterator[Served]:
    async with serve(tmp_path) as served:
        yield served


@asynccontextmanager
async def serve(folder: Path, **other: Any) -> AsyncIterator[Served]:
    listener = FakeListener()
    app = build_app(settings_for(folder), clock=SetClock(NOON), listener=listener, **other)
    server = build_server(app, "127.0.0.1", 0, lambda: end_streams(app))
    task = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110 uvicorn has no event for it
        await asyncio.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", trust_env=False, timeout=5) as client:
        yield Served(server, client, listener)
    server.should_exit = True
    await task


async def test_reports_of_the_stages_reach_every_open_page(served: Served) -> None:
    async with served.events() as one, served.events() as other:
        await served.listener.tell(PIPELINE, REPORT)
        for blocks in (one, other):
            name, _, data = (await anext(blocks)).partition("\ndata: ")
            assert name == "event: pipeline"
            assert PipelineEvent.model_validate_json(data) == reported(REPORT)


async def test_a_loaded_day_is_announced_once_it_can_be_asked_about(served: Served, tmp_path: Path) -> None:
    event = LakeFactory(tmp_path / "lake").sales(DAY, sale(1, 70.0))
    async with served.events() as blocks:
        await served.listener.tell(DAY_LOADED, event)
        name, _, data = (await anext(blocks)).partition("\ndata: ")
        answer = await served.client.get(
            "/v1/sales/summary", params={"start": "2025-12-23", "end": "2025-12-23", "source": "pos"}
        )
        assert answer.json()["kpis"][0]["value"] == 70.0
    loaded = PipelineEvent.model_validate_json(data)
    assert name == "event: loaded"
    assert (loaded.dataset, loaded.day, loaded.outcome, loaded.rows, loaded.amount) == (
        "pos",
        DAY,
        "loaded",
        1,
        70.0,
    )


async def test_a_loaded_event_heard_twice_is_announced_twice_and_applied_once(
    served: Served, tmp_path: Path
) -> None:
    event = LakeFactory(tmp_path / "lake").sales(DAY, sale(1, 70.0))
    async with served.events() as blocks:
        for _ in range(2):
            await served.listener.tell(DAY_LOADED, event)
            assert (await anext(blocks)).startswith("event: loaded")
    answer = await served.client.get(
        "/v1/sales/summary", params={"start": "2025-12-23", "end": "2025-12-23", "source": "pos"}
    )
    assert answer.json()["kpis"][0]["value"] == 70.0


async def test_an_event_before_its_files_is_announced_when_they_are_there(tmp_path: Path) -> None:
    lake = LakeFactory(tmp_path / "lake")
    event = lake.sales(DAY, sale(1, 70.0))
    path = lake.layout.star("fact_payments", DAY)
    path.rename(path.with_name("still-copying"))
    async with running_api(tmp_path) as api:
        hub = api.app.state.service.hub
        stream = hub.stream()
        await anext(stream)
        await api.listener.tell(DAY_LOADED, event)
        await asyncio.sleep(0.1)
        path.with_name("still-copying").rename(path)
        api.app.state.service.keeper.scan_soon()
        assert (await asyncio.wait_for(anext(stream), 5)).startswith("event: loaded")
        await stream.aclose()


async def test_an_event_that_nobody_understands_stops_nothing(served: Served) -> None:
    async with served.events() as blocks:
        await served.listener.tell(PIPELINE, b"\xff not json")
        await served.listener.tell(DAY_LOADED, b"{}")
        await served.listener.tell(PIPELINE, REPORT)
        assert (await anext(blocks)).startswith("event: pipeline")


async def test_a_silent_stream_has_a_heartbeat(tmp_path: Path) -> None:
    async with serve(tmp_path, heartbeat=0.05) as served, served.events() as blocks:
        assert await anext(blocks) == ": still here"


async def test_a_stopping_server_ends_its_streams_at_once(tmp_path: Path) -> None:
    async with serve(tmp_path) as served, served.events() as blocks:
        served.server.should_exit = True
        async with asyncio.timeout(2):
            assert [block async for block in blocks] == []


async def test_a_client_that_does_not_keep_up_is_dropped_and_holds_up_nobody() -> None:
    hub = Hub(ApiMetrics(Metrics()), queue_size=3)
    slow, quick = hub.stream(), hub.stream()
    for stream in (slow, quick):
        await anext(stream)
    for _ in range(5):
        hub.send("pipeline", reported(REPORT))
        assert (await anext(quick)).startswith("event: pipeline")
    assert [text async for text in slow] == []
    await quick.aclose()


async def test_without_a_broker_the_api_follows_the_lake(tmp_path: Path) -> None:
    """The listener never connects; a day is found by looking, and one that leaves is missed."""
    lake = LakeFactory(tmp_path / "lake")
    async with running_api(tmp_path, serving_scan_interval=0.05) as api:
        held = api.app.state.service.store
        assert (await api.client.get("/readyz")).status_code == 200
        lake.sales(DAY, sale(1, 70.0))
        await api.until(lambda: len(held.held) == 1)
        lake.remove(DAY)
        await api.until(lambda: len(held.held) == 0)


async def test_a_broker_that_comes_back_causes_a_look_at_the_lake(tmp_path: Path) -> None:
    async with running_api(tmp_path, serving_scan_interval=3600) as api:
        LakeFactory(tmp_path / "lake").sales(DAY, sale(1, 70.0))
        api.listener.connected.set()
        await api.until(lambda: len(api.app.state.service.store.held) == 1)


async def test_a_bus_that_lost_its_memory_causes_a_look_at_the_lake(tmp_path: Path) -> None:
    async with running_api(tmp_path, serving_scan_interval=3600) as api:
        LakeFactory(tmp_path / "lake").sales(DAY, sale(1, 70.0))
        assert api.listener.reborn
        await api.listener.reborn()
        await api.until(lambda: len(api.app.state.service.store.held) == 1)


async def test_a_thousand_events_become_few_transactions(tmp_path: Path) -> None:
    lake = LakeFactory(tmp_path / "lake")
    async with running_api(tmp_path, serving_scan_interval=3600) as api:
        events = [lake.sales(date(2025, 11, n), sale(1, 1.0)) for n in range(1, 31)]
        for event in events * 30:
            await api.listener.tell(DAY_LOADED, event)
        await api.until(lambda: len(api.app.state.service.store.held) == 30)
        metrics = (await api.client.get("/metrics")).text
        assert 'nk_serving_applied_total{dataset="pos"} 30.0' in metrics


async def test_readiness_and_metrics(tmp_path: Path) -> None:
    LakeFactory(tmp_path / "lake").sales(DAY, sale(1, 70.0))
    async with running_api(tmp_path) as api:
        assert await api.get("/healthz") == {"status": "alive"}
        assert await api.get("/readyz") == {"status": "ready"}
        await api.get("/v1/sales/summary")
        metrics = (await api.client.get("/metrics")).text
    assert 'nk_serving_held_days{dataset="pos"} 1.0' in metrics
    assert 'nk_serving_fresh_timestamp_seconds{dataset="pos"}' in metrics
    assert 'nk_query_seconds_count{question="/v1/sales/summary"} 1.0' in metrics


async def test_not_ready_before_the_first_look_succeeds_and_says_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_: object) -> None:
        raise PermissionError("the lake may not be read")

    with monkeypatch.context() as patch:
        patch.setattr(LakeFiles, "walk", broken)
        LakeFactory(tmp_path / "lake").sales(DAY, sale(1, 70.0))
        async with running_api(tmp_path, wait=False, serving_scan_interval=0.05) as api:
            await asyncio.sleep(0.1)
            answer = await api.get("/readyz", status=503)
            assert (answer["status"], "may not be read" in answer["reason"]) == ("waiting", True)
            assert (await api.client.get("/healthz")).status_code == 200
            patch.undo()
            await api.until(lambda: api.app.state.service.keeper.not_ready() is None)


async def test_a_damaged_serving_file_is_rebuilt_while_running(tmp_path: Path) -> None:
    LakeFactory(tmp_path / "lake").sales(DAY, sale(1, 70.0))
    async with running_api(tmp_path) as api:
        service = api.app.state.service
        service.keeper.rebuild_soon()
        await api.until(lambda: service.metrics.rebuilds._value.get() == 1)
        await api.until(lambda: len(service.store.held) == 1)
        answer = await api.get("/v1/sales/summary", start="2025-12-23", end="2025-12-23", source="pos")
        assert answer["kpis"][0]["value"] == 70.0
