"""`/v1/reconciliations`: comparing the lake with Odoo, and what was found."""

from __future__ import annotations

import asyncio
from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import Response
from pydantic import BaseModel

from nk_common.api.common import Problem
from nk_common.api.pipeline import (
    CommandAccepted,
    ReconciliationDetail,
    ReconciliationRequest,
    Reconciliations,
)
from nk_query_api.errors import NotFoundError
from nk_query_api.pipeline.reconciliations import detail, summary
from nk_query_api.routes.answers import NO_CACHE
from nk_query_api.routes.parameters import NO_PARAMETERS, RunParameters
from nk_query_api.routes.started import DRY_RUN, answered
from nk_query_api.service import ServiceDep

router = APIRouter(prefix="/v1", tags=["pipeline"])


@router.post(
    "/reconciliations",
    response_model=CommandAccepted,
    status_code=202,
    dependencies=[NO_PARAMETERS],
    responses=DRY_RUN,
    summary="Compare days with Odoo; those that differ are read again",
    description="The answer's `command_id` is the id of the reconciliation, which is there once the extractor "
    "has taken the command up.",
)
async def post_reconciliation(service: ServiceDep, asked: ReconciliationRequest) -> Response:
    return answered(await service.commands.reconcile(asked))


@router.get("/reconciliations", response_model=Reconciliations, summary="The newest comparisons with Odoo")
async def get_reconciliations(service: ServiceDep, asked: Annotated[RunParameters, Query()]) -> Response:
    found = await asyncio.to_thread(
        service.ledger.ask_reconciliations, lambda ledger: ledger.newest(asked.limit)
    )
    return _json(Reconciliations(reconciliations=[summary(one) for one in found]))


@router.get(
    "/reconciliations/{run_id}",
    response_model=ReconciliationDetail,
    dependencies=[NO_PARAMETERS],
    responses={404: {"model": Problem, "description": "There is no such reconciliation (yet)"}},
    summary="What a comparison found: per day, per store, with the documents that differ",
)
async def get_reconciliation(service: ServiceDep, run_id: str) -> Response:
    found, rows = await asyncio.to_thread(
        service.ledger.ask_reconciliations, lambda ledger: (ledger.one(run_id), ledger.results(run_id))
    )
    if found is None:
        raise NotFoundError(f"There is no reconciliation {run_id!r}. A new one appears after a moment.")
    return _json(detail(found, rows))


def _json(model: BaseModel, status: int = 200) -> Response:
    return Response(model.model_dump_json(), status, NO_CACHE, "application/json")
