"""An extractor of which only the schedule is at work, on a real ledger, with a clock that tests set and a bus that
keeps what it is given."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from nk_common.ledger.models import RunRow
from nk_common.ledger.reader import LedgerReader
from nk_common.ledger.reconciliations import Reconciliations
from nk_common.ledger.routines import Routines
from nk_common.ledger.writer import LedgerWriter
from nk_extractor.dispatcher import Dispatcher
from nk_extractor.planner import Planner
from nk_extractor.reconcile.service import ReconcileService
from nk_extractor.scheduling.orders import Orders
from nk_extractor.scheduling.scheduler import Scheduler
from nk_extractor.settings import ExtractorSettings
from support.clock import SetClock
from support.publisher import RecordingPublisher


class Night:
    """`scheduler` as the extractor makes it; Odoo is left out. A second one on the same engine is a replica."""

    def __init__(self, engine: Engine, clock: SetClock, **settings: object) -> None:
        self.engine, self.clock = engine, clock
        self.settings = ExtractorSettings.model_validate(
            {"timezone": "Asia/Jakarta", "in_flight_days": 100, **settings}
        )
        self.bus = RecordingPublisher()
        self.reader, self.writer, self.routines = LedgerReader(engine), LedgerWriter(engine), Routines(engine)
        self.dispatcher = Dispatcher(self.settings, self.writer, self.bus, clock)
        self.planner = Planner(self.settings, self.reader, self.writer, self.dispatcher, self.bus, clock)
        days: Any = None  # a comparison is noted here, and never run
        self.reconciling = ReconcileService(
            self.settings, days, Reconciliations(engine), self.reader, self.planner, clock
        )
        self.orders = Orders(self.settings, self.planner, self.reconciling, self.routines, self.reader, clock)
        self.scheduler = Scheduler(self.settings, self.routines, self.orders, self.bus, clock)

    async def sleep(self, **step: float) -> None:
        """Time passes, and then it looks; what it asked for is put on the bus, if that is there."""
        self.clock.tick(**step)
        await self.scheduler.once()
        if self.bus.error is None:
            await self.dispatcher.once()

    def runs(self) -> list[str]:
        """Every run of the schedule, oldest first, without the common beginning of their ids."""
        with Session(self.engine) as session:
            ids = list(session.scalars(select(RunRow.id).order_by(RunRow.created_at)))
        compared = [one.run.id for one in Reconciliations(self.engine).newest(100)]
        return [one.removeprefix("schedule-") for one in [*ids, *compared]]
