"""What Data Sync starts: backfills, retries, refreshes of dimensions, comparisons with Odoo."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from http import HTTPStatus
from typing import Any

from fastapi import APIRouter, Request, Response

from nk_common.api.pipeline import (
    BackfillRequest,
    CommandAccepted,
    PauseRequest,
    RefreshRequest,
    SnapshotRequest,
)
from nk_web.api_client import API_ERRORS
from nk_web.i18n import Said
from nk_web.pages.sync_forms import NO_DATASET, NO_RUN, TOO_LONG, Filled, read_backfill, read_reconciliation
from nk_web.pages.sync_grid import STATE_NAMES, STATE_SIGNS
from nk_web.pages.sync_parts import LONGEST_ID, compared_part, titles_of
from nk_web.pages.sync_retry import REASON, retries
from nk_web.site import Form, FormTooLongError, Site, read_form, status_of
from nk_web.state import parse_sync

Asked = Coroutine[Any, Any, CommandAccepted] | Said
"""A command to hand over, or what is wrong with the form."""
REQUESTED = "nk-requested"
"""Event in the browser: work was asked for, so the list of runs has a new one."""


def add_to(router: APIRouter, site: Site) -> None:
    _add_backfill(router, site)

    @router.post("/operational/retry")
    async def retry(request: Request) -> Response:
        return await _retry(site, request)

    @router.post("/operational/runs/cancel")
    async def cancel(request: Request) -> Response:
        return await _cancel(site, request)

    @router.post("/operational/pause")
    async def pause(request: Request) -> Response:
        return await _pause(site, request, go_on=False)

    @router.post("/operational/resume")
    async def resume(request: Request) -> Response:
        return await _pause(site, request, go_on=True)

    @router.post("/operational/refresh")
    async def refresh(request: Request) -> Response:
        return await _refresh(site, request)

    @router.post("/operational/stock")
    async def take_stock(request: Request) -> Response:
        return await _take_stock(site, request)

    @router.post("/operational/reconciliations")
    async def reconcile(request: Request) -> Response:
        return await _reconcile(site, request)


def _add_backfill(router: APIRouter, site: Site) -> None:
    @router.post("/operational/backfill/preview")
    async def preview(request: Request) -> Response:
        form = await read_backfill(request, site.today())
        return await _backfill(site, request, form, "partials/backfill_plan.html", dry_run=True)

    @router.post("/operational/backfill")
    async def backfill(request: Request) -> Response:
        form = await read_backfill(request, site.today())
        response = await _backfill(site, request, form, "partials/backfill_sent.html", dry_run=False)
        response.headers["hx-trigger"] = REQUESTED
        return response


async def _backfill(
    site: Site, request: Request, form: Filled[BackfillRequest], template: str, *, dry_run: bool
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
        titles = await titles_of(site, form.request.end) if dry_run else {}
    except API_ERRORS as error:
        trouble = site.trouble(error)
        return site.partial(request, template, {**context, "trouble": trouble}, status_of(trouble))
    return site.partial(request, template, {**context, "answer": answer, "titles": titles})


async def _retry(site: Site, request: Request) -> Response:
    """Every failed day of the shown range, as it is now and not as it was when the page was opened."""
    context: dict[str, object] = {"days": 0, "problem": None, "trouble": None}
    template = "partials/retry_sent.html"
    state = parse_sync(request.query_params, site.today())
    days = 0
    try:
        partitions = (await site.api.partitions(state.period.range)).partitions
        backfills, whole = retries(partitions)
        for backfill in backfills:
            days += (await site.api.backfill(backfill)).will_run
        if whole:
            await site.api.refresh_dimensions(RefreshRequest(targets=whole, reason=REASON))
    except API_ERRORS as error:
        trouble = site.trouble(error)
        context |= {"trouble": trouble, "days": days}
        response = site.partial(request, template, context, status_of(trouble))
    else:
        response = site.partial(request, template, {**context, "days": days + len(whole)})
    response.headers["hx-trigger"] = REQUESTED
    return response


async def _cancel(site: Site, request: Request) -> Response:
    def asked(form: Form) -> Asked:
        run_id = form.get("run") or ""
        return site.api.cancel(run_id) if 0 < len(run_id) <= LONGEST_ID else NO_RUN

    return await handed_over(site, request, asked)


async def _pause(site: Site, request: Request, *, go_on: bool) -> Response:
    def asked(form: Form) -> Asked:
        datasets = form.getlist("dataset")
        return site.api.pause(PauseRequest(datasets=datasets), go_on=go_on) if datasets else NO_DATASET

    return await handed_over(site, request, asked)


async def _refresh(site: Site, request: Request) -> Response:
    def asked(form: Form) -> Asked:
        full = form.get("full") == "1"
        return site.api.refresh_dimensions(RefreshRequest(targets=form.getlist("target"), full=full))

    return await _requested(site, request, asked)


async def _take_stock(site: Site, request: Request) -> Response:
    return await _requested(site, request, lambda _: site.api.snapshot_stock(SnapshotRequest()))


async def _requested(site: Site, request: Request, asked: Callable[[Form], Asked]) -> Response:
    """As `handed_over`, of what is a run."""
    response = await handed_over(site, request, asked)
    if response.status_code == HTTPStatus.OK:
        response.headers["hx-trigger"] = REQUESTED
    return response


async def handed_over(site: Site, request: Request, asked: Callable[[Form], Asked]) -> Response:
    """Hand over what a form asks for; the answer says that it was, or what is wrong with the form, or why not."""
    context: dict[str, object] = {"accepted": None, "problem": None, "trouble": None}
    template = "partials/refresh_sent.html"
    try:
        command = asked(await read_form(request))
        if isinstance(command, Said):
            return site.partial(request, template, {**context, "problem": command}, 422)
        accepted = await command
    except FormTooLongError:
        return site.partial(request, template, {**context, "problem": TOO_LONG}, 413)
    except API_ERRORS as error:
        trouble = site.trouble(error)
        return site.partial(request, template, {**context, "trouble": trouble}, status_of(trouble))
    return site.partial(request, template, {**context, "accepted": accepted})


async def _reconcile(site: Site, request: Request) -> Response:
    form = await read_reconciliation(request, site.today())
    if form.request is None:
        return await compared_part(site, request, problem=form.problem)
    try:
        accepted = await site.api.reconcile(form.request)
    except API_ERRORS as error:
        return await compared_part(site, request, refused=site.trouble(error))
    return await compared_part(site, request, expected=accepted.command_id)
