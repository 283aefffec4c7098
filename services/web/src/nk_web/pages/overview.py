"""Overview (`/`): how the shop is doing in a range of days."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from fastapi import APIRouter

from nk_common.api.common import Compare
from nk_common.api.sales import SalesBreakdown
from nk_web import questions as ask
from nk_web.i18n import say
from nk_web.page import Cards, Page
from nk_web.pages import dashboard
from nk_web.panels.briefs import MOST_ROWS, data_health_body, dead_stock_body, low_stock_body
from nk_web.panels.lists import product_address
from nk_web.panels.panel import Body, Look, Panel, always
from nk_web.panels.splits import movers_body, sunburst_body
from nk_web.panels.trends import TREND_TITLES, running_body, trend_body
from nk_web.periods import grain_for, named_period
from nk_web.questions import Question
from nk_web.site import NavEntry, Site
from nk_web.state import PageState

NAV = NavEntry("/", say("Overview"), "overview")
CARDS = (
    "revenue", "transactions", "average_transaction_value", "items_sold", "items_per_transaction",
    "discount_amount", "refunds_amount", "revenue_untaxed",
)  # fmt: skip
MOVERS = 6
RINGS = 400


def _trend(state: PageState) -> tuple[Question[Any], ...]:
    return (ask.trend(state, "revenue", grain_for(state.period)),)


def _running(state: PageState) -> tuple[Question[Any], ...]:
    """Today, and the whole of the same weekday a week ago."""
    today = replace(state, period=named_period("today", state.today))
    week_ago = state.today - timedelta(days=7)
    before = state.with_days(week_ago, week_ago)
    return tuple(ask.trend(day, "revenue", "hour", compare="none") for day in (today, before))


def _movers(state: PageState, order: str) -> tuple[Question[Any], ...]:
    compare: Compare = "previous" if state.compare == "none" else state.compare
    more = {"sort": "change", "order": order}
    return (ask.breakdown(state, "product", limit=MOVERS, compare=compare, more=more),)


def _low_stock(state: PageState) -> tuple[Question[Any], ...]:
    by_cover = {"sort": "days_of_cover", "order": "asc", "limit": str(MOST_ROWS)}
    return ask.stock(state, status="low", **by_cover), ask.stock(state, **by_cover)


def _dead_stock(state: PageState) -> tuple[Question[Any], ...]:
    return (
        ask.stock(state, status="dead", sort="stock_value_cost", limit=str(MOST_ROWS)),
        ask.stock(state, status="overstock", sort="days_of_cover", limit=str(MOST_ROWS)),
    )


def _mover_bars(answer: SalesBreakdown, look: Look, *, rising: bool) -> Body:
    return movers_body(answer, look, lambda row: product_address(look.state, row.key), rising=rising)


PAGE = Page(
    slug="overview",
    route="/",
    title=say("Overview"),
    datasets=("pos", "invoice-sales"),
    cards=Cards(
        ask.summary,
        CARDS,
        sparks=lambda state, slug: ask.trend(state, slug, grain_for(state.period), compare="none"),
        in_row=5,
    ),
    panels=(
        Panel("trend", lambda state: TREND_TITLES[grain_for(state.period)], _trend, trend_body, span=8),
        Panel("running", always(say("Today so far")), _running, running_body, span=4),
        Panel(
            "rings", always(say("Revenue by category and brand")),
            lambda state: (ask.breakdown(state, "category-brand", limit=RINGS),), sunburst_body, span=4,
        ),
        Panel(
            "rising", always(say("Products that rose most")), lambda state: _movers(state, "desc"),
            lambda answer, look: _mover_bars(answer, look, rising=True), span=4,
        ),
        Panel(
            "falling", always(say("Products that fell most")), lambda state: _movers(state, "asc"),
            lambda answer, look: _mover_bars(answer, look, rising=False), span=4,
        ),
        Panel(
            "low-stock", always(say("Running out")), _low_stock, low_stock_body, span=4, size="short",
        ),
        Panel(
            "dead-stock", always(say("Not selling")), _dead_stock, dead_stock_body, span=4, size="short",
        ),
        Panel(
            "data", always(say("State of the data")),
            lambda state: (ask.trust(state.period.start, state.period.end),), data_health_body,
            span=4, size="short", downloads=False,
        ),
    ),
)  # fmt: skip


def routes(site: Site) -> APIRouter:
    return dashboard.routes(site, PAGE)
