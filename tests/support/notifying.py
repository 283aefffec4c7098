"""A notifier on a real ledger, with a clock that is set and a query API that answers what it is told to."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from nk_common.datasets import REGISTRY
from nk_common.datasets.base import WHOLE
from nk_common.ledger.alerts import AlertRow, NotificationRow
from nk_common.ledger.models import PartitionRow
from nk_common.ledger.reconciliations import ReconciliationResultRow, Reconciliations, run_row
from nk_notifier.app import Notifier, build
from nk_notifier.settings import NotifierSettings
from support.clock import SetClock
from support.receivers import Mails, Webhooks

TODAY = date(2025, 12, 24)
YESTERDAY = date(2025, 12, 23)
DAYS = 3
NOON = datetime(2025, 12, 24, 5, tzinfo=UTC)
READ = NOON - timedelta(minutes=4)


def fill(ledger: Engine, read: datetime = READ) -> None:
    """Everything of three days was read at `read`, and nothing was sold."""
    days = [(TODAY - timedelta(days=n)).isoformat() for n in range(DAYS)]
    with Session(ledger) as session, session.begin():
        for one in REGISTRY:
            session.add_all(
                _loaded(one.name, day, read) for day in (days if one.kind == "daily" else [WHOLE])
            )


def change(ledger: Engine, dataset: str, day: str, **values: object) -> None:
    with Session(ledger) as session, session.begin():
        row = session.get_one(PartitionRow, (dataset, day))
        for name, value in values.items():
            setattr(row, name, value)


def before_the_window(ledger: Engine, dataset: str, day: str, **values: object) -> None:
    """A day of long ago that was loaded, and what became of it."""
    with Session(ledger) as session, session.begin():
        session.add(_loaded(dataset, day, READ))
    change(ledger, dataset, day, **values)


def read_again(ledger: Engine, at: datetime) -> None:
    """Everything was read at that moment."""
    with Session(ledger) as session, session.begin():
        for row in session.scalars(select(PartitionRow)):
            row.as_of = row.loaded_at = at


def compared(ledger: Engine, run_id: str, at: datetime, day: date, **statuses: str) -> None:
    """A comparison with Odoo that is over; `statuses` by dataset, with `_` for `-`."""
    held = Reconciliations(ledger)
    held.accept(run_row(run_id, "{}", (day, day), list(statuses), len(statuses), at))
    held.begin(run_id, at)
    for name, status in statuses.items():
        held.record(
            [
                ReconciliationResultRow(
                    run_id=run_id, dataset=name.replace("_", "-"), day=day.isoformat(), store_id=None, status=status,
                    odoo=None, lake=None, differing=0, document_ids=[], error=None,
                )
            ]
        )  # fmt: skip
    held.finish(run_id, "done", at)


def alerts(ledger: Engine) -> list[tuple[str, str, str]]:
    """Code, subject and state of every alert, in the order of being noticed."""
    with Session(ledger) as session:
        rows = session.scalars(select(AlertRow).order_by(AlertRow.id))
        return [(row.code, row.subject, row.state) for row in rows]


def settings(
    folder: Path, hooks: Webhooks | None = None, mails: Mails | None = None, **more: object
) -> NotifierSettings:
    """For a ledger in `folder`, or the one of LEDGER_TEST_URL; nothing else of the environment counts."""
    values: dict[str, Any] = {
        "data_lake_root": folder, "initial_days": DAYS,
        "ledger_url": os.environ.get("LEDGER_TEST_URL", f"sqlite:///{folder / 'ledger.db'}"),
        "alert_disk_free": "0%", "odoo_api_key_expires": None, "notify_language": "en", "timezone": "Asia/Jakarta",
        "public_url": "https://shop.example.org",
    }  # fmt: skip
    if hooks:
        values["alert_webhook_url"] = hooks.url
    if mails:
        values |= {
            "smtp_host": "127.0.0.1", "smtp_port": mails.port, "smtp_security": "none",
            "smtp_from": "nkdash@shop.example", "alert_email_to": "owner@shop.example, staff@shop.example",
        }  # fmt: skip
    return NotifierSettings(_env_file=None, **{**values, **more})


class Answering:
    """A query API that is only asked whether it is there; `alive` False: nobody is."""

    def __init__(self) -> None:
        self.alive = True

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if not self.alive:
            raise httpx.ConnectError("nobody")
        assert request.url.path == "/healthz"
        return httpx.Response(200, json={"status": "alive"})


@asynccontextmanager
async def notifying(
    asked: NotifierSettings, clock: SetClock, api: Answering | httpx.AsyncBaseTransport | None = None
) -> AsyncIterator[Notifier]:
    """A notifier that does nothing by itself: tests call `alerting.once()` and `sending.once()`."""
    given = api if isinstance(api, httpx.AsyncBaseTransport) else httpx.MockTransport(api or Answering())
    notifier = build(asked, clock, given)
    try:
        yield notifier
    finally:
        await notifier.aclose()


def _loaded(dataset: str, day: str, read: datetime) -> PartitionRow:
    return PartitionRow(
        dataset=dataset, day=day, state="loaded", requested_at=read, updated_at=read, version=1, loaded_version=1,
        loaded_at=read, as_of=read, lines=0,
    )  # fmt: skip


async def look(notifier: Notifier, clock: SetClock, seconds: float = 0) -> None:
    clock.tick(seconds=seconds)
    await notifier.alerting.once()
    await notifier.sending.once()


def fail(ledger: Engine, error_class: str = "OdooRefusedError", dataset: str = "purchases") -> None:
    change(
        ledger, dataset, str(YESTERDAY), state="failed", loaded_version=None, error="Odoo said no.",
        error_class=error_class,
    )  # fmt: skip


def told(hooks: Webhooks) -> list[tuple[str, str, str]]:
    """Event, code and subject of everything that arrived."""
    return [
        (one["event"], one["code"], one["subject"])
        for post in hooks.posted
        for one in post.document["alerts"]
    ]


def errors(engine: Engine) -> list[str]:
    """Why messages were not accepted."""
    with Session(engine) as session:
        return [str(error) for error in session.scalars(select(NotificationRow.error))]
