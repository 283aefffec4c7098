"""A bus that is made when it is first needed, once, with everything that was said to it before."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from typing import Any, ClassVar

import pytest

from nk_common.events.topics import CONTROL, PIPELINE
from nk_common.messaging import later
from nk_common.messaging.later import BusLater
from nk_common.observability import Metrics
from nk_common.settings import BusSettings


class Recorder:
    """Stands for `Bus`; every one that is made is in `made`."""

    made: ClassVar[list[Recorder]] = []

    def __init__(self, *_: Any) -> None:
        self.said: list[Any] = []
        self.made.append(self)

    def listen(self, topics: Any, _: Any) -> None:
        self.said.append(("listen", [topic.name for topic in topics]))

    def on_reborn(self, action: Any) -> None:
        self.said.append(("on_reborn", action))

    async def start(self) -> None:
        self.said.append("start")

    async def stop(self) -> None:
        self.said.append("stop")

    async def publish(self, topic: Any, body: bytes, **_: Any) -> None:
        self.said.append(("publish", topic.name, body))


@pytest.fixture
def bus(monkeypatch: pytest.MonkeyPatch) -> BusLater:
    monkeypatch.setattr(Recorder, "made", [])
    monkeypatch.setattr(later, "_load", lambda: Recorder)
    return BusLater(BusSettings(), "test", Metrics())


async def heard(_: Any) -> None:
    """A handler."""


async def reborn() -> None:
    """An action."""


async def test_it_is_made_once_and_told_everything(bus: BusLater) -> None:
    bus.listen((PIPELINE,), heard)
    bus.on_reborn(reborn)
    assert Recorder.made == []
    await asyncio.gather(bus.publish(CONTROL, b"{}"), bus.start())
    (made,) = Recorder.made
    assert made.said[:2] == [("listen", [PIPELINE.name]), ("on_reborn", reborn)]
    assert sorted(map(str, made.said[2:])) == [f"('publish', '{CONTROL.name}', b'{{}}')", "start"]
    await bus.stop()
    assert made.said[-1] == "stop"


async def test_one_that_nobody_needed_is_stopped_without_being_made(bus: BusLater) -> None:
    await bus.stop()
    assert Recorder.made == []


def test_the_query_api_starts_without_the_libraries_of_bus_and_ledger() -> None:
    """They take a third of the time until the first answer."""
    late = ("aiokafka", "faststream", "sqlalchemy", "xlsxwriter", "polars")
    code = f"import sys, nk_query_api.app, nk_common.messaging.later; print([n for n in {late} if n in sys.modules])"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"
