"""The lag of consumer groups on a real broker: counted without joining, and without taking anything away."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from nk_common.clock import SystemClock
from nk_common.events.topics import CONTROL, DAY_CLEANED, PIPELINE
from nk_common.messaging.admin import apply_topics
from nk_common.messaging.bus import Bus
from nk_common.messaging.delivery import Delivery, DeliveryPolicy, RetryBudget
from nk_common.messaging.lag import TopicLag, read_lag
from nk_common.observability import Metrics
from nk_common.settings import BusSettings
from nk_query_api.errors import BrokerAwayError
from nk_query_api.pipeline.lag import Lags
from support.kafka import post
from support.publisher import RecordingPublisher
from support.system import System, running


@dataclass
class Worker:
    """Handles messages of one group while `open` is set."""

    bus: Bus
    handled: list[Delivery] = field(default_factory=list)
    open: asyncio.Event = field(default_factory=asyncio.Event)

    async def handle(self, delivery: Delivery) -> None:
        await self.open.wait()
        self.handled.append(delivery)


@contextlib.asynccontextmanager
async def working(settings: BusSettings) -> AsyncIterator[Worker]:
    """A loader in all but its work."""
    metrics = Metrics()
    worker = Worker(Bus(settings, "worker", metrics))
    policy = DeliveryPolicy("load", RecordingPublisher(), RetryBudget(1, 1.0, 0.1), SystemClock(), metrics)
    worker.bus.subscribe([DAY_CLEANED], worker.handle, group="nk-loader", policy=policy)
    await worker.bus.start()
    try:
        yield worker
    finally:
        worker.open.set()
        await worker.bus.stop()


async def lag_of(settings: BusSettings, group: str, topic: str) -> TopicLag:
    return next(one for one in await read_lag(settings) if (one.group, one.topic) == (group, topic))


async def until(settings: BusSettings, expected: int) -> None:
    async with asyncio.timeout(20):
        while (await lag_of(settings, "nk-loader", DAY_CLEANED.name)).lag != expected:  # noqa: ASYNC110 the broker tells nobody
            await asyncio.sleep(0.2)


async def test_messages_wait_until_they_are_acknowledged(tmp_path: Path) -> None:
    """Looking neither joins the group nor moves its offsets: every message is handled once."""
    with running(tmp_path, None, ()) as system:
        await _waits(system)


async def _waits(system: System) -> None:
    settings = system.settings
    await apply_topics(settings)
    async with asyncio.timeout(20):
        # A broker may not show new topics at once.
        while {one.lag for one in await read_lag(settings)} != {0}:  # noqa: ASYNC110 the broker tells nobody
            await asyncio.sleep(0.2)
    for number in range(5):
        post(system.broker_port, DAY_CLEANED.name, b"{}", key=str(number).encode())
    post(system.broker_port, CONTROL.name, {"type": "none"})
    found = {(one.group, one.topic): one for one in await read_lag(settings)}
    assert found["nk-loader", DAY_CLEANED.name].lag == 5
    assert found["nk-loader", DAY_CLEANED.name].partitions == settings.topic_partitions
    assert found["nk-planner", CONTROL.name].lag == 1
    assert found["nk-ledger", PIPELINE.name].lag == 0
    async with working(settings) as worker:
        await until(settings, 5)
        worker.open.set()
        await until(settings, 0)
        assert len(worker.handled) == 5
    assert (await lag_of(settings, "nk-planner", CONTROL.name)).lag == 1


async def test_a_broker_that_is_gone_is_given_up_in_time() -> None:
    settings = BusSettings.model_validate({"kafka_bootstrap_servers": "127.0.0.1:1"})

    lags = Lags(lambda: read_lag(settings), SystemClock())
    async with asyncio.timeout(5):
        with pytest.raises(BrokerAwayError):
            await lags.newest()
