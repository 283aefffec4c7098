"""Gathers the facts: ledger, disk, query API."""

from __future__ import annotations

import asyncio
import functools
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from nk_common.api.health import PipelineHealth
from nk_common.api.pipeline import PartitionState
from nk_common.clock import Clock
from nk_common.datasets import DAILY
from nk_common.errors import NotDerivableError
from nk_common.health.facts import Window
from nk_common.health.judgement import judge
from nk_common.health.limits import limits_of
from nk_common.health.outage import may_last, outage_of
from nk_common.ledger.models import DeadLetterRow
from nk_common.ledger.reader import LedgerReader, Reading
from nk_common.ledger.reconciliations import Reconciliations
from nk_common.ledger.states import public_state
from nk_notifier.digest.due import WANTED, Compared
from nk_notifier.findings import Disk, Facts, Letters
from nk_notifier.ledger import Ledger
from nk_notifier.query_api import QueryApi
from nk_notifier.settings import NotifierSettings

_WRONG = ("different", "missing")


@dataclass(frozen=True)
class DayFacts:
    """What the ledger knows of one day, for its digest."""

    states: Mapping[str, PartitionState]
    compared: Mapping[str, Compared]
    health: PipelineHealth


class Looking:
    """Reads everything that is judged. Nothing here decides."""

    def __init__(self, settings: NotifierSettings, ledger: Ledger, api: QueryApi, clock: Clock) -> None:
        self._settings = settings
        self._ledger = ledger
        self._api = api
        self._clock = clock

    async def facts(self) -> Facts:
        """Raises LedgerUnavailableError: without the ledger nothing is known, and nothing is judged."""
        api_answers, disk = await asyncio.gather(self._api.answers(), asyncio.to_thread(self._disk))
        return await asyncio.to_thread(self._facts, api_answers, disk)

    def day(self, day: date) -> DayFacts:
        """Blocking. Raises LedgerUnavailableError."""
        return self._ledger.read(functools.partial(self._day, day=day))

    def _facts(self, api_answers: bool, disk: Disk | None) -> Facts:
        window = self._window()
        return self._ledger.read(
            lambda engine: self._read(engine, window, api_answers=api_answers, disk=disk)
        )

    def _read(self, engine: Engine, window: Window, *, api_answers: bool, disk: Disk | None) -> Facts:
        readings = LedgerReader(engine).readings(window.start, window.today)
        return Facts(
            health=self._health(engine, window, readings),
            readings=[*readings, *_failed_long_ago(engine, window)],
            differing=_still_different(engine, window, readings),
            letters=_open_letters(engine),
            disk=disk,
            api_answers=api_answers,
            key_expires=self._settings.odoo_api_key_expires,
            odoo_unknown=may_last(LedgerReader(engine).watch(), window.now),
        )

    def _day(self, engine: Engine, day: date) -> DayFacts:
        window = self._window()
        reader = LedgerReader(engine)
        rows = {row.dataset: row for row in reader.partitions(day, day, WANTED)}
        results = Reconciliations(engine).newest_results(day, day, WANTED)
        return DayFacts(
            states={name: public_state(rows.get(name), self._settings.zone) for name in WANTED},
            compared={one.dataset: Compared(one.status, one.at) for one in results},
            health=self._health(engine, window, reader.readings(window.start, window.today)),
        )

    def _window(self) -> Window:
        now, zone = self._clock.now(), self._settings.zone
        start = now.astimezone(zone).date() - timedelta(days=self._settings.initial_days - 1)
        return Window(start, now, zone)

    def _health(self, engine: Engine, window: Window, readings: Sequence[Reading]) -> PipelineHealth:
        reader = LedgerReader(engine)
        paused = {row.dataset: row.since for row in reader.paused()}
        away = outage_of(reader.watch(), window.now)
        return judge(readings, window, functools.partial(limits_of, self._settings), paused, away=away)

    def _disk(self) -> Disk | None:
        try:
            usage = shutil.disk_usage(self._settings.data_lake_root)
        except OSError:
            return None  # no lake yet, or it lies elsewhere
        return Disk(usage.free, usage.total, self._settings.least_free(usage.total))


def _still_different(engine: Engine, window: Window, readings: Sequence[Reading]) -> dict[str, list[date]]:
    """Days that the two newest comparisons found wrong, and that were read again in between: what was found first
    was read again at once, and a day that was merely late is equal since."""
    ledger, names = Reconciliations(engine), [one.name for one in DAILY]
    newest = ledger.newest_results(window.start, window.today, names)
    before = {
        (one.dataset, one.day): one for one in ledger.newest_results(window.start, window.today, names, 2)
    }
    read = {(row.dataset, row.day): row.as_of for row in readings}
    found: dict[str, list[date]] = {}
    for one in newest:
        earlier, as_of = before.get((one.dataset, one.day)), read.get((one.dataset, one.day))
        wrong = earlier and one.status in _WRONG and earlier.status in _WRONG
        if wrong and earlier and as_of and as_of > earlier.at:
            found.setdefault(one.dataset, []).append(one.day)
    return found


def _failed_long_ago(engine: Engine, window: Window) -> list[Reading]:
    """Days before the window count when they failed: their figures are wrong or missing, and no page's health says so.
    Not those that cannot be derived; they are made by themselves once what they take is there."""
    rows = LedgerReader(engine).failed_readings(window.start)
    return [row for row in rows if row.error_class != NotDerivableError.__name__]


def _open_letters(engine: Engine) -> list[Letters]:
    """Of messages that belong to no day: nobody tries them again by themselves, as failed days are. They count until
    somebody says in the inbox what becomes of them."""
    row = DeadLetterRow
    query = (
        select(row.topic, func.count(), func.max(row.error_class))
        .where(row.resolution.is_(None), row.day.is_(None))
        .group_by(row.topic)
        .order_by(row.topic)
    )
    with Session(engine) as session:
        return [Letters(topic, number, kind) for topic, number, kind in session.execute(query)]
