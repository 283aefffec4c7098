"""Lag and comparisons with Odoo behind `FakeQueryApi`, and a comparison that found something of every kind."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Literal, Protocol

from nk_common.api.alerts import Alert, Alerts
from nk_common.api.common import Text
from nk_common.api.health import (
    DatasetHealth,
    FindingCode,
    HealthDays,
    HealthFinding,
    OdooAway,
    PipelineHealth,
)
from nk_common.api.pipeline import (
    ComparedDay,
    ComparedFigures,
    ComparedStatus,
    DatasetInfo,
    GroupLag,
    Lag,
    Reconciliation,
    ReconciliationDetail,
    Reconciliations,
    ReconciliationState,
    Run,
)
from nk_common.api.schedules import Derived, LastFiring, Routine, ScheduledJob, Schedules
from nk_common.schedule.jobs import JobKind

GROUPS = ("nk-planner", "nk-extractor", "nk-cleaner", "nk-loader", "nk-ledger")
COMPARED = ("pos", "invoice_sales")


class Pipeline(Protocol):
    now: datetime
    comparisons: list[ReconciliationDetail]
    waiting: dict[str, int]
    unwell: dict[str, list[HealthFinding]]
    odoo_away: OdooAway | None
    alerts: list[Alert]

    @property
    def infos(self) -> tuple[DatasetInfo, ...]: ...


def health(pipeline: Pipeline) -> PipelineHealth:
    """Datasets that are not named in `unwell` were read five minutes ago."""
    datasets = [_dataset(info, pipeline) for info in pipeline.infos]
    states = [one.state for one in datasets]
    state = next((one for one in ("failing", "late") if one in states), "healthy")
    day = pipeline.now.date()
    said = {
        "healthy": "Semua data terbaru dan lengkap.",
        "late": "Ada yang terlambat.",
        "failing": "Ada yang bermasalah.",
    }
    return PipelineHealth.model_validate(
        {"at": pipeline.now, "state": state, "reason": Text(id=said[state], en=state), "window_start": day,
         "window_end": day, "datasets": datasets, "odoo_away": pipeline.odoo_away}
    )  # fmt: skip


def finding(state: Literal["late", "failing"], reason: str, code: FindingCode = "old") -> HealthFinding:
    """With `reason` in Indonesian, and the same with `en` before it in English."""
    said = Text(id=reason, en=f"en {reason}")
    return HealthFinding(
        code=code, state=state, reason=said, advice=Text(id="Periksa extractor.", en="Check it.")
    )


def _dataset(info: DatasetInfo, pipeline: Pipeline) -> DatasetHealth:
    findings = pipeline.unwell.get(info.name, [])
    never = any(one.code == "never-read" for one in findings)
    return DatasetHealth(
        dataset=info.name, title=info.title, kind=info.kind, state=findings[0].state if findings else "healthy",
        reason=findings[0].reason if findings else Text(id="Baik.", en="Well."),
        advice=findings[0].advice if findings else None, age_seconds=None if never else 300.0, late_after=1800.0,
        read_until=None if never else pipeline.now - timedelta(minutes=5), failing_after=7200.0,
        newest_complete_day=None, oldest_request=None, paused_since=None, findings=findings,
        days=HealthDays(window=35, loaded=35, missing=0, failed=0, running=0),
    )  # fmt: skip


def alerts(pipeline: Pipeline) -> Alerts:
    lasting = sum(one.state == "open" for one in pipeline.alerts)
    return Alerts(total=len(pipeline.alerts), open=lasting, alerts=pipeline.alerts)


def lag(pipeline: Pipeline) -> Lag:
    waiting = pipeline.waiting
    groups = [
        GroupLag(group=name, topic="nk.some.topic.v1", partitions=6, waiting=bool(lag), lag=lag)
        for name in (*GROUPS, *(waiting.keys() - set(GROUPS)))
        for lag in [waiting.get(name, 0)]
    ]
    return Lag(at=pipeline.now, total=sum(waiting.values()), groups=groups)


def schedules(at: datetime) -> Schedules:
    """Till sales were read at night, dimensions are being read, and purchases are never."""
    night = at.replace(hour=19, minute=0) - timedelta(days=1)
    return Schedules(
        at=at, timezone="Asia/Jakarta",
        jobs=[
            job("pos", "0 2 * * *", at, last=firing(night, run("backfill", night, total=1, done=1))),
            job("purchases", None, at),
            job("dimensions", "0 */4 * * *", at, kind="dimensions", after=timedelta(hours=1),
                last=firing(at, run("refresh-dimensions", at, total=11, done=4, running=7))),
        ],
        watch=Routine(enabled=True, every_seconds=15, since=night, last_look=at - timedelta(seconds=9)),
        catch_up=Routine(enabled=False, every_seconds=None, since=night, last_look=None),
        derived=[Derived(dataset="profit", title=Text(id="Laba", en="Profit"), made_of=["pos", "purchases"])],
    )  # fmt: skip


def job(
    name: str, cron: str | None, at: datetime, *, kind: JobKind = "yesterday", last: LastFiring | None = None,
    after: timedelta = timedelta(hours=12),
) -> ScheduledJob:  # fmt: skip
    """Fires `after` the moment `at`, unless it never does."""
    return ScheduledJob(
        name=name, kind=kind, enabled=cron is not None, cron=cron, since=at - timedelta(days=9),
        next_at=at + after if cron else None, last=last,
    )  # fmt: skip


def firing(at: datetime, of: Run | None = None, comparison: Reconciliation | None = None) -> LastFiring:
    return LastFiring(fired_at=at, taken_at=at, run_id="schedule-x", run=of, comparison=comparison)


def run(
    kind: str, at: datetime, *, total: int = 0, done: int = 0, failed: int = 0, running: int = 0,
    outcome: str | None = None,
) -> Run:  # fmt: skip
    return Run(
        run_id="schedule-x", kind=kind, reason="schedule", requested_by="nkdash", created_at=at, outcome=outcome,
        state="running" if running else "failed" if failed else "done", total=total, done=done, failed=failed,
        running=running, finished_at=None if running else at,
    )  # fmt: skip


def reconciliations(pipeline: Pipeline) -> Reconciliations:
    return Reconciliations(reconciliations=[detail.reconciliation for detail in pipeline.comparisons])


def reconciliation(pipeline: Pipeline, run_id: str) -> ReconciliationDetail:
    return next(detail for detail in pipeline.comparisons if detail.reconciliation.id == run_id)


def figures(documents: int, amount: float) -> ComparedFigures:
    return ComparedFigures(
        documents=documents, lines=documents * 2, quantity=None, amount=amount, untaxed=None, payments=None
    )


def compared_day(
    day: date,
    status: ComparedStatus,
    *,
    dataset: str = "pos",
    here: ComparedFigures | None = None,
    ids: tuple[int, ...] = (),
    error: str | None = None,
) -> ComparedDay:
    """Odoo has 40 documents and Rp 5.000.000; `here` is what the lake has, the same if not said."""
    odoo = figures(40, 5_000_000)
    there = status in {"equal", "different"}
    return ComparedDay(
        dataset=dataset, day=day, status=status, odoo=None if status == "failed" else odoo,
        lake=(here or odoo) if there else None, differing=len(ids), document_ids=list(ids), error=error, stores={},
    )  # fmt: skip


def comparison(
    run_id: str, at: datetime, days: list[ComparedDay], state: ReconciliationState = "done"
) -> ReconciliationDetail:
    counts = {
        status: sum(day.status == status for day in days)
        for status in ("equal", "different", "missing", "failed")
    }
    dates = [day.day for day in days] or [at.date()]
    run = Reconciliation(
        id=run_id, state=state, start=min(dates), end=max(dates),
        datasets=list(dict.fromkeys(day.dataset for day in days)) or ["pos"], reason=None, requested_by=None,
        created_at=at, started_at=at, finished_at=at if state == "done" else None, total=len(days),
        is_proof=counts["equal"] == len(days), error="The ledger was away." if state == "failed" else None, **counts,
    )  # fmt: skip
    return ReconciliationDetail(reconciliation=run, days=days)


def unequal(today: date, at: datetime) -> ReconciliationDetail:
    """Something of every kind."""
    days = [today - timedelta(days=ago) for ago in range(1, 8)]
    found = [compared_day(day, "equal", dataset=name) for name in COMPARED for day in days[3:]]
    found += [
        compared_day(days[0], "different", here=figures(38, 4_750_000), ids=(1201, 1207)),
        compared_day(days[1], "missing"),
        compared_day(days[2], "failed", dataset="invoice_sales", error="Akses ke account.move ditolak"),
    ]
    return comparison("unequal", at, found)
