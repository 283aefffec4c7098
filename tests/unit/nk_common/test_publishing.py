"""Publishing to a broker that refuses for a while."""

from __future__ import annotations

import time

import pytest
from aiokafka.errors import KafkaConnectionError, KafkaError, MessageSizeTooLargeError, UnknownError

from nk_common.events.topics import PIPELINE
from nk_common.messaging.bus import Bus
from nk_common.observability import Metrics
from nk_common.settings import BusSettings


async def seconds_to_publish(monkeypatch: pytest.MonkeyPatch, *errors: KafkaError) -> float:
    """How long one message takes with a broker that first answers each of these errors."""
    to_come = list(errors)

    async def answer(*_args: object, **_kwargs: object) -> None:
        if to_come:
            raise to_come.pop(0)

    bus = Bus(BusSettings(), "test", Metrics())
    monkeypatch.setattr(bus._outgoing, "publish", answer)
    started = time.monotonic()
    await bus.publish(PIPELINE, b"{}")
    assert not to_come
    return time.monotonic() - started


async def test_places_that_are_taken_are_passed_quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    """The embedded broker moves on by one place with each attempt; waits that grow made a minute of 34."""
    assert await seconds_to_publish(monkeypatch, *(UnknownError() for _ in range(20))) < 6.0


async def test_a_broker_that_is_away_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    assert await seconds_to_publish(monkeypatch, KafkaConnectionError(), KafkaConnectionError()) > 0.1


async def test_what_will_never_pass_is_raised(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(MessageSizeTooLargeError):
        await seconds_to_publish(monkeypatch, MessageSizeTooLargeError())
