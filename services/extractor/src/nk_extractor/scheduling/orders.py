"""How a job of the schedule is carried out: by those who carry out commands, and the check of health here."""

from __future__ import annotations

import asyncio

from nk_common.api.health import PipelineHealth
from nk_common.clock import Clock
from nk_common.events.commands import ReconcileCommand
from nk_common.health.reading import read_health
from nk_common.ledger.models import RunRow
from nk_common.ledger.reader import LedgerReader
from nk_common.ledger.routines import Routines
from nk_common.observability import logger
from nk_common.schedule.jobs import ASKER, REASON, CheckHealth, Order
from nk_extractor.planner import Planner
from nk_extractor.reconcile.known_days import of_known_days
from nk_extractor.reconcile.service import ReconcileService
from nk_extractor.settings import ExtractorSettings


class Orders:
    """Every order may be carried out again with the same id, and then changes nothing."""

    def __init__(
        self,
        settings: ExtractorSettings,
        planner: Planner,
        reconciliations: ReconcileService,
        routines: Routines,
        reader: LedgerReader,
        clock: Clock,
    ) -> None:
        self._settings = settings
        self._planner = planner
        self._reconciliations = reconciliations
        self._routines = routines
        self._reader = reader
        self._clock = clock
        self._log = logger(__name__)

    async def ready(self, order: Order) -> Order | None:
        """The order as it can be carried out now; None while it has to wait."""
        if isinstance(order, ReconcileCommand):
            return await asyncio.to_thread(of_known_days, order, self._reader, self._settings)
        return order

    async def carry_out(self, order: Order) -> None:
        """Start it; whoever works on it brings it to its end. Raises NkError, and what SQLAlchemy raises."""
        if isinstance(order, CheckHealth):
            await asyncio.to_thread(self._check, order.id)
        elif isinstance(order, ReconcileCommand):
            await self._reconciliations.accept(order)
        else:
            await self._planner.run(order)

    def _check(self, run_id: str) -> None:
        found = read_health(self._reader, self._clock.now(), self._settings)
        for dataset in found.datasets:
            for finding in dataset.findings:
                self._log.warning(
                    finding.reason.en, dataset=dataset.dataset, health=finding.state, finding=finding.code,
                    advice=finding.advice.en, run=run_id,
                )  # fmt: skip
        self._log.info("health checked", run=run_id, health=found.state)
        self._routines.note_run(_run_of(run_id, found))


def _run_of(run_id: str, found: PipelineHealth) -> RunRow:
    """A run of no partition, over at once; what it found is its outcome."""
    return RunRow(
        id=run_id, kind="health", command='{"type":"health"}', reason=REASON, requested_by=ASKER, created_at=found.at,
        total=0, outcome=found.state,
    )  # fmt: skip
