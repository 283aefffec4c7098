"""Downloads behind a real server: broken connections, slow clients, and those that leave half-way."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import date
from pathlib import Path

import httpx
import psutil
import pyarrow as pa
import pytest

from nk_common.http import build_server
from nk_common.star import BY_NAME
from nk_query_api.export import download
from nk_query_api.serving.snapshot import Snapshot
from support.lake_factory import LakeFactory, sale
from support.query_api import RunningApi, running_api

MANY = 2_000_000


@pytest.fixture
def lake(tmp_path: Path) -> LakeFactory:
    lake = LakeFactory(tmp_path / "lake")
    lake.sales(date(2025, 12, 23), sale(1, 100.0))
    return lake


@pytest.fixture
async def api(lake: LakeFactory, tmp_path: Path) -> AsyncIterator[RunningApi]:
    async with running_api(tmp_path) as api:
        yield api


@asynccontextmanager
async def served(api: RunningApi) -> AsyncIterator[str]:
    """The application behind a real server: only there is a connection something that breaks."""
    server = build_server(api.app, "127.0.0.1", 0)
    server.config.lifespan = "off"
    task = asyncio.create_task(server.serve())
    async with asyncio.timeout(5):
        while not server.started:  # noqa: ASYNC110 uvicorn has no event for it
            await asyncio.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield f"http://127.0.0.1:{port}/v1/export"
    finally:
        server.should_exit = True
        await task


def many_rows(monkeypatch: pytest.MonkeyPatch, *, fail_at: int | None = None) -> list[int]:
    """Make the sales a table of millions of rows; returns how many were read of them, batch by batch."""
    read: list[int] = []

    def endless(*_: object) -> Iterator[pa.RecordBatch]:
        schema = pa.schema([BY_NAME["fact_sales"].schema.field("order_ref")])
        for n in range(0, MANY, 10_000):
            if fail_at is not None and n >= fail_at:
                raise OSError("the disk is gone")
            read.append(10_000)
            yield pa.RecordBatch.from_pydict(
                {"order_ref": [f"Shop/{i:020}" for i in range(n, n + 10_000)]}, schema
            )

    monkeypatch.setattr(Snapshot, "batches", endless)
    return read


PLAIN = {"accept-encoding": "identity"}


async def test_a_failure_on_the_way_breaks_the_connection(
    api: RunningApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Half a file must not look like a whole one."""
    many_rows(monkeypatch, fail_at=250_000)
    async with served(api) as address, httpx.AsyncClient(trust_env=False, timeout=20) as client:
        for headers in (PLAIN, {"accept-encoding": "gzip"}):
            got = 0
            with pytest.raises(httpx.RemoteProtocolError):
                async with client.stream(
                    "GET", f"{address}/fact_sales.csv?columns=order_ref", headers=headers
                ) as answer:
                    assert answer.status_code == 200
                    async for piece in answer.aiter_raw():
                        got += len(piece)
            assert got > 0


async def test_a_failure_before_the_first_row_is_a_problem(
    api: RunningApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A workbook begins only when it is complete, so its failures can still be told."""
    many_rows(monkeypatch, fail_at=20_000)
    answer = await api.client.get("/v1/export/fact_sales.xlsx?columns=order_ref")
    assert (answer.status_code, answer.headers["content-type"]) == (500, "application/problem+json")
    assert not list(api.app.state.service.settings.serving_path.parent.glob("export-*"))


async def test_a_slow_client_is_waited_for_without_heaping_up_the_file(
    api: RunningApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is not fetched is not read from the database either."""
    read = many_rows(monkeypatch)
    before = psutil.Process().memory_info().rss
    async with served(api) as address, httpx.AsyncClient(trust_env=False, timeout=20) as client:
        url = f"{address}/fact_sales.csv?columns=order_ref"
        async with client.stream("GET", url, headers=PLAIN) as answer:
            pieces = answer.aiter_raw()
            await anext(pieces)
            await asyncio.sleep(1)
            waiting = sum(read)
            assert waiting < MANY / 4
            assert psutil.Process().memory_info().rss - before < 150_000_000
            size = sum([len(piece) async for piece in pieces])
        assert sum(read) == MANY
        assert size > MANY * 25


async def test_a_client_that_leaves_ends_the_reading_and_frees_its_place(
    api: RunningApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = many_rows(monkeypatch)
    async with served(api) as address:
        for _ in range(download._AT_ONCE + 1):
            async with (
                httpx.AsyncClient(trust_env=False, timeout=20) as client,
                client.stream("GET", f"{address}/fact_sales.csv?columns=order_ref", headers=PLAIN) as answer,
            ):
                assert answer.status_code == 200
                await anext(answer.aiter_raw())
            await asyncio.sleep(0.5)
        left_at = sum(read)
        await asyncio.sleep(0.3)
        assert sum(read) == left_at < MANY * 2


async def test_a_download_that_takes_too_long_is_broken_off(
    lake: LakeFactory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also when it is the client who is slow: the snapshot cannot be held for ever."""
    async with running_api(tmp_path, export_timeout=0.5) as api:
        many_rows(monkeypatch)
        problem = await api.get("/v1/export/fact_sales.xlsx", status=503, columns="order_ref")
        assert (
            problem["detail"] == "The download took longer than 0.5 seconds; ask for fewer days or columns."
        )
        async with served(api) as address, httpx.AsyncClient(trust_env=False, timeout=20) as client:
            url = f"{address}/fact_sales.csv?columns=order_ref"
            began = time.monotonic()
            with pytest.raises(httpx.RemoteProtocolError):
                async with client.stream("GET", url, headers=PLAIN) as answer:
                    pieces = answer.aiter_raw()
                    await anext(pieces)
                    await asyncio.sleep(1)
                    async for _ in pieces:
                        pass
            assert time.monotonic() - began < 15
