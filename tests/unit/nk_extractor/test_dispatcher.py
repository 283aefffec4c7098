"""From the ledger to the bus, and not while Odoo is away."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from nk_common.datasets.base import PartitionKey
from nk_common.events.topics import EXTRACT_REQUESTED
from nk_extractor.dispatcher import Dispatcher

DAYS = [PartitionKey("pos", date(2026, 1, day)) for day in (5, 6)]


def dispatcher(parts: Any, *, answers: bool, watch: bool = True) -> Dispatcher:
    settings = parts.settings.model_copy(update={"watch": watch, "in_flight_days": 1})
    return Dispatcher(settings, parts.writer, parts.bus, parts.clock, lambda: answers)


def sent(parts: Any) -> list[str]:
    return [message.key for message in parts.bus.on(EXTRACT_REQUESTED)]


async def test_no_more_than_the_setting_allows(parts: Any) -> None:
    parts.writer.request(DAYS, "r", "backfill", parts.clock.now())
    await dispatcher(parts, answers=True).once()
    assert sent(parts) == ["pos|2026-01-05"]


async def test_nothing_is_asked_of_an_odoo_that_is_away(parts: Any) -> None:
    """The change watch finds out when it is back."""
    parts.writer.request(DAYS, "r", "backfill", parts.clock.now())
    sender = dispatcher(parts, answers=False)
    for _ in range(3):
        await sender.once()
        parts.clock.tick(hours=3)
    assert sent(parts) == []


async def test_without_a_watch_a_day_tries_now_and_then(parts: Any) -> None:
    parts.writer.request(DAYS, "r", "backfill", parts.clock.now())
    sender = dispatcher(parts, answers=False, watch=False)
    await sender.once()
    assert sent(parts) == ["pos|2026-01-05"]
    parts.writer.requeue("again", parts.clock.now(), timedelta(0))
    parts.clock.tick(seconds=parts.settings.retry_failed_after - 1)
    await sender.once()
    assert len(sent(parts)) == 1
    parts.clock.tick(seconds=2)
    await sender.once()
    assert len(sent(parts)) == 2
