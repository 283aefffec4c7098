"""The loop: every few seconds one look at each watched model."""

from __future__ import annotations

import asyncio
import contextlib
import uuid
from collections.abc import Iterable
from datetime import date, timedelta

from nk_common.clock import Clock, today
from nk_common.datasets.base import PartitionKey
from nk_common.errors import ODOO_AWAY, NkError, OdooRefusedError
from nk_common.lake.layout import Layout
from nk_common.ledger.engine import LEDGER_AWAY
from nk_common.ledger.reader import LedgerReader
from nk_common.ledger.routines import WATCH
from nk_common.ledger.writer import LedgerWriter
from nk_common.observability import logger
from nk_common.planning import days_between
from nk_extractor.odoo.client import OdooClient, Row
from nk_extractor.planner import Planner
from nk_extractor.settings import ExtractorSettings
from nk_extractor.watch.census import Census
from nk_extractor.watch.changes import Changes
from nk_extractor.watch.known import Known
from nk_extractor.watch.watched import WATCHED, Held, Watched

_LEASE = timedelta(seconds=45)
"""An extractor that has not begun a look for so long, or for three intervals, lets another one look."""
_SNAPSHOT_REST = timedelta(seconds=60)


class ChangeWatch:
    """Asks for the days of what was written, cancelled, re-dated or deleted since the last look.

    Of several extractors one looks: each remembers for itself what it has seen, so two would read every change twice.
    """

    def __init__(
        self,
        settings: ExtractorSettings,
        client: OdooClient,
        reader: LedgerReader,
        writer: LedgerWriter,
        planner: Planner,
        clock: Clock,
    ) -> None:
        self._settings = settings
        self._writer = writer
        self._planner = planner
        self._clock = clock
        self._log = logger(__name__)
        self._looks = [_Look(one, settings, client, reader, writer, clock) for one in WATCHED]
        self._refused: dict[str, str] = {}
        self._who = uuid.uuid4().hex
        self._lease = max(_LEASE, 3 * timedelta(seconds=settings.watch_interval))

    async def run(self) -> None:
        """Look every `watch_interval` until cancelled; an Odoo or a ledger that is away is looked for again."""
        if not self._settings.watch:
            return
        try:
            while True:
                begun = self._clock.now()
                await self.look()
                looked = (self._clock.now() - begun).total_seconds()
                await asyncio.sleep(max(0.0, self._settings.watch_interval - looked))
        finally:
            with contextlib.suppress(NkError, *LEDGER_AWAY):
                await asyncio.to_thread(self._writer.leave_turn, WATCH, self._who)

    async def look(self) -> None:
        """`once`, if it is this extractor's turn; why it failed, if it did, is noted."""
        try:
            at = self._clock.now()
            if await asyncio.to_thread(self._writer.take_turn, WATCH, self._who, at, self._lease):
                await self.once()
        except (NkError, *LEDGER_AWAY) as error:
            await self._note(error)

    async def _note(self, error: Exception) -> None:
        """Keep why a look failed, where everybody sees it. A ledger that is away keeps nothing."""
        key = self._settings.odoo_api_key.get_secret_value()
        said = str(error).replace(key, "...") if key else str(error)
        self._log.warning("change watch could not look", error=said)
        if not isinstance(error, NkError):
            return
        with contextlib.suppress(NkError, *LEDGER_AWAY):
            await asyncio.to_thread(
                self._writer.could_not_look, WATCH, self._clock.now(), type(error).__name__, said
            )

    async def once(self) -> None:
        """One look at every model. One that may not be read is said once; the others go on.

        Raises what says that nothing can be read at all: an Odoo that is away, a refused key.
        """
        for look in self._looks:
            model = look.watched.model
            try:
                await self._look(look)
                self._refused.pop(model, None)
            except OdooRefusedError as error:
                if isinstance(error, ODOO_AWAY):
                    raise
                if self._refused.get(model) != str(error):
                    self._refused[model] = str(error)
                    self._log.warning("changes of this model are not seen", model=model, error=str(error))
        await asyncio.to_thread(self._writer.looked, WATCH, self._clock.now())

    async def _look(self, look: _Look) -> None:
        at = self._clock.now()
        rows = await asyncio.to_thread(look.changes.read)
        fresh = look.changes.fresh(rows)
        await self._request(await asyncio.to_thread(look.touched, fresh), look, len(fresh))
        await asyncio.to_thread(look.changes.remember, rows, at)
        await self._request(await asyncio.to_thread(look.miscounted), look, None)

    async def _request(self, keys: Iterable[PartitionKey], look: _Look, changed: int | None) -> None:
        asked = sorted(keys, key=lambda key: (key.dataset, key.day_text), reverse=True)
        if not asked:
            return
        now = self._clock.now()
        self._log.info("changes noticed", model=look.watched.model, records=changed, days=len(asked))
        await self._planner.request(asked, f"watch-{now:%Y%m%dT%H%M%S%f}", "watch")


