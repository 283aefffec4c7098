"""`/v1/pipeline/lag`: what the workers have still to do."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import Response

from nk_common.api.pipeline import Lag
from nk_query_api.routes.answers import NO_CACHE
from nk_query_api.routes.parameters import NO_PARAMETERS
from nk_query_api.service import ServiceDep

router = APIRouter(prefix="/v1", tags=["pipeline"])


@router.get(
    "/pipeline/lag",
    response_model=Lag,
    dependencies=[NO_PARAMETERS],
    summary="Messages that wait, for every group of workers",
    description="One look at the bus serves all who ask within a few seconds.",
)
async def get_lag(service: ServiceDep) -> Response:
    found = await service.lags.newest()
    return Response(found.model_dump_json(), 200, NO_CACHE, "application/json")
