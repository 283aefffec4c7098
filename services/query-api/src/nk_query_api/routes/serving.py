"""`/v1/serving/*`: the state of the serving database, rebuilding it, and proving it."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import Response
from pydantic import BaseModel

from nk_common.api.common import Problem
from nk_common.api.serving import CheckAccepted, RebuildAccepted, ServingCheck, ServingState
from nk_query_api.errors import NotFoundError, ServingUnavailableError
from nk_query_api.routes.answers import NO_CACHE
from nk_query_api.routes.parameters import NO_PARAMETERS
from nk_query_api.service import ServiceDep
from nk_query_api.serving.views import check_view, rebuild_view, serving_state

ASKED_FOR = "asked for"
router = APIRouter(prefix="/v1", tags=["serving"], dependencies=[NO_PARAMETERS])


@router.get("/serving", response_model=ServingState, summary="What the serving database holds")
async def get_serving(service: ServiceDep) -> Response:
    return _json(serving_state(service.store, service.keeper, service.checks.newest))


@router.post(
    "/serving/rebuild",
    response_model=RebuildAccepted,
    status_code=202,
    summary="Fill the serving database anew from the lake",
    description="Until that is done, answers say which days are missing; `GET /v1/serving` tells how far it is.",
)
async def post_rebuild(service: ServiceDep) -> Response:
    started = service.keeper.ask_rebuild(ASKED_FOR)
    rebuild = service.keeper.last_rebuild
    if rebuild is None:
        raise ServingUnavailableError("The serving database is not open yet; try again in a moment.")
    return _json(RebuildAccepted(started=started, rebuild=rebuild_view(rebuild)), 202)


@router.post(
    "/serving/checks",
    response_model=CheckAccepted,
    status_code=202,
    summary="Compare the serving database with the lake",
    description="Everything is compared, on a thread of its own; `GET /v1/serving/checks` tells what was found.",
)
async def post_check(service: ServiceDep) -> Response:
    started = service.checks.start()
    newest = service.checks.newest
    if newest is None:
        raise ServingUnavailableError("The serving database is not open yet; try again in a moment.")
    return _json(CheckAccepted(started=started, check=check_view(newest)), 202)


@router.get(
    "/serving/checks",
    response_model=ServingCheck,
    responses={404: {"model": Problem, "description": "Nothing was checked since the service started"}},
    summary="What the newest check found",
)
async def get_check(service: ServiceDep) -> Response:
    newest = service.checks.newest
    if newest is None:
        raise NotFoundError("Nothing was checked since the service started; POST /v1/serving/checks checks.")
    return _json(check_view(newest))


def _json(model: BaseModel, status: int = 200) -> Response:
    return Response(model.model_dump_json(), status, NO_CACHE, "application/json")
