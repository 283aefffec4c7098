"""An Odoo that is away for a night: what was on its way fails, everything else waits."""

from __future__ import annotations

from datetime import timedelta
from email.message import Message
from types import SimpleNamespace
from typing import Any
from urllib.error import HTTPError

import odoorpc
import pytest

from nk_common.events.topics import DEAD_LETTER, EXTRACT_REQUESTED
from nk_common.ledger.routines import WATCH, Routines
from nk_common.messaging.delivery import Delivery, DeliveryPolicy, RetryBudget
from nk_common.observability import Metrics
from nk_extractor.dispatcher import Dispatcher
from nk_extractor.extract import build_extracts
from nk_extractor.handlers import on_extract_requested
from nk_extractor.odoo.client import OdooClient
from nk_extractor.odoo.jsonrpc import JsonRpcTransport
from nk_extractor.odoo.turnstile import Turnstile
from nk_extractor.planner import Planner
from nk_extractor.service import ExtractionService
from nk_extractor.upkeep import Upkeep
from nk_extractor.watch import ChangeWatch


def nobody(*_: Any, **__: Any) -> Any:
    raise ConnectionRefusedError("Connection refused")


def expired(*_: Any, **__: Any) -> Any:
    """As odoorpc says that the user or the key is wrong."""
    raise odoorpc.error.RPCError("Wrong login ID or password")


def a_proxy(*_: Any, **__: Any) -> Any:
    raise HTTPError("http://odoo", 404, "Not Found", Message(), None)


def locked(*_: Any, **__: Any) -> Any:
    """A connection to an Odoo that lets nobody in."""
    connector = SimpleNamespace(host="odoo", port=8069, timeout=1, ssl=False, _opener=None)
    return SimpleNamespace(login=expired, _connector=connector)


class Night:
    """The extractor before an Odoo where nothing can be read; its messages are handled when the test says so."""

    def __init__(self, parts: Any, connect: Any) -> None:
        self.parts, metrics = parts, Metrics()
        turnstile = Turnstile(2, metrics)
        client = OdooClient(JsonRpcTransport(parts.settings, turnstile.lane(), connect), 1000)
        dispatcher = Dispatcher(
            parts.settings, parts.writer, parts.bus, parts.clock, lambda: turnstile.answering
        )
        planner = Planner(parts.settings, parts.reader, parts.writer, dispatcher, parts.bus, parts.clock)
        service = ExtractionService(
            parts.settings, client, client, lambda: build_extracts(parts.settings, parts.clock), parts.writer,
            parts.bus, parts.clock, metrics,
        )  # fmt: skip
        self.dispatcher = dispatcher
        self.upkeep = Upkeep(parts.settings, parts.reader, parts.writer, planner, parts.clock)
        self.watch = ChangeWatch(parts.settings, client, parts.reader, parts.writer, planner, parts.clock)
        self._handle = on_extract_requested(service)
        budget = RetryBudget(attempts=1, seconds=5, wait=0.001)
        self._policy = DeliveryPolicy("extract", parts.bus, budget, parts.clock, metrics)
        self._handled = self._applied = 0

    def sent(self) -> list[Delivery]:
        return [one.delivery(number) for number, one in enumerate(self.parts.bus.on(EXTRACT_REQUESTED))]

    async def handle(self) -> None:
        """What is on the bus by now, and then what was reported of it."""
        for delivery in self.sent()[self._handled :]:
            await self._policy.run(self._handle, delivery)
            self._handled += 1
        reports = self.parts.bus.reports()
        for report in reports[self._applied :]:
            self.parts.writer.apply(report)
        self._applied = len(reports)


@pytest.mark.parametrize(
    ("connect", "said"),
    [
        (nobody, "cannot be reached"),
        (locked, "whether the key has expired"),
        (a_proxy, "answered 404: there is no Odoo at this address"),
    ],
)
async def test_nine_hours_give_up_no_more_than_was_on_its_way(parts: Any, connect: Any, said: str) -> None:
    """Everything is asked for again and again by the catch-up, and waits in the ledger for the watch to see Odoo."""
    night = Night(parts, connect)
    Routines(parts.engine).tell(WATCH, "15", parts.clock.now())
    await night.upkeep.once()
    await night.dispatcher.once()
    on_their_way = len(night.sent())
    assert on_their_way > 0
    for _ in range(9 * 12):
        await night.handle()
        await night.watch.look()
        await night.upkeep.once()
        await night.dispatcher.once()
        parts.clock.tick(minutes=5)
    assert 0 < len(parts.bus.on(DEAD_LETTER)) <= on_their_way
    assert len(night.sent()) == on_their_way
    row = parts.reader.watch()
    assert parts.clock.now() - row.failing_since == timedelta(hours=9)
    assert said in row.error
