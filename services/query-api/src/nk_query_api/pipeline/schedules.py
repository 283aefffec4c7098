"""What the extractor does by itself, as it told the ledger."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from nk_common.api.common import Text
from nk_common.api.pipeline import Reconciliation, Run
from nk_common.api.schedules import Derived, LastFiring, Routine, ScheduledJob, Schedules
from nk_common.datasets import DAILY
from nk_common.ledger.progress import as_run
from nk_common.schedule.cron import next_firing
from nk_common.schedule.jobs import JOBS, Job
from nk_query_api.pipeline.ledger import Ledger
from nk_query_api.pipeline.reconciliations import summary

if TYPE_CHECKING:
    from nk_common.ledger.routines import RoutineRow

_WATCH, _CATCH_UP = "watch", "catch-up"


@dataclass(frozen=True)
class Known:
    """What became of the newest firings, by run id."""

    runs: Mapping[str, Run] = field(default_factory=dict)
    comparisons: Mapping[str, Reconciliation] = field(default_factory=dict)


def read_schedules(ledger: Ledger, now: datetime, zone: ZoneInfo) -> Schedules:
    """Blocking. Raises LedgerUnavailableError."""
    rows = ledger.ask_routines(lambda routines: routines.all())
    ids = [row.run_id for row in rows.values() if row.run_id]
    runs = ledger.ask(lambda reader: reader.runs(len(ids), ids))
    compared = ledger.ask_reconciliations(lambda held: [held.one(run_id) for run_id in ids])
    known = Known(
        {one.run.id: as_run(one, now) for one in runs},
        {one.run.id: summary(one) for one in compared if one is not None},
    )
    return schedules(rows, known, now, zone)


def schedules(rows: Mapping[str, RoutineRow], known: Known, now: datetime, zone: ZoneInfo) -> Schedules:
    """Jobs in the order of the list; those that no extractor told of are left out. Pure."""
    told = [(job, rows[job.name]) for job in JOBS if job.name in rows]
    return Schedules(
        at=now,
        timezone=zone.key,
        jobs=[_job(job, row, known, now, zone) for job, row in told],
        watch=_routine(rows.get(_WATCH), now),
        catch_up=_routine(rows.get(_CATCH_UP), now),
        derived=list(_derived()),
    )


def _job(job: Job, row: RoutineRow, known: Known, now: datetime, zone: ZoneInfo) -> ScheduledJob:
    return ScheduledJob(
        name=job.name,
        kind=job.kind,
        enabled=bool(row.rule),
        cron=row.rule or None,
        since=row.since,
        next_at=next_firing(row.rule, now, zone),
        last=_last(row, known),
    )


def _last(row: RoutineRow, known: Known) -> LastFiring | None:
    if row.fired_at is None or row.run_id is None:
        return None
    return LastFiring(
        fired_at=row.fired_at,
        taken_at=row.taken_at,
        run_id=row.run_id,
        run=known.runs.get(row.run_id),
        comparison=known.comparisons.get(row.run_id),
    )


def _routine(row: RoutineRow | None, now: datetime) -> Routine | None:
    if row is None:
        return None
    every = float(row.rule) if row.rule else None
    fails = row.fails(now)
    return Routine(
        enabled=every is not None,
        every_seconds=every,
        since=row.since,
        last_look=row.looked_at,
        failing_since=row.failing_since if fails else None,
        error=row.error if fails else None,
    )


def _derived() -> Iterable[Derived]:
    for dataset in DAILY:
        if dataset.rebuilt == "always":
            title = Text(id=dataset.title_id, en=dataset.title_en)
            yield Derived(dataset=dataset.name, title=title, made_of=list(dataset.made_of))
