"""`/v1/sales/*`"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import Response

from nk_common.api.sales import SalesBreakdown, SalesSummary, SalesTrend
from nk_query_api.kpis import sales_kpi
from nk_query_api.kpis.breakdowns import breakdown
from nk_query_api.routes.answers import answer
from nk_query_api.routes.parameters import BreakdownParameters, SummaryParameters, TrendParameters
from nk_query_api.sales.breakdown import by_dimension
from nk_query_api.sales.summary import summary
from nk_query_api.sales.trend import check_grain, trend
from nk_query_api.sales.windows import asked_window
from nk_query_api.service import ServiceDep

router = APIRouter(prefix="/v1/sales", tags=["sales"])


@router.get("/summary", response_model=SalesSummary, summary="Every sales KPI over a range")
async def get_summary(
    request: Request, service: ServiceDep, asked: Annotated[SummaryParameters, Query()]
) -> Response:
    context = service.context()
    window = asked_window(asked.start, asked.end, context.today)
    return await answer(
        request, service, window, context, lambda look: summary(look, window, asked.compare, context)
    )


@router.get("/trend", response_model=SalesTrend, summary="One KPI per hour, day, week or month")
async def get_trend(
    request: Request, service: ServiceDep, asked: Annotated[TrendParameters, Query()]
) -> Response:
    context = service.context()
    window = asked_window(asked.start, asked.end, context.today)
    kpi = sales_kpi(asked.kpi)
    check_grain(window, asked.grain)
    return await answer(
        request,
        service,
        window,
        context,
        lambda look: trend(look, window, kpi, asked.grain, asked.compare, context),
    )


@router.get("/by/{dimension}", response_model=SalesBreakdown, summary="Revenue by the members of a dimension")
async def get_breakdown(
    request: Request,
    service: ServiceDep,
    dimension: Annotated[str, Path(description="A slug of `dimensions` in `/v1/kpis`.")],
    asked: Annotated[BreakdownParameters, Query()],
) -> Response:
    context = service.context()
    window = asked_window(asked.start, asked.end, context.today)
    chosen = breakdown(dimension)
    return await answer(
        request,
        service,
        window,
        context,
        lambda look: by_dimension(look, window, chosen, asked.limit, context),
    )
