"""The jobs, each with the command that a firing of it is. A new one is an entry here and a setting."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from nk_common.events.commands import BackfillCommand, ReconcileCommand, RefreshDimensionsCommand
from nk_common.schedule.cron import previous_firing
from nk_common.schedule.settings import ScheduleSettings

JobKind = Literal["yesterday", "snapshot", "dimensions", "reconcile", "health"]
REASON, ASKER = "schedule", "nkdash"


@dataclass(frozen=True)
class CheckHealth:
    """Judge every dataset, and say what is late or failing. Not a command: nobody else need ask for it."""

    id: str


Order = BackfillCommand | RefreshDimensionsCommand | ReconcileCommand | CheckHealth


@dataclass(frozen=True)
class Occasion:
    """A firing of a job at `moment`, ordered at `now` (later, where it was missed), with the id that its run has."""

    id: str
    moment: datetime
    now: datetime
    settings: ScheduleSettings

    @property
    def yesterday(self) -> date:
        """The day that was over when it fired, also where it is ordered days later."""
        return self.moment.astimezone(self.settings.zone).date() - timedelta(days=1)

    @property
    def today(self) -> date:
        """The day that runs when it is ordered: Odoo tells the stock of no other."""
        return self.now.astimezone(self.settings.zone).date()


@dataclass(frozen=True)
class Job:
    """`name` is a dataset, or what is done; `order` makes the command of a firing."""

    name: str
    kind: JobKind
    order: Callable[[Occasion], Order]

    @property
    def setting(self) -> str:
        """The environment variable with its cron expression."""
        return f"NK_{self._field}".upper()

    @property
    def _field(self) -> str:
        return f"schedule_{self.name.replace('-', '_')}"

    def cron(self, settings: ScheduleSettings) -> str:
        """Its expression; empty for never."""
        expression: str = getattr(settings, self._field)
        return expression

    def due(self, settings: ScheduleSettings, since: datetime, now: datetime) -> datetime | None:
        """The newest firing up to `now`; None where there was none after `since`."""
        moment = previous_firing(self.cron(settings), now, settings.zone)
        return moment if moment is not None and moment >= since else None

    def run_id(self, moment: datetime, zone: ZoneInfo) -> str:
        """Of the firing at `moment`: the same on every extractor, and after every restart."""
        return f"schedule-{self.name}-{moment.astimezone(zone):%Y%m%dT%H%M%z}"


def _yesterday(name: str) -> Job:
    """A day of a dataset, once it is over. Not forced: what was read after its end is not read again."""

    def order(at: Occasion) -> Order:
        return BackfillCommand(
            id=at.id, reason=REASON, requested_by=ASKER, datasets=[name], start=at.yesterday, end=at.yesterday
        )

    return Job(name, "yesterday", order)


def _snapshot(name: str) -> Job:
    """Today as it is now, although it was read before. A missed one cannot be made up for: it is today's, too."""

    def order(at: Occasion) -> Order:
        return BackfillCommand(
            id=at.id, reason=REASON, requested_by=ASKER, datasets=[name], start=at.today, end=at.today, force=True
        )  # fmt: skip

    return Job(name, "snapshot", order)


def _refresh(at: Occasion) -> Order:
    return RefreshDimensionsCommand(id=at.id, reason=REASON, requested_by=ASKER)


def _reconcile(at: Occasion) -> Order:
    first = at.today - timedelta(days=at.settings.reconcile_days - 1)
    return ReconcileCommand(id=at.id, reason=REASON, requested_by=ASKER, start=first, end=at.today)


JOBS = (
    _yesterday("pos"),
    _yesterday("invoice-sales"),
    _yesterday("purchases"),
    _yesterday("inventory-moves"),
    Job("reconcile", "reconcile", _reconcile),
    _snapshot("stock-quants"),
    Job("dimensions", "dimensions", _refresh),
    Job("health", "health", lambda at: CheckHealth(at.id)),
)
"""In the order in which those that are due at one moment are ordered."""
