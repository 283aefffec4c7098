"""`/v1/pipeline/alerts`: what the notifier found, whether it is over, and who was told."""

from __future__ import annotations

import asyncio
from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import Response
from pydantic import Field

from nk_common.api.alerts import Alerts
from nk_query_api.pipeline.alerts import AskedState, read_alerts
from nk_query_api.routes.answers import NO_CACHE
from nk_query_api.routes.parameters import MAX_ROWS, Parameters
from nk_query_api.service import ServiceDep

router = APIRouter(prefix="/v1", tags=["pipeline"])


class AlertParameters(Parameters):
    state: AskedState = Field(default="all", description="Only those that last, or only those that are over.")
    limit: int = Field(default=20, ge=1, le=MAX_ROWS, description="Alerts at most.")
    offset: int = Field(default=0, ge=0, le=1_000_000, description="Alerts to pass over.")


@router.get(
    "/pipeline/alerts",
    response_model=Alerts,
    summary="Alerts, open and closed, and what was sent of them",
    description="Written by the notifier (docs/operations.md). Open ones first, newest first. That there are none says "
    "nothing while no notifier runs.",
)
async def get_alerts(service: ServiceDep, asked: Annotated[AlertParameters, Query()]) -> Response:
    found = await asyncio.to_thread(
        service.ledger.ask_alerts,
        lambda reader: read_alerts(reader, asked.state, asked.limit, asked.offset),
    )
    return Response(found.model_dump_json(), 200, NO_CACHE, "application/json")
