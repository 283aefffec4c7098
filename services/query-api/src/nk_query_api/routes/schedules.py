"""`/v1/pipeline/schedules`: what the extractor does by itself, when it did it, and when it does it next."""

from __future__ import annotations

import asyncio

from fastapi import APIRouter
from fastapi.responses import Response

from nk_common.api.schedules import Schedules
from nk_query_api.pipeline.schedules import read_schedules
from nk_query_api.routes.answers import NO_CACHE
from nk_query_api.routes.parameters import NO_PARAMETERS
from nk_query_api.service import ServiceDep

router = APIRouter(prefix="/v1", tags=["pipeline"])


@router.get(
    "/pipeline/schedules",
    response_model=Schedules,
    dependencies=[NO_PARAMETERS],
    summary="What is done by itself: jobs with their last and next run, change watch, catch-up",
    description="As the extractor told the ledger when it started (NK_SCHEDULE_*, NK_WATCH, NK_CATCH_UP); without the "
    "ledger nothing is known, and it is 503.",
)
async def get_schedules(service: ServiceDep) -> Response:
    found = await asyncio.to_thread(
        read_schedules, service.ledger, service.clock.now(), service.settings.zone
    )
    return Response(found.model_dump_json(), 200, NO_CACHE, "application/json")
