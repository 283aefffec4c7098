"""`/v1/customers/*`: how many customers, who they are, how often they buy, and whether they come back."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response
from pydantic import Field

from nk_common.api.customers import (
    CustomerCohorts,
    CustomerSegments,
    CustomersSummary,
    CustomersTrend,
    TopCustomers,
)
from nk_query_api.kpis import kpi_called
from nk_query_api.kpis.customers import ACTIVE_CUSTOMERS, CUSTOMER_KPIS
from nk_query_api.questions.context import Context
from nk_query_api.questions.customers.cohorts import customer_cohorts, whole_months
from nk_query_api.questions.customers.counting import Grain
from nk_query_api.questions.customers.people import Customers, Order, Sort
from nk_query_api.questions.customers.segments import customer_segments, segment_called
from nk_query_api.questions.customers.summary import customers_summary
from nk_query_api.questions.customers.top import top_customers
from nk_query_api.questions.customers.trend import customers_trend
from nk_query_api.questions.windows import Window, asked_window
from nk_query_api.routes.answers import Question, answer, asked_range
from nk_query_api.routes.parameters import MAX_ROWS, FilterParameters, SummaryParameters
from nk_query_api.service import ServiceDep

router = APIRouter(prefix="/v1/customers", tags=["customers"])
_YEAR = timedelta(days=364)


class CustomersTrendParameters(SummaryParameters):
    grain: Grain = Field(default="day", description="Length of a bucket; weeks begin on Monday.")
    kpi: str = Field(default=ACTIVE_CUSTOMERS.slug, description="A slug of `/v1/kpis`, of customers.")


class CustomersParameters(FilterParameters):
    sort: Sort = Field(default="revenue", description="What the customers are sorted by.")
    order: Order = Field(default="desc", description="Direction of the order.")
    search: str = Field(default="", max_length=100, description="Customers whose name contains this.")
    limit: int = Field(default=50, ge=1, le=MAX_ROWS, description="Rows at most; totals are over all.")
    offset: int = Field(default=0, ge=0, le=1_000_000, description="Rows to pass over.")

    @property
    def page(self) -> Customers:
        return Customers(self.sort, self.order, self.search, self.limit, self.offset)


class SegmentParameters(CustomersParameters):
    segment: str | None = Field(
        default=None, description="The segment whose customers to list; none if not given."
    )


def customers_trend_question(asked: CustomersTrendParameters, context: Context) -> Question[CustomersTrend]:
    """Raises BadQuestionError, as all of these do."""
    filters, window = asked.filters, asked_range(asked, context)
    kpi = kpi_called(asked.kpi, CUSTOMER_KPIS)
    return Question(
        window,
        lambda look: customers_trend(look, kpi, window, filters, asked.grain, asked.compare, context),
    )


def top_question(asked: CustomersParameters, context: Context) -> Question[TopCustomers]:
    filters, window = asked.filters, asked_range(asked, context)
    return Question(window, lambda look: top_customers(look, asked.page, window, filters, context))


def segments_question(asked: SegmentParameters, context: Context) -> Question[CustomerSegments]:
    filters = asked.filters
    window = _range_until(asked, context, (asked.end or context.today) - _YEAR)
    listed = segment_called(asked.segment) if asked.segment else None
    return Question(
        window, lambda look: customer_segments(look, listed, asked.page, window, filters, context)
    )


def cohorts_question(asked: FilterParameters, context: Context) -> Question[CustomerCohorts]:
    filters = asked.filters
    month = (asked.end or context.today).replace(day=1)
    year_ago = (month.replace(year=month.year - 1) + timedelta(days=31)).replace(day=1)
    window = whole_months(_range_until(asked, context, year_ago))
    return Question(window, lambda look: customer_cohorts(look, window, filters, context))


@router.get("/summary", response_model=CustomersSummary, summary="Every KPI of customers over a range")
async def get_summary(
    request: Request, service: ServiceDep, asked: Annotated[SummaryParameters, Query()]
) -> Response:
    context, filters = service.context(), asked.filters
    window = asked_range(asked, context)
    return await answer(
        request, service, window, context,
        lambda look: customers_summary(look, window, filters, asked.compare, context),
    )  # fmt: skip


@router.get("/trend", response_model=CustomersTrend, summary="One KPI of customers per day, week or month")
async def get_trend(
    request: Request, service: ServiceDep, asked: Annotated[CustomersTrendParameters, Query()]
) -> Response:
    context = service.context()
    question = customers_trend_question(asked, context)
    return await answer(request, service, question.window, context, question.ask)


@router.get(
    "/top", response_model=TopCustomers, summary="Customers by revenue, transactions or last purchase"
)
async def get_top(
    request: Request, service: ServiceDep, asked: Annotated[CustomersParameters, Query()]
) -> Response:
    context = service.context()
    question = top_question(asked, context)
    return await answer(request, service, question.window, context, question.ask)


@router.get(
    "/segments",
    response_model=CustomerSegments,
    summary="Customers by recency, frequency and monetary value",
    description="Over the 365 days up to `end`, or today, unless a range is given.",
)
async def get_segments(
    request: Request, service: ServiceDep, asked: Annotated[SegmentParameters, Query()]
) -> Response:
    context = service.context()
    question = segments_question(asked, context)
    return await answer(request, service, question.window, context, question.ask)


@router.get(
    "/cohorts",
    response_model=CustomerCohorts,
    summary="Who still buys, by the month of the first purchase",
    description="All of the months that the range touches; the twelve up to `end`, or today, unless one is given.",
)
async def get_cohorts(
    request: Request, service: ServiceDep, asked: Annotated[FilterParameters, Query()]
) -> Response:
    context = service.context()
    question = cohorts_question(asked, context)
    return await answer(request, service, question.window, context, question.ask)


def _range_until(asked: FilterParameters, context: Context, start: date) -> Window:
    """The days that were asked for; from `start` on where only their end was, or nothing. Raises BadQuestionError."""
    if asked.start or asked.preset:
        return asked_range(asked, context)
    return asked_window(start, asked.end or context.today, context.today)
