"""The questions of inventory and customers that `questions` measures."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from pydantic import BaseModel

from benchmarks.scale_catalogue import FIRST_CATEGORY
from benchmarks.scale_world import LAST_DAY
from nk_query_api.kpis import kpi_called
from nk_query_api.kpis.customers import ACTIVE_CUSTOMERS, CUSTOMER_KPIS
from nk_query_api.kpis.flow import GROUPS
from nk_query_api.questions.context import Context
from nk_query_api.questions.customers.cohorts import customer_cohorts, whole_months
from nk_query_api.questions.customers.people import Customers
from nk_query_api.questions.customers.segments import customer_segments, segment_called
from nk_query_api.questions.customers.summary import customers_summary
from nk_query_api.questions.customers.top import top_customers
from nk_query_api.questions.customers.trend import customers_trend
from nk_query_api.questions.filters import Filters
from nk_query_api.questions.inventory.flow import Receiving
from nk_query_api.questions.inventory.levels import levels
from nk_query_api.questions.inventory.listing import Page
from nk_query_api.questions.inventory.moved import By, Moved
from nk_query_api.questions.inventory.movements import MovementsQuestion, movements
from nk_query_api.questions.inventory.pareto import AbcQuestion, abc_analysis
from nk_query_api.questions.inventory.reconciliation import reconciliation
from nk_query_api.questions.inventory.scope import Scope
from nk_query_api.questions.inventory.sell_through import SellThroughQuestion, group_called, sell_through
from nk_query_api.questions.inventory.stock import StockQuestion, summary
from nk_query_api.questions.windows import Window
from nk_query_api.serving.snapshot import Snapshot

CONTEXT = Context(
    datetime.combine(LAST_DAY + timedelta(days=1), datetime.min.time()), ZoneInfo("Asia/Jakarta"), "IDR"
)
Question = Callable[[Snapshot, Window], BaseModel]
ALL = Scope(("internal",))
ONE_CATEGORY = Scope(("internal",), {"category": (FIRST_CATEGORY,)})
NOBODY = Filters()
MOST_DAYS = 366
"""Of an average of daily sales."""


def _stock(window: Window, scope: Scope = ALL, *, by_location: bool = False) -> StockQuestion:
    """On the last day of the window, with the sales of all of it."""
    return StockQuestion(window.end, scope, min(len(window.days), MOST_DAYS), by_location=by_location)


def _summary(scope: Scope = ALL, *, compared: bool = False) -> Question:
    return lambda look, window: summary(look, _stock(window, scope), CONTEXT, compared=compared)


def _levels(*, by_location: bool = False) -> Question:
    page = Page("stock_value_cost")
    return lambda look, window: levels(look, _stock(window, by_location=by_location), None, page, CONTEXT)


def _sell_through(group: str) -> Question:
    asked = SellThroughQuestion(group_called(group), ALL, Receiving(), "", Page("sell_through"))
    return lambda look, window: sell_through(look, asked, window, CONTEXT)


def _abc(scope: Scope) -> Question:
    asked = AbcQuestion(0.2, 0.3, scope, "", None, Page("revenue"))
    return lambda look, window: abc_analysis(look, asked, window, CONTEXT)


def _movements(by: By, scope: Scope = ALL) -> Question:
    asked = MovementsQuestion(Moved(by, (), scope), Page("lines"))
    return lambda look, window: movements(look, asked, window, CONTEXT)


INVENTORY: dict[str, Question] = {
    "stock KPIs": _summary(),
    "stock KPIs, compared": _summary(compared=True),
    "stock KPIs, category": _summary(ONE_CATEGORY),
    "stock by product": _levels(),
    "stock by product and place": _levels(by_location=True),
    **{f"sell-through by {group.slug}": _sell_through(group.slug) for group in GROUPS},
    "ABC": _abc(ALL),
    "ABC, category": _abc(ONE_CATEGORY),
    "movements by type": _movements("type"),
    "movements by day": _movements("day"),
    "movements by product": _movements("product"),
    "movements by location": _movements("location"),
    "reconciliation of stock": lambda look, window: reconciliation(
        look, window, ALL, Page("unexplained"), CONTEXT
    ),
}


def _counts(filters: Filters = NOBODY, compare: str = "none") -> Question:
    return lambda look, window: customers_summary(look, window, filters, compare, CONTEXT)  # type: ignore[arg-type]


def _trend(grain: str, filters: Filters = NOBODY) -> Question:
    kpi = kpi_called(ACTIVE_CUSTOMERS.slug, CUSTOMER_KPIS)
    return lambda look, window: customers_trend(look, kpi, window, filters, grain, "none", CONTEXT)  # type: ignore[arg-type]


def _top(filters: Filters = NOBODY, page: Customers | None = None) -> Question:
    return lambda look, window: top_customers(look, page or Customers(), window, filters, CONTEXT)


def _segments(filters: Filters = NOBODY, slug: str | None = None) -> Question:
    listed = segment_called(slug) if slug else None
    return lambda look, window: customer_segments(look, listed, Customers(), window, filters, CONTEXT)


def _cohorts(filters: Filters = NOBODY) -> Question:
    return lambda look, window: customer_cohorts(look, whole_months(window), filters, CONTEXT)


CUSTOMERS: dict[str, Question] = {
    "customer KPIs": _counts(),
    "customer KPIs, compared": _counts(compare="previous"),
    **{f"customers by {grain}": _trend(grain) for grain in ("day", "week", "month")},
    "top customers": _top(),
    "top customers by name": _top(page=Customers(sort="name", order="asc")),
    "top customers, search": _top(page=Customers(search="an")),
    "segments": _segments(),
    "segments, champions listed": _segments(slug="champions"),
    "cohorts": _cohorts(),
}
_STORE, _CATEGORY = Filters(stores=(2,)), Filters(product_groups={"category": (FIRST_CATEGORY,)})
DETAILS: dict[str, Question] = {
    "movements by day, category": _movements("day", ONE_CATEGORY),
    **{
        f"{what}, {name}": question(filters)
        for name, filters in (("store", _STORE), ("category", _CATEGORY))
        for what, question in (
            ("customer KPIs", _counts),
            ("top customers", _top),
            ("segments", _segments),
            ("cohorts", _cohorts),
        )
    },
}
"""Of purchases that no aggregate of customers knows, and of moves of some products on each day."""
