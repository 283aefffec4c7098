"""Takes what is due to each channel, until the channel has accepted it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from typing import cast

from nk_common.api.alerts import NotificationEvent
from nk_common.api.common import Text
from nk_common.clock import Clock
from nk_common.errors import LedgerUnavailableError
from nk_common.format import Formats
from nk_common.ledger.alerts import AlertRow, DigestRow
from nk_common.observability import logger
from nk_notifier.channels.base import Channel, Message, NotAcceptedError
from nk_notifier.messages import Told, alerts_message, message_id
from nk_notifier.metrics import NotifierMetrics
from nk_notifier.store import Due, Store, Stream

_FIRST_WAIT, _LONGEST_WAIT = timedelta(seconds=30), timedelta(minutes=30)
_STREAMS: tuple[Stream, ...] = ("alerts", "digests")
_CUT_AFTER = 90.0
"""Seconds that sending may take; well within the store's lease."""


def wait_after(attempts: int) -> timedelta:
    """Half a minute after the first attempt, twice as long after each further one, and half an hour at most."""
    return min(_FIRST_WAIT * int(2 ** min(attempts - 1, 10)), _LONGEST_WAIT)


class Sending:
    def __init__(
        self,
        store: Store,
        channels: Sequence[Channel],
        formats: Formats,
        public_url: str | None,
        clock: Clock,
        metrics: NotifierMetrics,
    ) -> None:
        self._store = store
        self._channels = channels
        self._formats = formats
        self._public_url = public_url
        self._clock = clock
        self._metrics = metrics
        self._log = logger(__name__)

    async def run(self, interval: float) -> None:
        """Until cancelled. Every channel and every stream goes its own way: none waits for another."""
        await asyncio.gather(
            *(self._follow(channel, stream, interval) for channel in self._channels for stream in _STREAMS)
        )

    async def once(self) -> None:
        """Send what is due now, on every channel."""
        await asyncio.gather(
            *(self._send_due(channel, stream) for channel in self._channels for stream in _STREAMS)
        )

    async def _follow(self, channel: Channel, stream: Stream, interval: float) -> None:
        while True:
            try:
                await self._send_due(channel, stream)
            except LedgerUnavailableError as error:
                self._log.warning("what is due cannot be read", error=str(error))
            except Exception as error:
                # One message that cannot be made must not end the service that reports everything else.
                self._log.exception("sending failed", channel=channel.name, error_class=type(error).__name__)
            await asyncio.sleep(interval)

    async def _send_due(self, channel: Channel, stream: Stream) -> None:
        due = await asyncio.to_thread(self._store.claim, channel.name, stream, self._clock.now())
        if due is None:
            return
        try:
            async with asyncio.timeout(_CUT_AFTER):
                remark = await channel.send(self._message(due))
        except (NotAcceptedError, TimeoutError) as error:
            said = str(error) or f"It took longer than {_CUT_AFTER:.0f} seconds."
            until = self._clock.now() + wait_after(due.attempts)
            await asyncio.to_thread(self._store.postpone, due.ids, until, said)
            self._metrics.notifications.labels(channel.name, "failed").inc()
            self._log.warning("not accepted, tried again later", channel=channel.name, error=said)
            return
        await asyncio.to_thread(self._store.sent, due.ids, self._clock.now())
        self._metrics.notifications.labels(channel.name, "sent").inc()
        self._log.info("sent", channel=channel.name, stream=stream, remark=remark)

    def _message(self, due: Due) -> Message:
        if due.digest is not None:
            return message_of(due.digest)
        told = [_told(event, row) for event, row in due.alerts]
        return alerts_message(told, self._formats, self._public_url)


def message_of(digest: DigestRow) -> Message:
    """A digest as it was written down."""
    identity = message_id("digest", digest.day)
    return Message(identity, digest.subject, digest.text, digest.html, digest.document)


def _told(event: str, row: AlertRow) -> Told:
    return Told(
        event=cast(NotificationEvent, event),
        id=row.id,
        code=row.code,
        subject=row.subject,
        severity=row.severity,
        reason=Text(id=row.reason_id, en=row.reason_en),
        advice=Text(id=row.advice_id, en=row.advice_en),
        opened_at=row.opened_at or row.first_seen_at,
        closed_at=row.closed_at if event == "recovered" else None,
    )
