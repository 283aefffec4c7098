"""`/v1/pipeline/health`: whether every dataset is read as it should be, and what to do where it is not."""

from __future__ import annotations

import asyncio

from fastapi import APIRouter
from fastapi.responses import Response

from nk_common.api.health import PipelineHealth
from nk_query_api.pipeline.health import read_health
from nk_query_api.routes.answers import NO_CACHE
from nk_query_api.routes.parameters import NO_PARAMETERS
from nk_query_api.service import ServiceDep

router = APIRouter(prefix="/v1", tags=["pipeline"])


@router.get(
    "/pipeline/health",
    response_model=PipelineHealth,
    dependencies=[NO_PARAMETERS],
    summary="Healthy, late or failing: every dataset, and why",
    description="Judged from the ledger by NK_LATE_AFTER_* and NK_FAILING_AFTER_*, over the days that are kept loaded "
    "(NK_INITIAL_DAYS). It is about the reading and not about sales: a shop that is closed is healthy. The status is "
    "200 whatever is found; without the ledger nothing is known, and it is 503.",
)
async def get_health(service: ServiceDep) -> Response:
    found = await asyncio.to_thread(read_health, service.ledger, service.clock, service.settings)
    return Response(found.model_dump_json(), 200, NO_CACHE, "application/json")
