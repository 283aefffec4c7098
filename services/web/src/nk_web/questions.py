"""Questions to the query API, as values: what a page state asks, and what the answer will be.

The same question is asked for an answer (`QueryApi.ask`) and for its file (`QueryApi.download`), so a download
holds exactly what is shown.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Generic, TypeVar
from urllib.parse import quote

from pydantic import BaseModel

from nk_common.api.alerts import Alerts
from nk_common.api.common import Compare, Grain
from nk_common.api.customers import (
    CustomerCohorts,
    CustomerSegments,
    CustomersSummary,
    CustomersTrend,
    TopCustomers,
)
from nk_common.api.dimensions import Members, OneMember
from nk_common.api.health import PipelineHealth
from nk_common.api.inventory import (
    AbcAnalysis,
    InventorySummary,
    Movements,
    SellThrough,
    StockLevels,
    StockReconciliation,
)
from nk_common.api.pipeline import Lag, ReconciliationDetail, Reconciliations
from nk_common.api.profit import BelowCost, CostHistory
from nk_common.api.sales import SalesBreakdown, SalesHeatmap, SalesSummary, SalesTrend
from nk_common.api.schedules import Schedules
from nk_common.api.trust import Trust
from nk_web.filters import ALL_DAY, PRODUCT_FILTERS, STOCK_FILTERS
from nk_web.state import PageState

Answer = TypeVar("Answer", bound=BaseModel)
Params = tuple[tuple[str, str], ...]
ENDINGS = ("csv", "xlsx")
A_YEAR = timedelta(days=364)


@dataclass(frozen=True)
class Question(Generic[Answer]):
    """One GET: `path` and `params` as the API knows them, and the model that its answer is read into.

    `part` is what of the answer is shown, where that is not its rows and has a file of its own.
    """

    path: str
    model: type[Answer]
    params: Params = ()
    part: str = ""

    @property
    def file(self) -> str:
        """The name under `/v1/export/`: `/v1/sales/by/store` is `sales-by-store`."""
        name = self.path.removeprefix("/v1/").replace("/", "-")
        return f"{name}-{self.part}" if self.part else name

    def with_params(self, **more: str) -> Question[Answer]:
        others = tuple(pair for pair in self.params if pair[0] not in more)
        return replace(self, params=(*others, *more.items()))

    def without(self, *names: str) -> Question[Answer]:
        return replace(self, params=tuple(pair for pair in self.params if pair[0] not in names))

    def of_part(self, part: str) -> Question[Answer]:
        return replace(self, part=part)


def days_of(state: PageState) -> Params:
    return (("start", state.period.start.isoformat()), ("end", state.period.end.isoformat()))


def filters_of(state: PageState, taken: Iterable[str] | None = None) -> Params:
    """The filters of the page, or those of them that the question takes."""
    wanted = set(state.filters if taken is None else taken)
    return tuple(
        (param, value) for param, values in state.filters.items() if param in wanted for value in values
    )


def hours_of(state: PageState) -> Params:
    if state.hours == ALL_DAY:
        return ()
    return (("hour_from", str(state.hours[0])), ("hour_to", str(state.hours[1])))


def narrowed(state: PageState) -> Params:
    """Days, filters and hours of the page: what every question about sales takes."""
    return (*days_of(state), *filters_of(state), *hours_of(state))


# -- sales and profit: `subject` is either ---------------------------------------------------------


def summary(state: PageState, subject: str = "sales") -> Question[SalesSummary]:
    return Question(f"/v1/{subject}/summary", SalesSummary, (*narrowed(state), ("compare", state.compare)))


def trend(
    state: PageState, kpi: str, grain: Grain, *, subject: str = "sales", compare: Compare | None = None
) -> Question[SalesTrend]:
    asked = (("compare", compare or state.compare), ("grain", grain), ("kpi", kpi))
    return Question(f"/v1/{subject}/trend", SalesTrend, (*narrowed(state), *asked))


def breakdown(
    state: PageState,
    dimension: str,
    *kpis: str,
    subject: str = "sales",
    limit: int = 50,
    compare: Compare = "none",
    more: Mapping[str, str] | None = None,
) -> Question[SalesBreakdown]:
    """By `dimension`, highest revenue first; `more` may hold sort, order, search and offset."""
    asked = [*(("kpi", kpi) for kpi in kpis), ("compare", compare), ("limit", str(limit))]
    params = (*narrowed(state), *asked, *(more or {}).items())
    return Question(f"/v1/{subject}/by/{dimension}", SalesBreakdown, params)


def heatmap(state: PageState, rows: str, kpi: str = "revenue") -> Question[SalesHeatmap]:
    return Question("/v1/sales/heatmap", SalesHeatmap, (*narrowed(state), ("kpi", kpi), ("rows", rows)))


# -- profit alone ----------------------------------------------------------------------------------


def below_cost(state: PageState, **page: str) -> Question[BelowCost]:
    return Question("/v1/profit/below-cost", BelowCost, (*narrowed(state), *page.items()))


def cost_history(state: PageState, product: str) -> Question[CostHistory]:
    """Over the year up to the end of the range: a product is seldom bought in one week."""
    days = days_of(state.with_days(min(state.period.start, state.period.end - A_YEAR), state.period.end))
    return Question("/v1/profit/cost-history", CostHistory, (*days, ("product", product), ("limit", "1000")))


# -- stock -----------------------------------------------------------------------------------------


def stock(state: PageState, **asked: str) -> Question[StockLevels]:
    """On the day of the page, else the newest held one."""
    return Question("/v1/inventory/stock", StockLevels, (*_lying(state), *asked.items()))


def inventory_summary(state: PageState, **asked: str) -> Question[InventorySummary]:
    return Question("/v1/inventory/summary", InventorySummary, (*_lying(state), *asked.items()))


def sell_through(state: PageState, group: str, **asked: str) -> Question[SellThrough]:
    """By `group`: category, brand, product ..."""
    params = (*days_of(state), *filters_of(state, PRODUCT_FILTERS), ("group", group), *asked.items())
    return Question("/v1/inventory/sell-through", SellThrough, params)


def abc(state: PageState, **asked: str) -> Question[AbcAnalysis]:
    params = (*days_of(state), *filters_of(state, PRODUCT_FILTERS), *asked.items())
    return Question("/v1/inventory/abc", AbcAnalysis, params)


def movements(state: PageState, by: str, **asked: str) -> Question[Movements]:
    params = (*days_of(state), *filters_of(state, STOCK_FILTERS), ("by", by), *asked.items())
    return Question("/v1/inventory/movements", Movements, params)


def stock_reconciliation(
    state: PageState, limit: int = 1, offset: int = 0, search: str = ""
) -> Question[StockReconciliation]:
    """Whether moves explain the stock, with a page of the products, largest differences first."""
    page = (("limit", str(limit)), ("offset", str(offset)), *((("search", search),) if search else ()))
    params = (*days_of(state), *filters_of(state, STOCK_FILTERS), *page)
    return Question("/v1/inventory/reconciliation", StockReconciliation, params)


def _lying(state: PageState) -> Params:
    """What every question about stock as it lies takes."""
    day = (("as_of", state.as_of.isoformat()),) if state.as_of else ()
    return (*filters_of(state, STOCK_FILTERS), *day)


# -- customers -------------------------------------------------------------------------------------


def customers_summary(state: PageState) -> Question[CustomersSummary]:
    params = (*narrowed(state), ("compare", state.compare))
    return Question("/v1/customers/summary", CustomersSummary, params)


def customers_trend(state: PageState, kpi: str, grain: Grain) -> Question[CustomersTrend]:
    asked = (("compare", state.compare), ("grain", grain), ("kpi", kpi))
    return Question("/v1/customers/trend", CustomersTrend, (*narrowed(state), *asked))


def top_customers(state: PageState, asked: Mapping[str, str]) -> Question[TopCustomers]:
    return Question("/v1/customers/top", TopCustomers, (*narrowed(state), *asked.items()))


def segments(state: PageState, asked: Mapping[str, str] | None = None) -> Question[CustomerSegments]:
    """Over a year at least: within a week nobody is lost. `asked` may name a segment, and a page of its customers."""
    params = (*_year_of(state), *(asked or {}).items())
    return Question("/v1/customers/segments", CustomerSegments, params)


def cohorts(state: PageState) -> Question[CustomerCohorts]:
    """The twelve months up to the end of the range, or those of a longer range."""
    return Question("/v1/customers/cohorts", CustomerCohorts, _year_of(state))


def _year_of(state: PageState) -> Params:
    """Without a start, the API takes the year up to the end."""
    days = days_of(state)
    longer = state.period.end - state.period.start > A_YEAR
    return (*(days if longer else days[1:]), *filters_of(state), *hours_of(state))


# -- members and trust -----------------------------------------------------------------------------


def members(dimension: str, search: str = "", limit: int = 50) -> Question[Members]:
    searched = (("search", search),) if search else ()
    return Question(f"/v1/dimensions/{dimension}", Members, (*searched, ("limit", str(limit))))


def member(dimension: str, key: str) -> Question[OneMember]:
    return Question(f"/v1/dimensions/{dimension}/{quote(key, safe='')}", OneMember)


def trust(start: date, end: date, datasets: Iterable[str] = ()) -> Question[Trust]:
    days = (("start", start.isoformat()), ("end", end.isoformat()))
    return Question("/v1/pipeline/trust", Trust, (*days, *(("dataset", name) for name in datasets)))


# -- the pipeline ----------------------------------------------------------------------------------


def health() -> Question[PipelineHealth]:
    return Question("/v1/pipeline/health", PipelineHealth)


def alerts(limit: int) -> Question[Alerts]:
    return Question("/v1/pipeline/alerts", Alerts, (("limit", str(limit)),))


def lag() -> Question[Lag]:
    return Question("/v1/pipeline/lag", Lag)


def schedules() -> Question[Schedules]:
    return Question("/v1/pipeline/schedules", Schedules)


def reconciliations() -> Question[Reconciliations]:
    return Question("/v1/reconciliations", Reconciliations)


def reconciliation(run_id: str) -> Question[ReconciliationDetail]:
    return Question(f"/v1/reconciliations/{quote(run_id, safe='')}", ReconciliationDetail)
