"""Data Sync (`/operational`): which days are in the figures, what is running, and how to load more.

Every section of the page is a part with an address of its own: it can be in trouble, and be fetched again, alone.
"""

from __future__ import annotations

import asyncio

from fastapi import APIRouter, Request, Response

from nk_common.api.pipeline import Run
from nk_common.api.trust import Trust
from nk_web import questions as ask
from nk_web.api_client import API_ERRORS, ApiSlowError
from nk_web.i18n import Said, say
from nk_web.pages import sync_actions, sync_alerts, sync_health, sync_letters, sync_schedule
from nk_web.pages.sync_grid import STATE_NAMES, STATE_SIGNS, SyncGrid, build_grid
from nk_web.pages.sync_lag import stages_of
from nk_web.pages.sync_parts import compared_part, titles_of
from nk_web.periods import FIRST_DAY
from nk_web.site import (
    FIRST_ANSWER_SECONDS,
    Context,
    NavEntry,
    Site,
    name_address,
    status_of,
    wants_fragment,
)
from nk_web.state import SyncState, parse_sync
from nk_web.trouble import Trouble

NAV = NavEntry("/operational", say("Data Sync"), "sync", short=say("Sync"))

RUN_STATE_NAMES: dict[str, Said] = {
    "running": say("running"),
    "done": say("done"),
    "failed": say("failed"),
    "cancelled": say("cancelled"),
}
RUN_KIND_NAMES: dict[str, Said] = {
    "backfill": say("Backfill"),
    "refresh": say("Refresh"),
    "refresh-dimensions": say("Dimension refresh"),
    "snapshot-stock": say("Snapshot of the stock"),
    "schedule": say("Schedule"),
    "catch-up": say("Catch-up"),
    "watch": say("Change watch"),
    "health": say("Check of data health"),
}
RUN_REASONS: dict[str, Said] = {"schedule": say("by schedule")}
"""Reasons that the extractor gives; those of people are shown as they wrote them."""


def routes(site: Site) -> APIRouter:
    router = APIRouter(include_in_schema=False)
    _add_page(router, site)
    _add_parts(router, site)
    sync_health.add_to(router, site)
    sync_alerts.add_to(router, site)
    sync_letters.add_to(router, site)
    sync_schedule.add_to(router, site)
    sync_actions.add_to(router, site)
    return router


def _add_page(router: APIRouter, site: Site) -> None:
    @router.get("/operational")
    async def data_sync(request: Request) -> Response:
        state = parse_sync(request.query_params, site.today())
        # The skeleton of a slow first answer asks again as a fragment, and that one waits.
        patience = None if wants_fragment(request) else FIRST_ANSWER_SECONDS
        (grid, trouble), trust, health = await asyncio.gather(
            _grid(site, state, patience),
            _trust(site, state, patience),
            sync_health.first_health(site, patience),
        )
        context = {
            **_grid_context(state, grid, trouble),
            **sync_health.health_context(health),
            "trust": trust,
            "pending": trust is None and patience is not None,
        }
        response = site.page(request, "pages/data_sync.html", context, status_of(trouble))
        name_address(request, response, f"/operational?{state.query()}")
        return response

    @router.get("/operational/grid")
    async def grid_alone(request: Request) -> Response:
        state = parse_sync(request.query_params, site.today())
        grid, trouble = await _grid(site, state)
        context = _grid_context(state, grid, trouble)
        return site.partial(request, "partials/sync_grid.html", context, status_of(trouble))

    @router.get("/operational/figures")
    async def figures(request: Request) -> Response:
        state = parse_sync(request.query_params, site.today())
        context = {"state": state, "trust": await _trust(site, state), "pending": False}
        return site.partial(request, "partials/sync_figures.html", context)


def _add_parts(router: APIRouter, site: Site) -> None:
    @router.get("/operational/runs")
    async def runs(request: Request) -> Response:
        trouble, found = None, []
        try:
            found = [run for run in (await site.api.runs()).runs if not _was_idle(run)]
        except API_ERRORS as error:
            trouble = site.trouble(error)
        names = {
            "states": RUN_STATE_NAMES,
            "kinds": RUN_KIND_NAMES,
            "reasons": RUN_REASONS,
            "outcomes": sync_health.HEALTH_NAMES,
        }
        context = {**names, "runs": found, "trouble": trouble}
        return site.partial(request, "partials/runs.html", context, status_of(trouble))

    @router.get("/operational/lag")
    async def lag(request: Request) -> Response:
        trouble, found = None, None
        try:
            found = await site.api.ask(ask.lag())
        except API_ERRORS as error:
            trouble = site.trouble(error)
        context = {"lag": found, "stages": stages_of(found) if found else [], "trouble": trouble}
        return site.partial(request, "partials/lag.html", context, status_of(trouble))

    @router.get("/operational/reconciliations")
    async def reconciliations(request: Request) -> Response:
        return await compared_part(site, request, request.query_params.get("expected", ""))

    @router.get("/operational/reconciliations/form")
    async def reconciliation_form(request: Request) -> Response:
        state = parse_sync(request.query_params, site.today())
        trust = await _trust(site, state)
        titles = await titles_of(site, site.today()) if trust else {}
        context = {"state": state, "trust": trust, "titles": titles, "first_day": FIRST_DAY}
        return site.partial(request, "partials/reconcile_form.html", context)


def _was_idle(run: Run) -> bool:
    """A firing of the schedule that found nothing left to do: the schedule says so, and here it would only push out
    what people asked for."""
    return run.reason == "schedule" and not run.total and run.outcome is None


async def _grid(
    site: Site, state: SyncState, patience: float | None = None
) -> tuple[SyncGrid | None, Trouble | None]:
    """Neither of the two when the first answer takes longer than the patience."""
    try:
        return build_grid(await site.api.partitions(state.period.range, patience)), None
    except API_ERRORS as error:
        pending = patience is not None and isinstance(error, ApiSlowError)
        return None, None if pending else site.trouble(error)


async def _trust(site: Site, state: SyncState, patience: float | None = None) -> Trust | None:
    """None while it is not known; the grid says why."""
    try:
        return await site.api.ask(ask.trust(state.period.start, state.period.end), patience)
    except API_ERRORS:
        return None


def _grid_context(state: SyncState, grid: SyncGrid | None, trouble: Trouble | None) -> Context:
    return {
        "state": state,
        "grid": grid,
        "trouble": trouble,
        "state_names": STATE_NAMES,
        "state_signs": STATE_SIGNS,
        "first_day": FIRST_DAY,
    }
