"""`/v1/profit/*` that is about single lines and bills; the figures of profit are beside those of sales."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from nk_common.api.profit import BelowCost, CostHistory
from nk_query_api.questions.context import Context
from nk_query_api.questions.profit.below_cost import below_cost
from nk_query_api.questions.profit.cost_history import cost_history
from nk_query_api.questions.windows import asked_window
from nk_query_api.routes.answers import Question, answer, asked_range
from nk_query_api.routes.parameters import BelowCostParameters, CostHistoryParameters
from nk_query_api.service import ServiceDep

router = APIRouter(prefix="/v1/profit", tags=["profit"])


def below_cost_question(asked: BelowCostParameters, context: Context) -> Question[BelowCost]:
    """Raises BadQuestionError, as both of these do."""
    filters, window = asked.filters, asked_range(asked, context)
    return Question(window, lambda look: below_cost(look, window, filters, asked.page, context))


def cost_question(asked: CostHistoryParameters, context: Context) -> Question[CostHistory]:
    window = asked_window(asked.start, asked.end, context.today)
    return Question(
        window, lambda look: cost_history(look, asked.product, window, asked.limit, asked.offset, context)
    )


@router.get("/below-cost", response_model=BelowCost, summary="Lines that were sold below cost")
async def get_below_cost(
    request: Request, service: ServiceDep, asked: Annotated[BelowCostParameters, Query()]
) -> Response:
    context = service.context()
    question = below_cost_question(asked, context)
    return await answer(request, service, question.window, context, question.ask)


@router.get("/cost-history", response_model=CostHistory, summary="What a product has cost over time")
async def get_cost_history(
    request: Request, service: ServiceDep, asked: Annotated[CostHistoryParameters, Query()]
) -> Response:
    context = service.context()
    question = cost_question(asked, context)
    return await answer(request, service, question.window, context, question.ask)
