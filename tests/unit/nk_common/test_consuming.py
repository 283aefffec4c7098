"""How consumers join their groups."""

from __future__ import annotations

from datetime import timedelta

import pytest

from nk_common.clock import SystemClock
from nk_common.events.topics import EXTRACT_REQUESTED
from nk_common.messaging.bus import Bus
from nk_common.messaging.delivery import Delivery, DeliveryPolicy, RetryBudget
from nk_common.observability import Metrics
from nk_common.settings import BusSettings


async def test_a_large_day_may_take_hours_before_its_consumer_is_thought_idle(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The client's own limit is five minutes; then another consumer would get the message, and so on for ever."""
    metrics = Metrics()
    bus = Bus(BusSettings(_env_file=None), "test", metrics)
    joined: list[float] = []

    async def handle(_: Delivery) -> None: ...

    async def start(broker: object) -> None:
        # As FastStream hands it to every consumer that it makes.
        joined.extend(s._connection_args["max_poll_interval_ms"] for s in broker.subscribers)  # type: ignore[attr-defined]

    policy = DeliveryPolicy("extract", bus, RetryBudget(1, 1.0, 0.0), SystemClock(), metrics)
    for workers in (1, 3):
        bus.subscribe([EXTRACT_REQUESTED], handle, group=f"g{workers}", policy=policy, workers=workers)
    monkeypatch.setattr("nk_common.messaging.bus._ConcurrentStart.start", start)
    await bus._subscribe("cluster")
    assert len(joined) == 2
    assert all(timedelta(milliseconds=each) >= timedelta(hours=6) for each in joined)
