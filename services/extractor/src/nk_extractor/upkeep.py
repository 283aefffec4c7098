"""What the extractor asks for by itself: the window that should be loaded, and what got stuck.

It looks at the ledger only, every few seconds, and asks for:
* dimensions that were never read; reading them again is the schedule's;
* today, when it was last read some minutes ago, so that quiet hours are known to be quiet;
* days of the window (`initial_days`) that were never read, or were read before they were over, the oldest first;
* failed partitions, after a pause; of days before the window those that had changed in Odoo, differed from it or were
  missing: nobody else would ask for them again;
* partitions that were asked for and then heard of no more (a lost bus, a killed service).

NK_CATCH_UP switches all but the last off: what somebody asked for is brought to its end in any case.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import date, datetime, timedelta

from nk_common.clock import Clock
from nk_common.datasets import DAILY, WHOLES, by_name
from nk_common.datasets.base import PartitionKey
from nk_common.errors import OdooRefusedError, TransientError
from nk_common.ledger.engine import LEDGER_AWAY
from nk_common.ledger.models import PartitionRow
from nk_common.ledger.reader import LedgerReader
from nk_common.ledger.requesting import FOR_GOOD
from nk_common.ledger.routines import CATCH_UP
from nk_common.ledger.states import public_state
from nk_common.ledger.writer import LedgerWriter
from nk_common.observability import logger
from nk_common.planning import days_between
from nk_extractor.planner import Planner
from nk_extractor.settings import ExtractorSettings

_STUCK_LONG_AGO = timedelta(0)
_REFUSED_TIMES = 6


class Upkeep:
    """Keeps the window loaded without being asked."""

    def __init__(
        self,
        settings: ExtractorSettings,
        reader: LedgerReader,
        writer: LedgerWriter,
        planner: Planner,
        clock: Clock,
    ) -> None:
        self._settings = settings
        self._reader = reader
        self._writer = writer
        self._planner = planner
        self._clock = clock
        self._log = logger(__name__)

    async def run(self) -> None:
        """Look, ask, sleep, until cancelled."""
        resumed = False
        while True:
            try:
                if not resumed:
                    await self.resume()
                    resumed = True
                await self.once()
            except (TransientError, *LEDGER_AWAY) as error:
                self._log.warning("could not look for what is due", error=str(error))
            await asyncio.sleep(self._settings.catch_up_interval)

    async def resume(self) -> None:
        """Ask again for everything unfinished: after a start, and when the bus came back empty."""
        await self._requeue(_STUCK_LONG_AGO)

    async def once(self) -> None:
        """One look. Stuck partitions first, then what is due."""
        await self._requeue(timedelta(seconds=self._settings.stall_after))
        if not self._settings.catch_up:
            return
        due = await asyncio.to_thread(lambda: list(self.due()))
        if due:
            now = self._clock.now()
            self._log.info("catching up", partitions=len(due))
            await self._planner.request(due, f"catch-up-{now:%Y%m%dT%H%M%S}", "catch-up")
        await asyncio.to_thread(self._writer.looked, CATCH_UP, self._clock.now())

    def due(self) -> Iterator[PartitionKey]:
        """Partitions to ask for now: dimensions, then today, then the other days of the window, oldest first; then
        older days that failed."""
        now = self._clock.now()
        last = now.astimezone(self._settings.zone).date()
        first = last - timedelta(days=self._settings.initial_days - 1)
        rows = {(r.dataset, r.day): r for r in self._reader.partitions(first, last)}
        wholes = [PartitionKey(d.name, None) for d in WHOLES]
        asked = [d for d in DAILY if d.rebuilt != "always"]  # those come by themselves, see derivations
        past = days_between(first, last)[:-1]
        days = [PartitionKey(d.name, day) for day in [last, *past] for d in asked]
        for key in wholes + days:
            if self._is_due(key, rows.get((key.dataset, key.day_text)), now, last):
                yield key
        # The watch has seen the change, and the comparison has said what differs: neither says so again.
        for row in self._reader.failed_before(first):
            key = PartitionKey.parse(row.dataset, row.day)
            known = row.dataset in {one.name for one in asked}  # and not of another release
            if known and row.reason in FOR_GOOD and self._is_due(key, row, now, last):
                yield key

    def _is_due(self, key: PartitionKey, row: PartitionRow | None, now: datetime, today: date) -> bool:
        state = public_state(row, self._settings.zone)
        if row is None or state == "missing":
            return True
        if state == "running" or by_name(key.dataset).is_rebuilt(key.day, today):
            return False  # derived days are asked for once; see derivations
        if state in ("failed", "stale"):
            return _age(row.updated_at, now) >= self._pause(row)
        if key.day is None:
            return False  # the schedule's
        if key.day == today:
            return _age(row.as_of, now) >= self._settings.today_interval
        return state == "partial"

    def _pause(self, row: PartitionRow) -> float:
        """Seconds before a failed partition is tried again.

        Missing rights, modules and fields wait for a person, who finds a button for it; asking every few minutes
        would only fill the dead letters.
        """
        pause = self._settings.retry_failed_after
        return pause * _REFUSED_TIMES if row.error_class == OdooRefusedError.__name__ else pause

    async def _requeue(self, untouched_for: timedelta) -> None:
        now = self._clock.now()
        keys = await asyncio.to_thread(
            self._writer.requeue, f"catch-up-{now:%Y%m%dT%H%M%S}", now, untouched_for
        )
        if keys:
            self._log.info("asking again for unfinished partitions", partitions=len(keys))


def _age(moment: datetime | None, now: datetime) -> float:
    return (now - moment).total_seconds() if moment else float("inf")
