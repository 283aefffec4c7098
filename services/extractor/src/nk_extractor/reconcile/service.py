"""Runs comparisons of the lake with Odoo, one at a time, and asks for what turned out wrong."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from datetime import timedelta

import stamina

from nk_common.clock import Clock, today
from nk_common.datasets.base import PartitionKey
from nk_common.errors import NkError, TransientError
from nk_common.events.commands import ReconcileCommand
from nk_common.ledger.reader import LedgerReader
from nk_common.ledger.reconciliations import ReconciliationResultRow, Reconciliations, State, run_row
from nk_common.ledger.states import UNFINISHED
from nk_common.observability import logger
from nk_common.planning import plan_reconcile
from nk_extractor.planner import Planner
from nk_extractor.reconcile.compare import Found
from nk_extractor.reconcile.day import DayComparison, Outcome
from nk_extractor.settings import ExtractorSettings

_POLL = 0.5


class ReconcileService:
    """`accept` notes a command and returns; `run` is the loop that does the work.

    `patience`: how long days that are on their way are waited for before they are compared again.
    """

    def __init__(
        self,
        settings: ExtractorSettings,
        days: DayComparison,
        ledger: Reconciliations,
        reader: LedgerReader,
        planner: Planner,
        clock: Clock,
        patience: timedelta = timedelta(seconds=60),
    ) -> None:
        self._settings = settings
        self._days = days
        self._ledger = ledger
        self._reader = reader
        self._planner = planner
        self._clock = clock
        self._patience = patience
        self._waiting: asyncio.Queue[str] = asyncio.Queue()
        self._taken: set[str] = set()
        self._log = logger(__name__)

    async def accept(self, command: ReconcileCommand) -> None:
        """Note a command; it is run when its turn comes, once, however often it arrives.

        Raises BadCommandError, LedgerUnavailableError.
        """
        keys = plan_reconcile(command, today(self._clock, self._settings.zone))
        run = run_row(
            command.id,
            command.model_dump_json(),
            (command.start, command.end),
            list(dict.fromkeys(key.dataset for key in keys)),
            len(keys),
            self._clock.now(),
            reason=command.reason,
            requested_by=command.requested_by,
        )
        if await asyncio.to_thread(self._ledger.accept, run):
            self._take(command.id)

    async def run(self) -> None:
        """Bring what was begun to an end, then take one command after the other, until cancelled."""
        while True:
            try:
                await self.resume()
                await self.once(await self._waiting.get())
            except TransientError as error:
                self._log.warning("comparison with Odoo is held up", error=str(error))
                await asyncio.sleep(self._settings.catch_up_interval)

    async def resume(self) -> None:
        """Take up runs that the ledger knows and nobody has brought to an end."""
        for run in await asyncio.to_thread(self._ledger.unfinished):
            self._take(run.id)

    async def once(self, run_id: str) -> None:
        """One run, from its beginning to its end. Raises LedgerUnavailableError; it is then begun anew."""
        try:
            if await asyncio.to_thread(self._ledger.begin, run_id, self._clock.now()):
                await self._compared(run_id)
        finally:
            self._taken.discard(run_id)

    def _take(self, run_id: str) -> None:
        if run_id not in self._taken:
            self._taken.add(run_id)
            self._waiting.put_nowait(run_id)

    async def _compared(self, run_id: str) -> None:
        found = await asyncio.to_thread(self._ledger.one, run_id)
        if found is None:
            return
        command = ReconcileCommand.model_validate_json(found.run.command)
        self._log.info("comparing with Odoo", run=run_id, partitions=found.run.total)
        error: str | None = None
        try:
            keys = plan_reconcile(command, today(self._clock, self._settings.zone))
            outcomes = await self._pass(run_id, keys)
            late = await self._request(run_id, outcomes)
            if late:
                await self._until_loaded(late)
                await self._request(run_id, await self._pass(run_id, late))
        except NkError as problem:
            error = str(problem)
        except Exception as problem:
            self._log.exception("comparison failed", run=run_id)
            error = f"{type(problem).__name__}: {problem}"
        state: State = "failed" if error else "done"
        await asyncio.to_thread(self._ledger.finish, run_id, state, self._clock.now(), error)
        self._log.info("compared with Odoo", run=run_id, state=state, error=error)

    async def _pass(self, run_id: str, keys: Sequence[PartitionKey]) -> list[Outcome]:
        """Compare every day and keep what is found. A dataset that Odoo refused is not asked about again."""
        refused: dict[str, Found] = {}
        found: list[Outcome] = []
        at_once = self._settings.odoo_concurrency
        for start in range(0, len(keys), at_once):
            some = keys[start : start + at_once]
            for outcome in await asyncio.gather(*(self._day(key, refused) for key in some)):
                if outcome.day.status == "failed":
                    refused[outcome.key.dataset] = outcome.day
                await asyncio.to_thread(self._ledger.record, list(_rows(run_id, outcome)))
                found.append(outcome)
        return found

    async def _day(self, key: PartitionKey, refused: dict[str, Found]) -> Outcome:
        if key.dataset in refused:
            return Outcome(key, refused[key.dataset])
        async for attempt in stamina.retry_context(
            on=TransientError,
            attempts=self._settings.retry_attempts,
            timeout=self._settings.retry_budget,
            wait_initial=self._settings.retry_wait,
        ):
            with attempt:
                return await asyncio.to_thread(self._days.compare, key)
        raise AssertionError("retries end with a result or an error")

    async def _request(self, run_id: str, outcomes: Iterable[Outcome]) -> list[PartitionKey]:
        """Ask for what differs or is missing, unless it is on its way already.

        Returns the days whose difference may only be that they are late.
        """
        wrong = [one for one in outcomes if one.day.status in ("different", "missing")]
        on_their_way = await asyncio.to_thread(self._on_their_way, [one.key for one in wrong])
        asked = [one.key for one in wrong if one.key not in on_their_way]
        if asked:
            self._log.warning("the lake differs from Odoo; reading again", run=run_id, partitions=len(asked))
            await self._planner.request(asked, run_id, "reconciliation")
        return [one.key for one in wrong if one.moving or one.key in on_their_way]

    def _on_their_way(self, keys: Sequence[PartitionKey]) -> set[PartitionKey]:
        days = [key.day for key in keys if key.day]
        if not days:
            return set()
        rows = self._reader.partitions(min(days), max(days), {key.dataset for key in keys})
        found = {PartitionKey.parse(row.dataset, row.day) for row in rows if row.state in UNFINISHED}
        return found & set(keys)

    async def _until_loaded(self, keys: Sequence[PartitionKey]) -> None:
        """Wait, within patience, until none of them is on its way."""
        waited = 0.0
        while waited < self._patience.total_seconds():
            if not await asyncio.to_thread(self._on_their_way, keys):
                return
            await asyncio.sleep(_POLL)
            waited += _POLL


def _rows(run_id: str, outcome: Outcome) -> Iterable[ReconciliationResultRow]:
    found_of: list[tuple[int | None, Found]] = [(None, outcome.day), *outcome.stores.items()]
    for store, found in found_of:
        yield ReconciliationResultRow(
            run_id=run_id,
            dataset=outcome.key.dataset,
            day=outcome.key.day_text,
            store_id=store,
            status=found.status,
            odoo=found.odoo.as_json() if found.odoo else None,
            lake=found.lake.as_json() if found.lake else None,
            differing=found.differing,
            document_ids=list(found.ids),
            error=found.error,
        )
