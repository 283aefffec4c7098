"""Data Sync (`/operational`): which days are in the figures, what is running, and how to load more."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from fastapi import APIRouter, Request, Response
from pydantic import ValidationError

from nk_common.api.common import DateRange
from nk_common.api.pipeline import BackfillRequest, RefreshRequest
from nk_web.api_client import API_ERRORS, ApiSlowError
from nk_web.i18n import Said, say
from nk_web.pages.sync_grid import STATE_NAMES, STATE_SIGNS, SyncGrid, build_grid
from nk_web.periods import FIRST_DAY
from nk_web.site import (
    FIRST_ANSWER_SECONDS,
    Context,
    FormTooLongError,
    NavEntry,
    Site,
    name_address,
    read_form,
    status_of,
    wants_fragment,
)
from nk_web.state import SyncState, parse_sync
from nk_web.trouble import Trouble

NAV = NavEntry("/operational", say("Data Sync"), "sync", short=say("Sync"))

REQUESTED = "nk-requested"
"""Event in the browser: work was asked for, so the list of runs has a new one."""

RUN_STATE_NAMES: dict[str, Said] = {
    "running": say("running"),
    "done": say("done"),
    "failed": say("failed"),
}
RUN_KIND_NAMES: dict[str, Said] = {
    "backfill": say("Backfill"),
    "refresh": say("Refresh"),
    "refresh-dimensions": say("Dimension refresh"),
    "schedule": say("Schedule"),
    "catch-up": say("Catch-up"),
    "watch": say("Change watch"),
}


@dataclass(frozen=True)
class BackfillForm:
    """A backfill as it was filled in: a request, or the sentence that says what is wrong with it."""

    request: BackfillRequest | None
    problem: Said | None = None


def routes(site: Site) -> APIRouter:
    router = APIRouter(include_in_schema=False)
    _add_views(router, site)
    _add_actions(router, site)
    return router


def _add_views(router: APIRouter, site: Site) -> None:
    @router.get("/operational")
    async def data_sync(request: Request) -> Response:
        state = parse_sync(request.query_params, site.today())
        # The skeleton of a slow first answer asks again as a fragment, and that one waits.
        patience = None if wants_fragment(request) else FIRST_ANSWER_SECONDS
        grid, trouble = await _grid(site, state, patience)
        context = _grid_context(state, grid, trouble)
        response = site.page(request, "pages/data_sync.html", context, status_of(trouble))
        name_address(request, response, f"/operational?{state.query()}")
        return response

    @router.get("/operational/grid")
    async def grid_alone(request: Request) -> Response:
        state = parse_sync(request.query_params, site.today())
        grid, trouble = await _grid(site, state)
        context = _grid_context(state, grid, trouble)
        return site.partial(request, "partials/sync_grid.html", context, status_of(trouble))

    @router.get("/operational/runs")
    async def runs(request: Request) -> Response:
        trouble, found = None, []
        try:
            found = (await site.api.runs()).runs
        except API_ERRORS as error:
            trouble = site.trouble(error)
        names = {"states": RUN_STATE_NAMES, "kinds": RUN_KIND_NAMES}
        context = {**names, "runs": found, "trouble": trouble}
        return site.partial(request, "partials/runs.html", context, status_of(trouble))

    @router.get("/operational/dead-letters")
    async def dead_letters(request: Request) -> Response:
        trouble, letters = None, None
        try:
            letters = await site.api.dead_letters()
        except API_ERRORS as error:
            trouble = site.trouble(error)
        context = {"letters": letters, "trouble": trouble}
        return site.partial(request, "partials/dead_letters.html", context, status_of(trouble))


def _add_actions(router: APIRouter, site: Site) -> None:
    @router.post("/operational/backfill/preview")
    async def preview(request: Request) -> Response:
        form = await _read_backfill(request, site.today())
        return await _backfill(site, request, form, "partials/backfill_plan.html", dry_run=True)

    @router.post("/operational/backfill")
    async def backfill(request: Request) -> Response:
        form = await _read_backfill(request, site.today())
        response = await _backfill(site, request, form, "partials/backfill_sent.html", dry_run=False)
        response.headers["hx-trigger"] = REQUESTED
        return response

    @router.post("/operational/refresh")
    async def refresh(request: Request) -> Response:
        return await _refresh(site, request)


async def _grid(
    site: Site, state: SyncState, patience: float | None = None
) -> tuple[SyncGrid | None, Trouble | None]:
    """Neither of the two when the first answer takes longer than the patience."""
    try:
        return build_grid(await site.api.partitions(state.period.range, patience)), None
    except API_ERRORS as error:
        pending = patience is not None and isinstance(error, ApiSlowError)
        return None, None if pending else site.trouble(error)


def _grid_context(state: SyncState, grid: SyncGrid | None, trouble: Trouble | None) -> Context:
    return {
        "state": state,
        "grid": grid,
        "trouble": trouble,
        "state_names": STATE_NAMES,
        "state_signs": STATE_SIGNS,
        "first_day": FIRST_DAY,
    }


async def _backfill(
    site: Site, request: Request, form: BackfillForm, template: str, *, dry_run: bool
) -> Response:
    context: dict[str, object] = {
        "form": form.request,
        "problem": form.problem,
        "trouble": None,
        "answer": None,
        "titles": {},
        "state_names": STATE_NAMES,
        "state_signs": STATE_SIGNS,
    }
    if form.request is None:
        return site.partial(request, template, context, 422)
    try:
        answer = await site.api.backfill(form.request.model_copy(update={"dry_run": dry_run}))
        titles = await _titles(site, form.request) if dry_run else {}
    except API_ERRORS as error:
        trouble = site.trouble(error)
        return site.partial(request, template, {**context, "trouble": trouble}, status_of(trouble))
    return site.partial(request, template, {**context, "answer": answer, "titles": titles})


async def _refresh(site: Site, request: Request) -> Response:
    context: dict[str, object] = {"accepted": None, "problem": None, "trouble": None}
    template = "partials/refresh_sent.html"
    try:
        targets = (await read_form(request)).getlist("target")
        accepted = await site.api.refresh_dimensions(RefreshRequest(targets=targets))
    except FormTooLongError:
        return site.partial(request, template, {**context, "problem": _TOO_LONG}, 413)
    except API_ERRORS as error:
        trouble = site.trouble(error)
        return site.partial(request, template, {**context, "trouble": trouble}, status_of(trouble))
    response = site.partial(request, template, {**context, "accepted": accepted})
    response.headers["hx-trigger"] = REQUESTED
    return response


async def _titles(site: Site, asked: BackfillRequest) -> dict[str, object]:
    """What people call the datasets of a plan."""
    one_day = DateRange(start=asked.end, end=asked.end)
    return {info.name: info.title for info in (await site.api.partitions(one_day)).datasets}


_TOO_LONG = say("The form was too long to be read.")


async def _read_backfill(request: Request, today: date) -> BackfillForm:
    try:
        form = await read_form(request)
    except FormTooLongError:
        return BackfillForm(None, _TOO_LONG)
    datasets = list(dict.fromkeys(form.getlist("dataset")))
    if not datasets:
        return BackfillForm(None, say("Choose at least one dataset."))
    try:
        start, end = date.fromisoformat(form.get("start", "")), date.fromisoformat(form.get("end", ""))
    except ValueError:
        return BackfillForm(None, say("Give a first and a last day."))
    problem = _range_problem(start, end, today)
    if problem:
        return BackfillForm(None, problem)
    reason = form.get("reason", "").strip()[:200] or None
    try:
        return BackfillForm(
            BackfillRequest(datasets=datasets, start=start, end=end, force="force" in form, reason=reason)
        )
    except ValidationError as error:
        return BackfillForm(None, say("This cannot be loaded: %(why)s", why=error.errors()[0]["msg"]))


def _range_problem(start: date, end: date, today: date) -> Said | None:
    if start > end:
        return say("The first day is after the last day.")
    if start > today:
        return say("These days have not happened yet.")
    return None
