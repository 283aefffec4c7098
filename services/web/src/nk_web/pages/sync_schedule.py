"""The schedule on Data Sync: what is done by itself, when it was done last and how that went, and when it is next."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, get_args

from fastapi import APIRouter, Request, Response

from nk_common.api.health import HealthState
from nk_common.api.pipeline import Reconciliation, Run
from nk_common.api.schedules import LastFiring, Routine, ScheduledJob, Schedules
from nk_web import questions as ask
from nk_web.api_client import API_ERRORS
from nk_web.i18n import Said, say
from nk_web.pages.sync_health import HEALTH_NAMES
from nk_web.site import Site, status_of

JOB_NAMES: dict[str, Said] = {
    "pos": say("Till sales of yesterday"),
    "invoice-sales": say("Invoice sales of yesterday"),
    "purchases": say("Purchases of yesterday"),
    "inventory-moves": say("Stock moves of yesterday"),
    "reconcile": say("Comparison with Odoo"),
    "stock-quants": say("Snapshot of the stock"),
    "dimensions": say("Products, partners and the like"),
    "health": say("Check of data health"),
}
ROUTINE_NAMES: dict[str, Said] = {"watch": say("Change watch"), "catch-up": say("Catch-up")}
Tone = Literal["good", "busy", "bad"]


@dataclass(frozen=True)
class JobLine:
    """One job as it is listed; `outcome` is of its last firing."""

    job: ScheduledJob
    name: Said | None
    fired_at: datetime | None
    outcome: Said
    tone: Tone


@dataclass(frozen=True)
class RoutineLine:
    """The change watch, or catch-up."""

    code: str
    name: Said
    routine: Routine


def job_lines(found: Schedules) -> list[JobLine]:
    """Those that fire first come first; what is switched off is last. Pure."""

    def order(job: ScheduledJob) -> tuple[bool, float]:
        return job.next_at is None, job.next_at.timestamp() if job.next_at else 0.0

    return [_line(job) for job in sorted(found.jobs, key=order)]


def routine_lines(found: Schedules) -> list[RoutineLine]:
    both = {"watch": found.watch, "catch-up": found.catch_up}
    return [RoutineLine(code, ROUTINE_NAMES[code], one) for code, one in both.items() if one is not None]


def _line(job: ScheduledJob) -> JobLine:
    outcome, tone = _outcome(job.last)
    return JobLine(job, JOB_NAMES.get(job.name), job.last.fired_at if job.last else None, outcome, tone)


def _outcome(last: LastFiring | None) -> tuple[Said, Tone]:
    if last is None:
        return say("has not run yet"), "busy"
    if last.run is not None:
        return _of_run(last.run)
    if last.comparison is not None:
        return _of_comparison(last.comparison)
    return say("being started"), "busy"


def _of_run(run: Run) -> tuple[Said, Tone]:
    if run.kind == "health":
        return _of_health(run.outcome)
    if run.state == "cancelled":
        return say("cancelled"), "bad"
    if run.failed:
        return say("%(failed)s of %(total)s failed", failed=run.failed, total=run.total), "bad"
    if not run.total:
        return say("nothing was left to do"), "good"
    tone: Tone = "busy" if run.state == "running" else "good"
    return say("%(done)s of %(total)s", done=run.done, total=run.total), tone


def _of_health(outcome: str | None) -> tuple[Said, Tone]:
    for state in get_args(HealthState):
        if state == outcome:
            return HEALTH_NAMES[state], "good" if state == "healthy" else "bad"
    return say("done"), "good"


def _of_comparison(found: Reconciliation) -> tuple[Said, Tone]:
    if found.state in {"waiting", "running"}:
        return say("being compared"), "busy"
    if found.state == "failed":
        return say("could not be brought to its end"), "bad"
    tone: Tone = "good" if found.is_proof else "bad"
    return say("%(equal)s of %(total)s equal", equal=found.equal, total=found.total), tone


def add_to(router: APIRouter, site: Site) -> None:
    @router.get("/operational/schedule")
    async def schedule(request: Request) -> Response:
        trouble, found = None, None
        try:
            found = await site.api.ask(ask.schedules())
        except API_ERRORS as error:
            trouble = site.trouble(error)
        context = {
            "jobs": job_lines(found) if found else [],
            "routines": routine_lines(found) if found else [],
            "derived": found.derived if found else [],
            "trouble": trouble,
        }
        return site.partial(request, "partials/schedule.html", context, status_of(trouble))
