"""Asks the loader for derived days as soon as what they are made of is there."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

from nk_common.clock import Clock, today
from nk_common.datasets.base import PartitionKey
from nk_common.errors import TransientError
from nk_common.events.stages import RebuildRequested
from nk_common.events.topics import REBUILD_REQUESTED
from nk_common.ledger.engine import LEDGER_AWAY
from nk_common.ledger.reader import LedgerReader
from nk_common.ledger.writer import LedgerWriter
from nk_common.messaging.codec import publish_event
from nk_common.messaging.delivery import Publisher
from nk_common.observability import logger
from nk_extractor.derivations import DATASETS, Due, Patience, due, settled
from nk_extractor.planner import Planner
from nk_extractor.settings import ExtractorSettings


class Deriving:
    """The loop around `derivations.due`."""

    def __init__(
        self,
        settings: ExtractorSettings,
        reader: LedgerReader,
        writer: LedgerWriter,
        planner: Planner,
        publisher: Publisher,
        clock: Clock,
    ) -> None:
        self._settings = settings
        self._reader = reader
        self._writer = writer
        self._planner = planner
        self._publisher = publisher
        self._clock = clock
        self._patience = Patience(
            failed=timedelta(seconds=settings.retry_failed_after),
            stalled=timedelta(seconds=settings.stall_after),
        )
        self._looked: tuple[tuple[int, ...], datetime] | None = None
        self._log = logger(__name__)

    async def run(self) -> None:
        """Look, ask, sleep, until cancelled. A look at an unchanged ledger costs one small question."""
        while True:
            try:
                await self.once()
            except (TransientError, *LEDGER_AWAY) as error:
                self._log.warning("could not look for derived days", error=str(error))
            await asyncio.sleep(self._settings.derive_interval)

    async def once(self) -> None:
        """Ask for every derived day that is due."""
        found, done = await asyncio.to_thread(self._look)
        for key in done:
            await asyncio.to_thread(self._writer.hand_over, key, self._clock.now())
        if not found:
            return
        run_id = f"derive-{self._clock.now():%Y%m%dT%H%M%S%f}"
        self._log.info("deriving", partitions=len(found))
        first = {one.first for one in found if one.first}
        await self._planner.request(sorted(first), run_id, "derived")
        for one in found:
            if one.first is None:
                await self._ask(one, run_id)

    def _look(self) -> tuple[list[Due], list[PartitionKey]]:
        now = self._clock.now()
        fingerprint = self._reader.fingerprint()
        if self._looked is not None:
            before, at = self._looked
            if fingerprint == before and now - at < self._patience.stalled:
                return [], []
        self._looked = (fingerprint, now)
        rows = self._reader.day_states(DATASETS)
        moment = (today(self._clock, self._settings.zone), now, self._patience)
        return due(rows, *moment), settled(rows, *moment)

    async def _ask(self, one: Due, run_id: str) -> None:
        key: PartitionKey = one.key
        row = await asyncio.to_thread(
            self._writer.begin_derived, key, one.inputs, run_id, self._clock.now(), self._patience.stalled
        )
        if row is None:
            return
        request = RebuildRequested(
            dataset=key.dataset, day=key.day, run_id=row.run_id or run_id, requested_at=row.requested_at,
            version=row.version, stage="derive", reason="derived",
        )  # fmt: skip
        await publish_event(self._publisher, REBUILD_REQUESTED, request)
