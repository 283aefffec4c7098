"""Deleted records, which no `write_date` tells of: Odoo's count of a stretch of days against the lake's.

A quiet look costs one call per stretch of loaded days. Only where the counts differ is the stretch halved,
and the ids of the days that are left are compared.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from nk_extractor.odoo.client import OdooClient
from nk_extractor.settings import OdooSettings
from nk_extractor.watch.known import Known
from nk_extractor.watch.watched import Held, between


@dataclass(frozen=True)
class Census:
    """Of one dataset of one model; `day_field` decides the day of its records.

    `extra`: ids that Odoo counts for a day although the lake did not hold them when it was last looked at;
    the day was asked for once. Some never come: an order without lines.
    """

    model: str
    day_field: str
    held: Held
    known: Known
    settings: OdooSettings
    client: OdooClient
    extra: dict[date, frozenset[int]] = field(default_factory=dict)

    def wrong_days(self, days: Collection[date]) -> set[date]:
        """Of `days`, which must be at rest, those whose records in Odoo are others than the lake's."""
        wrong: set[date] = set()
        for stretch in _stretches(sorted(day for day in days if self.known.ids(day) is not None)):
            wrong |= self._wrong(stretch)
        return wrong

    def _wrong(self, days: Sequence[date]) -> set[date]:
        first, last = (self.held.counted(self.client, self.settings, day) for day in (days[0], days[-1]))
        counted = self.client.count(self.model, between(first, last, self.day_field))
        if counted == sum(self._expected(day) for day in days):
            return set()
        if len(days) == 1:
            return self._wrong_day(days[0])
        half = len(days) // 2
        return self._wrong(days[:half]) | self._wrong(days[half:])

    def _expected(self, day: date) -> int:
        """How many records Odoo should count."""
        held = self.known.ids(day)
        if held is None:
            return 0
        extra = self.extra.get(day)
        return len(held) + (len(extra - set(held.to_pylist())) if extra else 0)

    def _wrong_day(self, day: date) -> set[date]:
        """What Odoo has and the lake has not is asked for once; some of it never comes (a line-less order)."""
        column = self.known.ids(day)
        if column is None:
            return set()
        held = frozenset(column.to_pylist())
        there = frozenset(self.client.search(self.model, self.held.counted(self.client, self.settings, day)))
        extra, before = there - held, self.extra.get(day, frozenset())
        self.extra[day] = extra
        return {day} if held - there or extra - before else set()


def _stretches(days: Sequence[date]) -> Iterator[list[date]]:
    """Runs of days that follow each other."""
    stretch: list[date] = []
    for day in days:
        if stretch and day - stretch[-1] > timedelta(days=1):
            yield stretch
            stretch = []
        stretch.append(day)
    if stretch:
        yield stretch