class _Look:
    """What looking at one model needs. Blocking."""

    def __init__(
        self,
        watched: Watched,
        settings: ExtractorSettings,
        client: OdooClient,
        reader: LedgerReader,
        writer: LedgerWriter,
        clock: Clock,
    ) -> None:
        self.watched = watched
        self.changes = Changes(watched, settings, client, writer, clock)
        self._settings = settings
        self._reader = reader
        self._clock = clock
        layout = Layout(settings.data_lake_root)
        self._known = {one.dataset: Known(layout, one.table, one.column) for one in watched.datasets}
        self._censuses = [
            Census(watched.model, watched.day, one, self._known[one.dataset], settings, client)
            for one in watched.datasets
            if watched.day is not None
        ]

    def touched(self, rows: list[Row]) -> set[PartitionKey]:
        """Days on which the records lie now, and those on which the lake holds them."""
        return {key for held in self.watched.datasets for key in self._touched(held, rows)}

    def miscounted(self) -> set[PartitionKey]:
        """Days at rest of which Odoo counts other records than the lake holds."""
        wrong: set[PartitionKey] = set()
        for census in self._censuses:
            dataset = census.held.dataset
            window = self._window()
            rows = self._reader.partitions(window[0], window[-1], [dataset])
            at_rest = {date.fromisoformat(row.day) for row in rows if row.state == "loaded"}
            wrong |= {PartitionKey(dataset, day) for day in census.wrong_days(at_rest)}
        return wrong

    def _touched(self, held: Held, rows: list[Row]) -> Iterable[PartitionKey]:
        now = today(self._clock, self._settings.zone)
        ours = [row for row in rows if held.accepts(row)]
        days = {self.watched.day_of(row, self._settings.zone, now) for row in ours}
        if self.watched.day is not None:
            days |= self._known[held.dataset].holding([row["id"] for row in ours], self._window())
            days |= self._before_window(held, [row["id"] for row in ours if _may_have_moved(row)])
        if self.watched.day is None and self._is_fresh(PartitionKey(held.dataset, now)):
            return
        first = self._window()[0]
        for day in days:
            key = PartitionKey(held.dataset, day)
            if day is not None and day <= now and (day >= first or self._reader.partition(key)):
                yield key

    def _before_window(self, held: Held, ids: list[int]) -> set[date]:
        """Loaded days before the window on which the lake holds one of the records. Asked of records that are
        in the window as well: a refresh of the new day may have been quicker than this look."""
        if not ids:
            return set()
        first = self._window()[0]
        states = self._reader.day_states([held.dataset])
        loaded = [one.day for one in states if one.version is not None and one.day < first]
        return self._known[held.dataset].holding(ids, loaded)

    def _is_fresh(self, key: PartitionKey) -> bool:
        """Whether a snapshot was taken moments ago: every sale changes stock, and each snapshot reads all of it.
        What is passed over here is in the next one, which upkeep takes after some minutes at the latest."""
        row = self._reader.partition(key)
        return row is not None and row.as_of is not None and self._clock.now() - row.as_of < _SNAPSHOT_REST

    def _window(self) -> list[date]:
        last = today(self._clock, self._settings.zone)
        return days_between(last - timedelta(days=self._settings.initial_days - 1), last)


def _may_have_moved(row: Row) -> bool:
    """What was only just created has no former day. An entry made today may have been given an old date and be
    moved later, so it is not enough to look at those created before the window."""
    return not row["create_date"] or row["write_date"][:19] > row["create_date"][:19]
