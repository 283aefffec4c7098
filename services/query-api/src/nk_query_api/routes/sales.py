"""`/v1/sales/*` and `/v1/profit/*`: the same questions about the KPIs of either subject."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import Response

from nk_common.api.sales import SalesBreakdown, SalesHeatmap, SalesSummary, SalesTrend
from nk_query_api.kpis import SUBJECTS, kpi_called
from nk_query_api.kpis.base import Kpi
from nk_query_api.kpis.dimensions import dimension as dimension_called
from nk_query_api.questions.breakdown import Listing, Split, by_dimension, check_split
from nk_query_api.questions.context import Context
from nk_query_api.questions.heatmap import check_heatmap, heatmap
from nk_query_api.questions.summary import summary
from nk_query_api.questions.trend import check_grain, trend
from nk_query_api.routes.answers import Question, answer, asked_range
from nk_query_api.routes.parameters import (
    BreakdownParameters,
    HeatmapParameters,
    SummaryParameters,
    TrendParameters,
)
from nk_query_api.service import ServiceDep

_BY_OWN_KPIS = "profit"


def summary_question(subject: str, asked: SummaryParameters, context: Context) -> Question[SalesSummary]:
    """Raises BadQuestionError, as all of these do."""
    filters, window = asked.filters, asked_range(asked, context)
    kpis = SUBJECTS[subject]
    return Question(window, lambda look: summary(look, kpis, window, filters, asked.compare, context))


def trend_kpi(subject: str, asked: TrendParameters) -> Kpi:
    """The KPI that a trend is of."""
    return kpi_called(asked.kpi) if asked.kpi else SUBJECTS[subject][0]


def trend_question(subject: str, asked: TrendParameters, context: Context) -> Question[SalesTrend]:
    filters, window = asked.filters, asked_range(asked, context)
    kpi = trend_kpi(subject, asked)
    check_grain(window, asked.grain)
    return Question(
        window, lambda look: trend(look, kpi, window, filters, asked.grain, asked.compare, context)
    )


def asked_split(subject: str, dimension: str, asked: BreakdownParameters, context: Context) -> Split:
    kpis = SUBJECTS[subject]
    own = kpis if subject == _BY_OWN_KPIS else ()
    split = Split(
        dimension_called(dimension),
        (*own, *(kpi_called(slug) for slug in asked.kpi)),
        asked_range(asked, context),
        asked.filters,
        asked.compare,
        Listing(asked.sort or (own or kpis)[0].slug, asked.order, asked.search, asked.limit, asked.offset),
    )
    check_split(split)
    return split


def breakdown_question(split: Split, context: Context) -> Question[SalesBreakdown]:
    return Question(split.window, lambda look: by_dimension(look, split, context))


def heatmap_question(asked: HeatmapParameters, context: Context) -> Question[SalesHeatmap]:
    filters, window = asked.filters, asked_range(asked, context)
    kpi = kpi_called(asked.kpi)
    check_heatmap(window, asked.rows)
    return Question(window, lambda look: heatmap(look, kpi, window, filters, asked.rows, context))


def subject_router(subject: str, title: str) -> APIRouter:
    """Summary, trend and breakdown of a subject's KPIs."""
    router = APIRouter(prefix=f"/v1/{subject}", tags=[subject])

    @router.get("/summary", response_model=SalesSummary, summary=f"Every {title} KPI over a range")
    async def get_summary(
        request: Request, service: ServiceDep, asked: Annotated[SummaryParameters, Query()]
    ) -> Response:
        context = service.context()
        question = summary_question(subject, asked, context)
        return await answer(request, service, question.window, context, question.ask)

    @router.get("/trend", response_model=SalesTrend, summary="One KPI per hour, day, week or month")
    async def get_trend(
        request: Request, service: ServiceDep, asked: Annotated[TrendParameters, Query()]
    ) -> Response:
        context = service.context()
        question = trend_question(subject, asked, context)
        return await answer(request, service, question.window, context, question.ask)

    @router.get(
        "/by/{dimension}", response_model=SalesBreakdown, summary="KPIs by the members of a dimension"
    )
    async def get_breakdown(
        request: Request,
        service: ServiceDep,
        dimension: Annotated[str, Path(description="A slug of `dimensions` in `/v1/kpis`.")],
        asked: Annotated[BreakdownParameters, Query()],
    ) -> Response:
        context = service.context()
        question = breakdown_question(asked_split(subject, dimension, asked, context), context)
        return await answer(request, service, question.window, context, question.ask)

    return router


router = subject_router("sales", "sales")
profit_router = subject_router("profit", "profit")


@router.get("/heatmap", response_model=SalesHeatmap, summary="One KPI by hour and weekday, or hour and day")
async def get_heatmap(
    request: Request, service: ServiceDep, asked: Annotated[HeatmapParameters, Query()]
) -> Response:
    context = service.context()
    question = heatmap_question(asked, context)
    return await answer(request, service, question.window, context, question.ask)
