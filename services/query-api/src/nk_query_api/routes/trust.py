"""`/v1/pipeline/trust`: how far the figures of a range may be relied on."""

from __future__ import annotations

import asyncio
from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import Response

from nk_common.api.trust import Trust
from nk_common.datasets import DAILY, expand
from nk_query_api.errors import BadQuestionError
from nk_query_api.pipeline.records import read_records
from nk_query_api.questions.trust import trust
from nk_query_api.questions.windows import asked_window
from nk_query_api.routes.answers import NO_CACHE
from nk_query_api.routes.parameters import PartitionParameters
from nk_query_api.service import ServiceDep

router = APIRouter(prefix="/v1", tags=["pipeline"])


@router.get(
    "/pipeline/trust",
    response_model=Trust,
    summary="Complete, failed and reconciled days of a range",
    description="Days come from what can be asked about; failures, rejected rows and comparisons with Odoo from "
    "the ledger, without which they are null.",
)
async def get_trust(service: ServiceDep, asked: Annotated[PartitionParameters, Query()]) -> Response:
    context = service.context()
    window = asked_window(asked.start, asked.end, context.today)
    datasets = expand(asked.dataset) if asked.dataset else list(DAILY)
    whole = [dataset.name for dataset in datasets if dataset.kind == "whole"]
    if whole:
        raise BadQuestionError(f"{', '.join(whole)} has no days; its freshness is in every answer.")
    names = [dataset.name for dataset in datasets]
    records = await asyncio.to_thread(read_records, service.ledger, window.start, window.end, names)
    answer = await service.reads.ask(
        "/v1/pipeline/trust", lambda look: trust(look, window, datasets, records, context)
    )
    return Response(answer.model_dump_json(), 200, NO_CACHE, "application/json")
