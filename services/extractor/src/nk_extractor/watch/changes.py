"""Records of one model written since the last look, by keyset on (write_date, id).

`write_date` reads in whole seconds but is stored with microseconds, so every look starts a little before
the watermark and passes over what it has already seen.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from nk_common.clock import Clock
from nk_common.ledger.writer import LedgerWriter
from nk_extractor.extract.base import ODOO_TIME
from nk_extractor.odoo.client import Domain, OdooClient, Row
from nk_extractor.settings import ExtractorSettings
from nk_extractor.watch.watched import Watched

_PAGE = 1000
_MAX_SEEN = 50_000


class Changes:
    """Reads changed records, and remembers which were seen."""

    def __init__(
        self,
        watched: Watched,
        settings: ExtractorSettings,
        client: OdooClient,
        writer: LedgerWriter,
        clock: Clock,
    ) -> None:
        self._watched = watched
        self._settings = settings
        self._client = client
        self._writer = writer
        self._clock = clock
        self._seen: dict[int, str] = {}

    def read(self) -> list[Row]:
        """Records written since the watermark, less the overlap. One call where there are few."""
        model = self._watched.model
        mark = self._writer.watermark(model)
        if mark is None:
            mark = self._clock.now()
            self._writer.advance_watermark(model, mark)
        since = (mark - timedelta(seconds=self._settings.watch_overlap)).strftime(ODOO_TIME)
        found: dict[int, Row] = {}
        while True:
            page = self._page([["write_date", ">=", since]], "write_date, id")
            found |= {row["id"]: row for row in page}
            if len(page) < _PAGE:
                return list(found.values())
            last: str = page[-1]["write_date"][:19]
            if last == since:
                found |= {row["id"]: row for row in self._second(since)}
                last = _next_second(since)
            since = last

    def _second(self, second: str) -> Iterator[Row]:
        """Everything written within one second, by id: a mass edit writes thousands of records at once."""
        within = [["write_date", ">=", second], ["write_date", "<", _next_second(second)]]
        after = 0
        while True:
            page = self._page([*within, ["id", ">", after]], "id")
            yield from page
            if len(page) < _PAGE:
                return
            after = page[-1]["id"]

    def _page(self, written: Domain, order: str) -> list[Row]:
        watched = self._watched
        matter = watched.changes(self._client, self._settings)
        fields = [*((watched.day, "create_date") if watched.day else ()), *watched.fields, "write_date"]
        return self._client.search_read(watched.model, [*matter, *written], fields, order, _PAGE)

    def fresh(self, rows: list[Row]) -> list[Row]:
        """Those that were not seen as they are now."""
        return [row for row in rows if self._seen.get(row["id"]) != row["write_date"]]

    def remember(self, rows: list[Row], read_at: datetime) -> None:
        """Only once their days were asked for: what was seen is not news again.

        What was written in the very second of the look is: it may be written again in the same second.
        """
        if not rows:
            return
        if len(self._seen) > _MAX_SEEN:
            self._seen.clear()
        running = read_at.astimezone(UTC).strftime(ODOO_TIME)
        self._seen.update({row["id"]: row["write_date"] for row in rows if row["write_date"] < running})
        newest = max(row["write_date"] for row in rows)[:19]
        moment = datetime.strptime(newest, ODOO_TIME).replace(tzinfo=UTC)
        self._writer.advance_watermark(self._watched.model, moment)


def _next_second(text: str) -> str:
    moment = datetime.strptime(text, ODOO_TIME).replace(tzinfo=UTC)
    return (moment + timedelta(seconds=1)).strftime(ODOO_TIME)
