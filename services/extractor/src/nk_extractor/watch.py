"""The change watch: records written in Odoo since the last look, mapped to the days they belong to.

`write_date` reads in whole seconds but is stored with microseconds, so every look starts a little before
the watermark and passes over what it has already seen.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta

from nk_common.clock import Clock
from nk_common.datasets.base import PartitionKey
from nk_common.errors import NkError
from nk_common.ledger.reader import LedgerReader
from nk_common.ledger.writer import LedgerWriter
from nk_common.observability import logger
from nk_extractor.extract.base import ODOO_TIME
from nk_extractor.extract.pos import ORDER
from nk_extractor.odoo.client import OdooClient, Row
from nk_extractor.planner import Planner
from nk_extractor.settings import ExtractorSettings

_PAGE = 1000
_MAX_SEEN = 50_000


class ChangeWatch:
    """Watches `pos.order`, in every state: a cancelled order must leave its day again."""

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
        self._client = client
        self._reader = reader
        self._writer = writer
        self._planner = planner
        self._clock = clock
        self._log = logger(__name__)
        self._seen: dict[int, str] = {}

    async def run(self) -> None:
        """Look every `watch_interval` until cancelled; an Odoo that is away is looked for again."""
        if not self._settings.watch:
            return
        while True:
            try:
                await self.once()
            except NkError as error:
                self._log.warning("change watch could not look", error=str(error))
            await asyncio.sleep(self._settings.watch_interval)

    async def once(self) -> None:
        """One look: ask for the days of what changed, then move the watermark."""
        rows = await asyncio.to_thread(self._changes)
        fresh = [row for row in rows if self._seen.get(row["id"]) != row["write_date"]]
        days = await asyncio.to_thread(self._days, fresh)
        if days:
            now = self._clock.now()
            self._log.info("changes noticed", orders=len(fresh), days=len(days))
            await self._planner.request(
                [PartitionKey("pos", day) for day in days], f"watch-{now:%Y%m%dT%H%M%S%f}", "watch"
            )
        await asyncio.to_thread(self._remember, rows)

    def _changes(self) -> list[Row]:
        """Orders written since the watermark less the overlap, keyset on (write_date, id)."""
        mark = self._writer.watermark(ORDER)
        if mark is None:
            mark = self._clock.now()
            self._writer.advance_watermark(ORDER, mark)
        since = (mark - timedelta(seconds=self._settings.watch_overlap)).strftime(ODOO_TIME)
        found: list[Row] = []
        after: list[object] = []
        while True:
            domain = [["write_date", ">=", since], *after]
            page = self._client.search_read(
                ORDER, domain, ["date_order", "write_date"], "write_date, id", _PAGE
            )
            known = {row["id"] for row in found}
            found += [row for row in page if row["id"] not in known]
            if len(page) < _PAGE:
                return found
            last = page[-1]
            if last["write_date"] == since:
                after = [["id", ">", last["id"]]]
            else:
                since, after = last["write_date"], []

    def _days(self, rows: Iterable[Row]) -> list[date]:
        """Local days of the rows that are in the window or were loaded before, newest first."""
        zone = self._settings.zone
        days = {_moment(row["date_order"]).astimezone(zone).date() for row in rows if row["date_order"]}
        today = self._clock.now().astimezone(zone).date()
        first = today - timedelta(days=self._settings.initial_days - 1)
        kept = {d for d in days if d >= first or self._reader.partition(PartitionKey("pos", d))}
        return sorted((d for d in kept if d <= today), reverse=True)

    def _remember(self, rows: list[Row]) -> None:
        if not rows:
            return
        if len(self._seen) > _MAX_SEEN:
            self._seen.clear()
        self._seen.update({row["id"]: row["write_date"] for row in rows})
        self._writer.advance_watermark(ORDER, max(_moment(row["write_date"]) for row in rows))


def _moment(text: str) -> datetime:
    return datetime.strptime(text, ODOO_TIME).replace(tzinfo=UTC)
