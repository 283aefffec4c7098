"""The loop: every few seconds it looks which jobs are due, and orders each firing once.

Which firings were ordered is in the ledger, so neither a restart nor a second extractor orders one again. What fired
while no extractor ran is ordered at the next look, of each job only the newest: the days in between are
found missing by catch-up, and an old comparison proves nothing that a new one does not.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterator, Mapping
from datetime import datetime

from sqlalchemy.exc import IntegrityError

from nk_common.clock import Clock
from nk_common.errors import BadCommandError, NkError
from nk_common.events.stages import StageReport
from nk_common.ledger.engine import LEDGER_AWAY
from nk_common.ledger.routines import CATCH_UP, WATCH, RoutineRow, Routines
from nk_common.messaging.delivery import Publisher, publish_report
from nk_common.observability import logger
from nk_common.schedule.jobs import JOBS, Job, Occasion
from nk_extractor.scheduling.orders import Orders
from nk_extractor.settings import ExtractorSettings

_LOOK_EVERY = 5.0
_MAY_PASS = (NkError, *LEDGER_AWAY, IntegrityError)
"""The last is raised where somebody else notes the same run at the same moment; the next look finds it noted."""


class Scheduler:
    """Fires the jobs of the schedule."""

    def __init__(
        self,
        settings: ExtractorSettings,
        routines: Routines,
        orders: Orders,
        publisher: Publisher,
        clock: Clock,
    ) -> None:
        self._settings = settings
        self._routines = routines
        self._orders = orders
        self._publisher = publisher
        self._clock = clock
        self._log = logger(__name__)

    async def run(self) -> None:
        """Look, order, sleep, until cancelled."""
        told = False
        while True:
            try:
                if not told:
                    await self.tell()
                    told = True
                await self.once()
            except _MAY_PASS as error:
                self._log.warning("could not look which job is due", error=str(error))
            await asyncio.sleep(_LOOK_EVERY)

    async def tell(self) -> None:
        """Note what this extractor does by itself: pages show it, and nothing before it was missed."""
        settings, now = self._settings, self._clock.now()
        rules = {job.name: job.cron(settings) for job in JOBS}
        rules[WATCH] = f"{settings.watch_interval:g}" if settings.watch else ""
        rules[CATCH_UP] = f"{settings.catch_up_interval:g}" if settings.catch_up else ""
        for name, rule in rules.items():
            await asyncio.to_thread(self._routines.tell, name, rule, now)

    async def once(self) -> None:
        """One look: what fired first is ordered first. One job that cannot be ordered holds up no other."""
        now = self._clock.now()
        known = await asyncio.to_thread(self._routines.all)
        for moment, job in sorted(self._due(known, now), key=lambda due: due[0]):
            try:
                await self._fire(job, moment, now)
            except _MAY_PASS as error:
                self._log.warning("could not order what is due; trying again", job=job.name, error=str(error))

    def _due(self, known: Mapping[str, RoutineRow], now: datetime) -> Iterator[tuple[datetime, Job]]:
        for job in JOBS:
            row = known.get(job.name)
            moment = job.due(self._settings, row.since, now) if row else None
            if row is not None and moment is not None and _is_open(row, moment):
                yield moment, job

    async def _fire(self, job: Job, moment: datetime, now: datetime) -> None:
        run_id = job.run_id(moment, self._settings.zone)
        order = await self._orders.ready(job.order(Occasion(run_id, moment, now, self._settings)))
        if order is None or not await asyncio.to_thread(self._routines.take, job.name, moment, run_id, now):
            return
        self._log.info("due", job=job.name, run=run_id, late_seconds=round((now - moment).total_seconds()))
        try:
            await self._orders.carry_out(order)
        except BadCommandError as error:
            self._log.error("what is due cannot be done", job=job.name, run=run_id, error=str(error))
        except _MAY_PASS:
            with contextlib.suppress(*_MAY_PASS):
                await asyncio.to_thread(self._routines.give_back, job.name, moment)
            raise
        await asyncio.to_thread(self._routines.ordered, job.name, moment, self._clock.now())
        await self._told(run_id)

    async def _told(self, run_id: str) -> None:
        """A report of no partition, so that open pages look again. Without a bus they look a little later."""
        report = StageReport(stage="plan", outcome="completed", at=self._clock.now(), run_id=run_id)
        with contextlib.suppress(NkError):
            await publish_report(self._publisher, report)


def _is_open(row: RoutineRow, moment: datetime) -> bool:
    """Whether the firing was not ordered yet; one that another extractor has just taken may be."""
    return (
        row.fired_at is None or row.fired_at < moment or (row.fired_at == moment and row.ordered_at is None)
    )
