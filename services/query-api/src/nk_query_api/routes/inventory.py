"""`/v1/inventory/*`: stock of a day, and how it changed over a range."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response
from pydantic import Field

from nk_common.api.inventory import (
    AbcAnalysis,
    AbcClass,
    InventorySummary,
    Movements,
    SellThrough,
    StockLevels,
    StockReconciliation,
    StockStatus,
)
from nk_common.star.stock import stock_usages
from nk_query_api.errors import BadQuestionError
from nk_query_api.kpis.flow import UNEXPLAINED
from nk_query_api.questions.context import Context
from nk_query_api.questions.filters import Values
from nk_query_api.questions.inventory.flow import Receiving
from nk_query_api.questions.inventory.levels import check_levels, levels
from nk_query_api.questions.inventory.listing import Page
from nk_query_api.questions.inventory.moved import By, Moved
from nk_query_api.questions.inventory.movements import MovementsQuestion, check_movements, movements
from nk_query_api.questions.inventory.pareto import AbcQuestion, abc_analysis, check_abc
from nk_query_api.questions.inventory.reconciliation import reconciliation
from nk_query_api.questions.inventory.scope import Scope
from nk_query_api.questions.inventory.sell_through import (
    SellThroughQuestion,
    check_sell_through,
    group_called,
    sell_through,
)
from nk_query_api.questions.inventory.stock import StockQuestion, summary
from nk_query_api.questions.presets import Preset
from nk_query_api.questions.windows import Window, asked_window, whole_days
from nk_query_api.routes.answers import Question, answer
from nk_query_api.routes.parameters import MAX_ROWS, Ids, IsoDay, Names, Parameters, RangeParameters
from nk_query_api.service import Service, ServiceDep

router = APIRouter(prefix="/v1/inventory", tags=["inventory"])

Order = Literal["asc", "desc"]
Days = Annotated[int, Field(ge=1, le=366, description="Days that the average daily sales are of.")]
Cover = Annotated[float, Field(ge=0, le=100_000)]
Share = Annotated[float, Field(ge=0, le=1)]
Limit = Annotated[int, Field(ge=1, le=MAX_ROWS, description="Rows at most; totals are over all.")]
Offset = Annotated[int, Field(ge=0, le=1_000_000, description="Rows to pass over.")]
Search = Annotated[str, Field(max_length=100)]
Kind = Literal[
    "incoming", "outgoing", "transfer", "production_in", "production_out", "adjustment", "scrap", "return_in",
    "return_out",
]  # fmt: skip


class ProductParameters(Parameters):
    """What every question can be narrowed down to. A parameter given twice means either; different ones mean both."""

    product: Ids = Field(default=[], description="Ids of products.")
    category: Ids = Field(default=[], description="Ids of categories; -1 is no category.")
    parent_category: Names = Field(default=[], description="Names of top-level categories.")
    brand: Ids = Field(default=[], description="Ids of brands; -1 is no brand.")
    principal: Names = Field(default=[], description="Names of principals.")

    @property
    def groups(self) -> dict[str, Values]:
        """By group of products."""
        given: dict[str, Values] = {
            "product": tuple(self.product),
            "category": tuple(self.category),
            "parent": tuple(self.parent_category),
            "brand": tuple(self.brand),
            "principal": tuple(self.principal),
        }
        return {group: values for group, values in given.items() if values}


class StockParameters(ProductParameters):
    as_of: IsoDay | None = Field(default=None, description="The day; the newest held one if not given.")
    location: Ids = Field(
        default=[],
        description="Ids of stock locations. Sales are not known by location: what is made of them is null.",
    )
    search: Search = Field(default="", description="Products whose name, code or barcode contains this.")
    days: Days = 30
    low_cover: Cover = Field(default=7.0, description="Days of cover below which stock is low.")
    over_cover: Cover = Field(default=90.0, description="Days of cover above which there is too much.")

    def question(self, service: Service, context: Context, *, by_location: bool = False) -> StockQuestion:
        """Raises BadQuestionError."""
        if self.as_of and self.as_of > context.today:
            raise BadQuestionError(f"The stock of {self.as_of} is not known yet; today is {context.today}.")
        scope = Scope(_usages(service), self.groups, tuple(self.location), self.search)
        return StockQuestion(self.as_of, scope, self.days, self.low_cover, self.over_cover, by_location)


class StockSummaryParameters(StockParameters):
    compare: Literal["none", "previous"] = Field(default="none", description="`previous`: the day before.")


class LevelParameters(StockParameters):
    by: Literal["product", "location"] = Field(default="product", description="What a row is.")
    status: StockStatus | None = Field(default=None, description="Only rows for which this holds.")
    sort: str = Field(default="stock_value_cost", description="The slug of a figure, `sold`, or `label`.")
    order: Order = Field(default="desc", description="Direction of the order.")
    limit: Limit = 50
    offset: Offset = 0


class FlowParameters(ProductParameters, RangeParameters):
    preset: Preset | None = Field(default=None, description="A range with a name, instead of start and end.")
    search: Search = Field(default="", description="Rows whose labels contain this.")
    order: Order = Field(default="desc", description="Direction of the order.")
    limit: Limit = 50
    offset: Offset = 0

    def window(self, context: Context) -> Window:
        """Raises BadQuestionError."""
        return asked_window(self.start, self.end, context.today, self.preset)


class SellThroughParameters(FlowParameters):
    group: str = Field(
        default="category", description="product, category, parent-category, brand or principal."
    )
    include_production: bool = Field(default=True, description="Count what was made as received.")
    include_adjustments: bool = Field(default=False, description="Count adjustments as received.")
    sort: str = Field(default="sell_through", description="The slug of a figure, or `label`.")


class AbcParameters(FlowParameters):
    a: Share = Field(default=0.2, description="Share of the products that are A.")
    b: Share = Field(default=0.3, description="Share of the products that are B.")
    abc: AbcClass | None = Field(default=None, description="Only rows of this class.")
    sort: str = Field(default="revenue", description="revenue, quantity, rank or label.")


class MovementParameters(FlowParameters):
    by: By = Field(default="type", description="What a row is.")
    type: list[Kind] = Field(default=[], max_length=9, description="Only rows of these movement types.")
    location: Ids = Field(default=[], description="Ids of stock locations; what moved is seen from them.")
    sort: str = Field(
        default="lines", description="key, label, lines, quantity, arrived, departed or effect."
    )


class ReconciliationParameters(ProductParameters, RangeParameters):
    preset: Preset | None = Field(default=None, description="A range with a name, instead of start and end.")
    location: Ids = Field(default=[], description="Ids of stock locations; sales are not known by location.")
    search: Search = Field(default="", description="Products whose name, code or barcode contains this.")
    limit: Limit = 50
    offset: Offset = 0


def _usages(service: Service) -> tuple[str, ...]:
    return stock_usages(transit_is_stock=service.settings.transit_is_stock)


def stock_question(asked: LevelParameters, service: Service, context: Context) -> Question[StockLevels]:
    """Raises BadQuestionError, as all of these do."""
    question = asked.question(service, context, by_location=asked.by == "location")
    page = Page(asked.sort, asked.order, asked.limit, asked.offset)
    check_levels(question, asked.status, page)
    day = asked.as_of or context.today
    return Question(whole_days(day, day), lambda look: levels(look, question, asked.status, page, context))


def sell_through_question(
    asked: SellThroughParameters, service: Service, context: Context
) -> Question[SellThrough]:
    window = asked.window(context)
    question = SellThroughQuestion(
        group_called(asked.group),
        Scope(_usages(service), asked.groups),
        Receiving(asked.include_production, asked.include_adjustments),
        asked.search,
        Page(asked.sort, asked.order, asked.limit, asked.offset),
    )
    check_sell_through(question.page)
    return Question(window, lambda look: sell_through(look, question, window, context))


def abc_question(asked: AbcParameters, service: Service, context: Context) -> Question[AbcAnalysis]:
    window = asked.window(context)
    question = AbcQuestion(
        asked.a,
        asked.b,
        Scope(_usages(service), asked.groups),
        asked.search,
        asked.abc,
        Page(asked.sort, asked.order, asked.limit, asked.offset),
    )
    check_abc(question)
    return Question(window, lambda look: abc_analysis(look, question, window, context))


def movements_question(asked: MovementParameters, service: Service, context: Context) -> Question[Movements]:
    window = asked.window(context)
    scope = Scope(_usages(service), asked.groups, tuple(asked.location), asked.search)
    page = Page(asked.sort, asked.order, asked.limit, asked.offset)
    question = MovementsQuestion(Moved(asked.by, tuple(asked.type), scope), page)
    check_movements(question)
    return Question(window, lambda look: movements(look, question, window, context))


def reconciliation_question(
    asked: ReconciliationParameters, service: Service, context: Context
) -> Question[StockReconciliation]:
    window = asked_window(asked.start, asked.end, context.today, asked.preset)
    scope = Scope(_usages(service), asked.groups, tuple(asked.location), asked.search)
    page = Page(UNEXPLAINED.slug, "desc", asked.limit, asked.offset)
    return Question(window, lambda look: reconciliation(look, window, scope, page, context))


@router.get("/summary", response_model=InventorySummary, summary="Every KPI of stock on a day")
async def get_summary(
    request: Request, service: ServiceDep, asked: Annotated[StockSummaryParameters, Query()]
) -> Response:
    context = service.context()
    question = asked.question(service, context)
    day = asked.as_of or context.today
    return await answer(
        request, service, whole_days(day, day), context,
        lambda look: summary(look, question, context, compared=asked.compare == "previous"),
    )  # fmt: skip


@router.get(
    "/stock", response_model=StockLevels, summary="Stock of a day by product, or by product and place"
)
async def get_stock(
    request: Request, service: ServiceDep, asked: Annotated[LevelParameters, Query()]
) -> Response:
    context = service.context()
    question = stock_question(asked, service, context)
    return await answer(request, service, question.window, context, question.ask)


@router.get(
    "/sell-through", response_model=SellThrough, summary="How much of what there was to sell was sold"
)
async def get_sell_through(
    request: Request, service: ServiceDep, asked: Annotated[SellThroughParameters, Query()]
) -> Response:
    context = service.context()
    question = sell_through_question(asked, service, context)
    return await answer(request, service, question.window, context, question.ask)


@router.get("/abc", response_model=AbcAnalysis, summary="Which products make the revenue")
async def get_abc(
    request: Request, service: ServiceDep, asked: Annotated[AbcParameters, Query()]
) -> Response:
    context = service.context()
    question = abc_question(asked, service, context)
    return await answer(request, service, question.window, context, question.ask)


@router.get("/movements", response_model=Movements, summary="What moved, by kind, day, product or place")
async def get_movements(
    request: Request, service: ServiceDep, asked: Annotated[MovementParameters, Query()]
) -> Response:
    context = service.context()
    question = movements_question(asked, service, context)
    return await answer(request, service, question.window, context, question.ask)


@router.get(
    "/reconciliation",
    response_model=StockReconciliation,
    summary="Whether moves explain how stock changed, product by product",
)
async def get_reconciliation(
    request: Request, service: ServiceDep, asked: Annotated[ReconciliationParameters, Query()]
) -> Response:
    context = service.context()
    question = reconciliation_question(asked, service, context)
    return await answer(request, service, question.window, context, question.ask)
