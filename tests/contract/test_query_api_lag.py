"""`/v1/pipeline/lag` as its clients see it, with a bus that answers as a test says."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from aiokafka.errors import KafkaConnectionError

from nk_common.api.pipeline import Lag
from nk_common.events import topics
from nk_common.messaging.groups import GROUPS, group_name
from nk_common.messaging.lag import TopicLag
from nk_query_api.pipeline.lag import Lags
from support.clock import SetClock
from support.query_api import NOON, RunningApi, running_api
from support.settings_catalogue import ROOT

ENTRIES = [
    TopicLag("nk-cleaner", "nk.raw.pos.v1", 6, 2, 40),
    TopicLag("nk-loader", "nk.day.cleaned.v1", 0, 0, None),
]


@dataclass
class FakeBus:
    """Tells `entries`, or fails with `error`; counts how often it was asked."""

    entries: Sequence[TopicLag] = field(default_factory=lambda: ENTRIES)
    error: Exception | None = None
    hangs: bool = False
    asked: int = 0

    async def __call__(self, *_: Any) -> Sequence[TopicLag]:
        self.asked += 1
        await asyncio.sleep(3600 if self.hangs else 0.01)
        if self.error:
            raise self.error
        return self.entries


@pytest.fixture
def bus(monkeypatch: pytest.MonkeyPatch) -> FakeBus:
    bus = FakeBus()
    monkeypatch.setattr("nk_common.messaging.lag.read_lag", bus)
    return bus


@pytest.fixture
async def api(bus: FakeBus, tmp_path: Path) -> AsyncIterator[RunningApi]:
    async with running_api(tmp_path) as api:
        yield api


async def test_every_group_and_topic_with_what_waits(api: RunningApi) -> None:
    found = Lag.model_validate(await api.get("/v1/pipeline/lag"))
    assert (found.total, found.at) == (40, api.clock.now())
    assert [(one.group, one.topic, one.waiting, one.lag) for one in found.groups] == [
        ("nk-cleaner", "nk.raw.pos.v1", 2, 40), ("nk-loader", "nk.day.cleaned.v1", 0, None)
    ]  # fmt: skip


async def test_many_pages_cost_one_look(api: RunningApi, bus: FakeBus) -> None:
    await asyncio.gather(*(api.get("/v1/pipeline/lag") for _ in range(20)))
    assert bus.asked == 1
    api.clock.tick(seconds=4)
    await api.get("/v1/pipeline/lag")
    assert bus.asked == 2


async def test_a_bus_that_is_away_is_said_and_not_asked_by_every_page(api: RunningApi, bus: FakeBus) -> None:
    bus.error = KafkaConnectionError("refused")
    for _ in range(3):
        problem = await api.get("/v1/pipeline/lag", status=503)
        assert "The bus does not tell" in problem["detail"]
    assert bus.asked == 1
    bus.error = None
    api.clock.tick(seconds=4)
    assert (await api.get("/v1/pipeline/lag"))["total"] == 40


async def test_a_bus_that_hangs_is_not_waited_for() -> None:
    lags = Lags(FakeBus(hangs=True), SetClock(NOON), patience=0.05)
    with pytest.raises(Exception, match="does not tell"):
        await lags.newest()


def test_the_groups_are_those_that_the_services_subscribe_with() -> None:
    """A group that nobody declared would never show that it is behind."""
    subscribed: dict[str, set[str]] = {}
    for file in ROOT.glob("services/*/src/*/app.py"):
        for call in re.findall(r"bus\.subscribe\((.*?)group=\"([a-z-]+)\"", file.read_text(), re.DOTALL):
            subscribed[call[1]] = set(re.findall(r"\b[A-Z][A-Z_]+\b", call[0]))
    declared = {
        group.name: {
            name for name, topic in vars(topics).items() if topic in group.topics or topic is group.topics
        }
        for group in GROUPS
    }
    assert subscribed == declared


def test_a_broker_that_forgets_gets_groups_of_another_name() -> None:
    assert group_name("nk-loader", "embedded-1f") == "nk-loader-embedded-1f"
    assert group_name("nk-loader", "MkU3OEVBNTcwNTJENDM2Qk") == "nk-loader"
