"""While Odoo is away there is one alert, and its recovery is told once somebody has seen it."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Engine

from nk_common.ledger.routines import WATCH, Routines
from nk_common.ledger.writer import LedgerWriter
from nk_notifier.app import Notifier
from support.clock import SetClock
from support.notifying import (
    NOON,
    alerts,
    fail,
    look,
    notifying,
    read_again,
    settings,
    told,
)
from support.receivers import Webhooks

AWAY = ("OdooUnavailableError", "Odoo cannot be reached.")


async def looking_in_vain(
    notifier: Notifier,
    writer: LedgerWriter,
    clock: SetClock,
    *,
    looks: int,
    every: float,
    error: tuple[str, str] = AWAY,
) -> None:
    """The extractor looks for Odoo so many times, and the notifier at the ledger after each."""
    for _ in range(looks):
        writer.could_not_look(WATCH, clock.now(), *error)
        await look(notifier, clock, every)


async def test_an_odoo_that_is_away_is_one_alert_and_one_recovery(
    ledger: Engine, clock: SetClock, hooks: Webhooks, tmp_path: Path
) -> None:
    """Nine hours: everything becomes late by it, and nobody is told of that as well, nor while it catches up."""
    writer = LedgerWriter(ledger)
    Routines(ledger).tell(WATCH, "15", NOON)
    async with notifying(settings(tmp_path, hooks), clock) as notifier:
        await looking_in_vain(notifier, writer, clock, looks=9 * 12 + 1, every=300)
        assert told(hooks) == [("opened", "odoo-away", "odoo")]
        assert "since 12:00, so the figures stand still" in hooks.posted[0].document["text"]
        writer.looked(WATCH, clock.now())
        for _ in range(3):
            await look(notifier, clock, 61)
        assert ("dataset-failing", "pos", "pending") in alerts(ledger), "catching up takes a while"
        read_again(ledger, clock.now())
        await look(notifier, clock, 120)
        read_again(ledger, clock.now())
        await look(notifier, clock, 60)
    assert told(hooks) == [("opened", "odoo-away", "odoo"), ("recovered", "odoo-away", "odoo")]
    assert {state for _, _, state in alerts(ledger)} == {"closed"}


async def test_a_refused_key_is_one_alert_that_says_so(
    ledger: Engine, clock: SetClock, hooks: Webhooks, tmp_path: Path
) -> None:
    """What failed by it is none of its own, nor when there is a new key and it rests before it is tried again."""
    writer = LedgerWriter(ledger)
    Routines(ledger).tell(WATCH, "15", NOON)
    fail(ledger, "OdooCredentialsError")
    async with notifying(settings(tmp_path, hooks), clock) as notifier:
        refused = ("OdooCredentialsError", "Odoo refused the API key.")
        await looking_in_vain(notifier, writer, clock, looks=4, every=60, error=refused)
        writer.looked(WATCH, clock.now())
        for _ in range(10):
            await look(notifier, clock, 60)
            read_again(ledger, clock.now())
    assert told(hooks) == [("opened", "odoo-away", "odoo"), ("recovered", "odoo-away", "odoo")]
    (alert,) = hooks.posted[0].document["alerts"]
    assert alert["reason"]["en"].startswith("Odoo has refused the API key of nkdash since 12:00")
    assert "set ODOO_API_KEY" in alert["advice"]["en"]


async def test_what_does_not_catch_up_after_an_outage_is_told(
    ledger: Engine, clock: SetClock, tmp_path: Path
) -> None:
    writer = LedgerWriter(ledger)
    Routines(ledger).tell(WATCH, "15", NOON)
    async with notifying(settings(tmp_path), clock) as notifier:
        await looking_in_vain(notifier, writer, clock, looks=13, every=300)
        writer.looked(WATCH, clock.now())
        for _ in range(7):
            await look(notifier, clock, 61)
    assert ("odoo-away", "odoo", "closed") in alerts(ledger)
    assert ("dataset-late", "pos", "open") in alerts(ledger)


async def test_an_extractor_that_died_in_an_outage_is_noticed(
    ledger: Engine, clock: SetClock, hooks: Webhooks, tmp_path: Path
) -> None:
    """Ten minutes after the last look nobody knows any more how Odoo is: datasets are late by themselves, and nobody is
    told that it is back before somebody has seen it."""
    Routines(ledger).tell(WATCH, "15", NOON)
    writer = LedgerWriter(ledger)
    writer.could_not_look(WATCH, NOON, *AWAY)
    async with notifying(settings(tmp_path, hooks), clock) as notifier:
        for _ in range(12):
            await look(notifier, clock, 300)
        assert ("odoo-away", "odoo", "open") in alerts(ledger)
        assert ("dataset-late", "pos", "open") in alerts(ledger)
        assert {event for event, _, _ in told(hooks)} == {"opened"}
        writer.looked(WATCH, clock.now())
        await look(notifier, clock, 15)
        await look(notifier, clock, 300)
    assert ("odoo-away", "odoo", "closed") in alerts(ledger)
    assert ("recovered", "odoo-away", "odoo") in told(hooks)
