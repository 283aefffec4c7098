"""Puts what was asked for on the bus: a few partitions at a time, and what matters now first (ADR 17)."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from datetime import datetime, timedelta

from nk_common.clock import Clock, today
from nk_common.datasets.base import PartitionKey
from nk_common.errors import TransientError
from nk_common.events.letters import headers_of_run
from nk_common.events.stages import ExtractRequested, RebuildRequested
from nk_common.events.topics import EXTRACT_REQUESTED, REBUILD_REQUESTED
from nk_common.ledger.engine import LEDGER_AWAY
from nk_common.ledger.models import PartitionRow
from nk_common.ledger.writer import LedgerWriter
from nk_common.messaging.codec import publish_event
from nk_common.messaging.delivery import Publisher
from nk_common.observability import logger
from nk_extractor.settings import ExtractorSettings

_LOOK_EVERY = 1.0
"""Seconds; also without being woken: another replica may have asked, or brought something to its end."""


class Dispatcher:
    """The only place where requests go from the ledger to the bus."""

    def __init__(
        self,
        settings: ExtractorSettings,
        writer: LedgerWriter,
        publisher: Publisher,
        clock: Clock,
        odoo_answers: Callable[[], bool] = lambda: True,
    ) -> None:
        self._settings = settings
        self._writer = writer
        self._publisher = publisher
        self._clock = clock
        self._odoo_answers = odoo_answers
        self._tried_at: datetime | None = None
        self._wanted = asyncio.Event()
        self._log = logger(__name__)

    def wake(self) -> None:
        """There may be something to put on the bus, or room for it."""
        self._wanted.set()

    async def run(self) -> None:
        """Whenever woken, and every second, until cancelled."""
        while True:
            self._wanted.clear()
            try:
                await self.once()
            except (TransientError, *LEDGER_AWAY) as error:
                self._log.warning("could not look for what was asked for", error=str(error))
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._wanted.wait(), _LOOK_EVERY)

    async def once(self) -> None:
        """Put on the bus what there is room for. Noted first: a crash in between is a message lost, which is put
        on the bus again when nothing is heard of it (`Upkeep`).

        While Odoo is away, what must be read waits: asked for in vain, one day after the other would fail.
        """
        now, day, room = (
            self._clock.now(),
            today(self._clock, self._settings.zone),
            self._settings.in_flight_days,
        )
        reading = self._worth_trying(now)
        rows = await asyncio.to_thread(lambda: self._writer.claim(day, now, room, reading=reading))
        await asyncio.gather(*(self._publish(row) for row in rows))

    def _worth_trying(self, now: datetime) -> bool:
        """Always while Odoo answers. The change watch finds out when it is back; without one, a request does, now and
        then."""
        if self._odoo_answers():
            self._tried_at = now
            return True
        rest = timedelta(seconds=self._settings.retry_failed_after)
        if self._settings.watch or (self._tried_at and now - self._tried_at < rest):
            return False
        self._tried_at = now
        return True

    async def _publish(self, row: PartitionRow) -> None:
        key = PartitionKey.parse(row.dataset, row.day)
        run_id = row.run_id or "catch-up"
        if row.rebuild is None:
            request = ExtractRequested.model_validate(
                {
                    "dataset": key.dataset, "day": key.day, "run_id": run_id, "requested_at": row.requested_at,
                    "reason": row.reason or "catch-up",
                }
            )  # fmt: skip
            await publish_event(self._publisher, EXTRACT_REQUESTED, request, headers_of_run(run_id))
            return
        replay = RebuildRequested.model_validate(
            {
                "dataset": key.dataset, "day": key.day, "run_id": run_id, "requested_at": row.requested_at,
                "version": row.version, "stage": row.rebuild, "reason": row.reason or "backfill",
            }
        )  # fmt: skip
        await publish_event(self._publisher, REBUILD_REQUESTED, replay)
