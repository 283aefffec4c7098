"""`/v1/profit/*` that is about single lines and bills; the figures of profit are beside those of sales."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from nk_common.api.profit import BelowCost, CostHistory
from nk_query_api.questions.profit.below_cost import below_cost
from nk_query_api.questions.profit.cost_history import cost_history
from nk_query_api.questions.windows import asked_window
from nk_query_api.routes.answers import answer, asked_range
from nk_query_api.routes.parameters import BelowCostParameters, CostHistoryParameters
from nk_query_api.service import ServiceDep

router = APIRouter(prefix="/v1/profit", tags=["profit"])


@router.get("/below-cost", response_model=BelowCost, summary="Lines that were sold below cost")
async def get_below_cost(
    request: Request, service: ServiceDep, asked: Annotated[BelowCostParameters, Query()]
) -> Response:
    context, filters = service.context(), asked.filters
    window = asked_range(asked, context)
    return await answer(
        request, service, window, context,
        lambda look: below_cost(look, window, filters, asked.limit, asked.offset, context),
    )  # fmt: skip


@router.get("/cost-history", response_model=CostHistory, summary="What a product has cost over time")
async def get_cost_history(
    request: Request, service: ServiceDep, asked: Annotated[CostHistoryParameters, Query()]
) -> Response:
    context = service.context()
    window = asked_window(asked.start, asked.end, context.today)
    return await answer(
        request, service, window, context,
        lambda look: cost_history(look, asked.product, window, asked.limit, asked.offset, context),
    )  # fmt: skip
