"""The comparison that runs by itself, once every local night."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from nk_common.clock import Clock
from nk_common.datasets.base import PartitionKey
from nk_common.errors import NkError
from nk_common.events.commands import ReconcileCommand
from nk_common.ledger.engine import LEDGER_AWAY
from nk_common.ledger.reader import LedgerReader
from nk_common.ledger.reconciliations import Reconciliations
from nk_common.ledger.states import UNFINISHED
from nk_common.observability import logger
from nk_common.planning import plan_reconcile
from nk_extractor.reconcile.service import ReconcileService
from nk_extractor.settings import ExtractorSettings

_LOOK_EVERY = 60.0


class Nightly:
    """Looks every minute whether tonight's comparison is due; the ledger knows whether it was run."""

    def __init__(
        self,
        settings: ExtractorSettings,
        service: ReconcileService,
        ledger: Reconciliations,
        reader: LedgerReader,
        clock: Clock,
    ) -> None:
        self._settings = settings
        self._service = service
        self._ledger = ledger
        self._reader = reader
        self._clock = clock
        self._log = logger(__name__)

    async def run(self) -> None:
        """Look, sleep, until cancelled."""
        while self._settings.reconcile_at:
            try:
                await self.once()
            except (NkError, *LEDGER_AWAY) as error:
                self._log.warning("could not look whether a comparison is due", error=str(error))
            await asyncio.sleep(_LOOK_EVERY)

    async def once(self) -> None:
        """Start tonight's comparison if it is due: late after a night in which the machine was off."""
        command = await asyncio.to_thread(self.due)
        if command is not None:
            await self._service.accept(command)

    def due(self) -> ReconcileCommand | None:
        """Tonight's comparison, once its hour has come and the days are not just being loaded."""
        local = self._clock.now().astimezone(self._settings.zone)
        if f"{local:%H:%M}" < self._settings.reconcile_at:
            return None
        command = ReconcileCommand(
            id=f"nightly-{local:%Y-%m-%d}", reason="nightly", requested_by="nkdash",
            start=local.date() - timedelta(days=self._settings.reconcile_days - 1), end=local.date(),
        )  # fmt: skip
        if self._ledger.one(command.id) is not None:
            return None
        return self._of_known_days(command)

    def _of_known_days(self, command: ReconcileCommand) -> ReconcileCommand | None:
        """Not before the first day that is kept loaded or was ever asked for: that would load it.

        None while nothing was loaded yet, or a day before today is on its way.
        """
        keys = set(plan_reconcile(command, command.end))
        rows = {
            key: row
            for row in self._reader.partitions(command.start, command.end)
            if (key := PartitionKey.parse(row.dataset, row.day)) in keys
        }
        busy = any(key.day != command.end and row.state in UNFINISHED for key, row in rows.items())
        if busy or not any(row.loaded_version for row in rows.values()):
            return None
        window = command.end - timedelta(days=self._settings.initial_days - 1)
        first = min([window, *(key.day for key in rows if key.day)])
        return command.model_copy(update={"start": max(command.start, first)})
