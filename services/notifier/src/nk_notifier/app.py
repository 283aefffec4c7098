"""Composition root of the notifier."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass

import httpx
from starlette.applications import Starlette

from nk_common.clock import Clock, SystemClock
from nk_common.format import Formats
from nk_common.http import ops_routes
from nk_notifier.channels.base import Channel
from nk_notifier.channels.email import Email, MailServer
from nk_notifier.channels.webhook import Webhook
from nk_notifier.ledger import Ledger
from nk_notifier.looking import Looking
from nk_notifier.metrics import NotifierMetrics
from nk_notifier.query_api import QueryApi
from nk_notifier.sending import Sending
from nk_notifier.service import Alerting, Digesting
from nk_notifier.settings import NotifierSettings
from nk_notifier.store import Store

_SEND_EVERY = 5.0


@dataclass(frozen=True)
class Notifier:
    """The parts, put together."""

    settings: NotifierSettings
    ledger: Ledger
    api: QueryApi
    store: Store
    metrics: NotifierMetrics
    channels: list[Channel]
    alerting: Alerting
    digesting: Digesting
    sending: Sending

    async def run(self) -> None:
        """Until cancelled."""
        loops = [self.alerting.run()]
        if self.channels:
            loops += [self.sending.run(min(_SEND_EVERY, self.settings.alert_interval)), self.digesting.run()]
        await asyncio.gather(*loops)

    async def aclose(self) -> None:
        await self.api.aclose()
        await asyncio.to_thread(self.ledger.close)


def build(
    settings: NotifierSettings,
    clock: Clock | None = None,
    api_transport: httpx.AsyncBaseTransport | None = None,
) -> Notifier:
    """The notifier, ready to be run."""
    clock = clock or SystemClock()
    metrics = NotifierMetrics()
    ledger = Ledger(settings.ledger)
    api = QueryApi(str(settings.query_api_url), api_transport)
    channels = channels_of(settings, clock)
    store = Store(ledger, [one.name for one in channels])
    looking = Looking(settings, ledger, api, clock)
    formats = formats_of(settings)
    public = str(settings.public_url) if settings.public_url else None
    return Notifier(
        settings, ledger, api, store, metrics, channels,
        Alerting(settings, looking, store, clock, metrics),
        Digesting(settings, looking, store, api, formats, clock),
        Sending(store, channels, formats, public, clock, metrics),
    )  # fmt: skip


def channels_of(settings: NotifierSettings, clock: Clock) -> list[Channel]:
    """Those that are set up; without any, alerts are kept and shown all the same."""
    found: list[Channel] = []
    if settings.alert_webhook_url:
        found.append(Webhook(settings.alert_webhook_url, settings.alert_webhook_secret, clock))
    if settings.smtp_host:
        server = MailServer(
            settings.smtp_host, settings.smtp_port, settings.smtp_security, settings.smtp_username,
            settings.smtp_password,
        )  # fmt: skip
        found.append(Email(server, settings.smtp_from, settings.alert_email_to, clock))
    return found


def formats_of(settings: NotifierSettings) -> Formats:
    return Formats(settings.notify_language, settings.zone)


def web_app(notifier: Notifier) -> Starlette:
    """`/healthz`, `/readyz` and `/metrics`; its lifespan runs the notifier."""

    @contextlib.asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        running = asyncio.create_task(notifier.run(), name="notifier")
        yield
        running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await running
        await notifier.aclose()

    routes = ops_routes(lambda: notifier.alerting.problem, notifier.metrics.registry)
    return Starlette(routes=routes, lifespan=lifespan)
