"""Runs comparisons of the lake with Odoo, one at a time, and asks for what turned out wrong."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterable, Sequence
from datetime import date, timedelta

import stamina

from nk_common.clock import Clock, today
from nk_common.datasets.base import PartitionKey
from nk_common.errors import BadCommandError, LedgerUnavailableError, NkError, TransientError
from nk_common.events.commands import ReconcileCommand
from nk_common.ledger.engine import LEDGER_AWAY
from nk_common.ledger.reader import LedgerReader
from nk_common.ledger.reconciliations import (
    ReconciliationResultRow,
    ReconciliationRunRow,
    Reconciliations,
    State,
    run_row,
)
from nk_common.ledger.states import UNFINISHED
from nk_common.observability import logger
from nk_common.planning import plan_reconcile
from nk_extractor.planner import Planner
from nk_extractor.reconcile.compare import Found
from nk_extractor.reconcile.day import DayComparison, Outcome
from nk_extractor.settings import ExtractorSettings

_POLL = 0.5
_LOST_IN_A_ROW = 2
"""So many rounds of days, one after the other, of which none could be compared: it is no single day's failure."""
_BEAT = 30.0
"""Seconds between signs of life of a run: a single day may take minutes when Odoo is slow or away."""


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
        """Take one command after the other, and what broke off elsewhere, until cancelled."""
        while True:
            try:
                await self.resume()
                run_id = await self._next()
                if run_id is not None:
                    await self.once(run_id)
            except (TransientError, *LEDGER_AWAY) as error:
                self._log.warning("comparison with Odoo is held up", error=str(error))
                await asyncio.sleep(self._settings.catch_up_interval)

    async def resume(self) -> None:
        """Take up runs that the ledger knows and nobody works on."""
        for run in await asyncio.to_thread(self._ledger.unattended, self._clock.now()):
            self._take(run.id)

    async def _next(self) -> str | None:
        """The next run in the queue; None when it is time to look for unattended ones again."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._settings.catch_up_interval):
                return await self._waiting.get()
        return None

    async def once(self, run_id: str) -> None:
        """One run, from its beginning to its end; nothing where another extractor works on it.

        Raises LedgerUnavailableError and what SQLAlchemy raises; the run is begun anew once it counts as
        unattended.
        """
        try:
            found = await asyncio.to_thread(self._ledger.one, run_id)
            if found is None:
                return
            now = today(self._clock, self._settings.zone)
            keys = _plan(found.run, now)
            if await asyncio.to_thread(self._ledger.begin, run_id, self._clock.now(), len(keys)):
                async with self._beating(run_id):
                    await self._compared(run_id, keys, now)
        finally:
            self._taken.discard(run_id)

    @contextlib.asynccontextmanager
    async def _beating(self, run_id: str) -> AsyncIterator[None]:
        """Signs of life in the ledger while the body runs."""
        beats = asyncio.create_task(self._beat(run_id))
        try:
            yield
        finally:
            beats.cancel()
            await asyncio.gather(beats, return_exceptions=True)

    async def _beat(self, run_id: str) -> None:
        while True:
            await asyncio.sleep(_BEAT)
            with contextlib.suppress(LedgerUnavailableError):
                await asyncio.to_thread(self._ledger.beat, run_id, self._clock.now())

    def _take(self, run_id: str) -> None:
        if run_id not in self._taken:
            self._taken.add(run_id)
            self._waiting.put_nowait(run_id)

    async def _compared(self, run_id: str, keys: Sequence[PartitionKey], now: date) -> None:
        self._log.info("comparing with Odoo", run=run_id, partitions=len(keys))
        error = None if keys else "Odoo tells the stock of today only; the day asked for is over."
        try:
            late = await self._request(run_id, await self._pass(run_id, keys), now)
            if late:
                await self._until_loaded(late)
                await self._request(run_id, await self._pass(run_id, late), now)
        except (LedgerUnavailableError, *LEDGER_AWAY):
            raise
        except NkError as problem:
            error = str(problem)
        except Exception as problem:
            self._log.exception("comparison failed", run=run_id)
            error = f"{type(problem).__name__}: {problem}"
        state: State = "failed" if error else "done"
        await asyncio.to_thread(self._ledger.finish, run_id, state, self._clock.now(), error)
        self._log.info("compared with Odoo", run=run_id, state=state, error=error)

    async def _pass(self, run_id: str, keys: Sequence[PartitionKey]) -> list[Outcome]:
        """Compare every day and keep what is found. A dataset that Odoo refused is not asked about again.

        Raises TransientError where nothing at all can be compared: no day, or no day for long.
        """
        refused: dict[str, Found] = {}
        found: list[Outcome] = []
        at_once = self._settings.odoo_concurrency
        for start in range(0, len(keys), at_once):
            some = keys[start : start + at_once]
            for outcome in await asyncio.gather(*(self._day(key, refused) for key in some)):
                if outcome.day.status == "failed" and not outcome.lost:
                    refused[outcome.key.dataset] = outcome.day
                await asyncio.to_thread(self._ledger.record, list(_rows(run_id, outcome)))
                found.append(outcome)
            if len(found) >= _LOST_IN_A_ROW * at_once:
                _give_up_if_lost(found[-_LOST_IN_A_ROW * at_once :])
        _give_up_if_lost(found)
        return found

    async def _day(self, key: PartitionKey, refused: dict[str, Found]) -> Outcome:
        """What keeps one day from being compared is that day's failure. Nothing here asks the ledger."""
        if key.dataset in refused:
            return Outcome(key, refused[key.dataset])
        try:
            return await self._tried(key)
        except NkError as problem:
            error = str(problem)
        except Exception as problem:
            self._log.exception("a day cannot be compared", dataset=key.dataset, day=key.day_text)
            error = f"{type(problem).__name__}: {problem}"
        self._log.warning("a day was not compared", dataset=key.dataset, day=key.day_text, error=error)
        return Outcome(key, Found("failed", error=error), lost=True)

    async def _tried(self, key: PartitionKey) -> Outcome:
        async for attempt in stamina.retry_context(
            on=TransientError,
            attempts=self._settings.retry_attempts,
            timeout=self._settings.retry_budget,
            wait_initial=self._settings.retry_wait,
        ):
            with attempt:
                return await asyncio.to_thread(self._days.compare, key)
        raise AssertionError("retries end with a result or an error")

    async def _request(self, run_id: str, outcomes: Iterable[Outcome], now: date) -> list[PartitionKey]:
        """Ask for what differs or is missing, unless it is on its way already.

        Returns the days whose difference may only be that they are late. Today's always may: what was
        cancelled, deleted or sold out since the lake read it is no longer there to say so.
        """
        wrong = [one for one in outcomes if one.day.status in ("different", "missing")]
        on_their_way = await asyncio.to_thread(self._on_their_way, [one.key for one in wrong])
        asked = [one.key for one in wrong if one.key not in on_their_way]
        if asked:
            self._log.warning("the lake differs from Odoo; reading again", run=run_id, partitions=len(asked))
            await self._planner.request(asked, run_id, "reconciliation")
        return [one.key for one in wrong if one.moving or _of_today(one, now) or one.key in on_their_way]

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


def _plan(run: ReconciliationRunRow, now: date) -> list[PartitionKey]:
    """Days to compare, as of the moment the run is begun: stock of a day that is over drops out."""
    try:
        return plan_reconcile(ReconcileCommand.model_validate_json(run.command), now)
    except BadCommandError:  # it was none when the run was accepted: nothing but that stock is left
        return []


def _give_up_if_lost(outcomes: Sequence[Outcome]) -> None:
    """Raises TransientError, with the newest reason, if none of them could be compared."""
    if outcomes and all(one.lost for one in outcomes):
        raise TransientError(outcomes[-1].day.error or "")


def _of_today(outcome: Outcome, now: date) -> bool:
    return outcome.key.day == now and outcome.day.status == "different"


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
