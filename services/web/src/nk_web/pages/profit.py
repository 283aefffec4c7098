"""Profit (`/profit`): what was earned, on what, and what was sold below cost."""

from __future__ import annotations

from functools import partial
from typing import Any

from fastapi import APIRouter

from nk_common.api.sales import SalesBreakdown
from nk_web import questions as ask
from nk_web.i18n import Said, say
from nk_web.page import Cards, Page
from nk_web.pages import dashboard
from nk_web.panels.costs import cost_panel, one_product
from nk_web.panels.panel import Body, Look, Panel, always
from nk_web.panels.profit import profit_bars_body, profit_trend_body
from nk_web.panels.profit_lists import (
    BELOW_COST,
    COSTS,
    below_cost_body,
    costs_body,
    coverage_body,
    products_body,
    products_spec,
)
from nk_web.panels.table import ListSpec
from nk_web.panels.trends import GRAIN, PROFIT_TITLES, grain_of
from nk_web.questions import Question
from nk_web.site import NavEntry, Site
from nk_web.state import PageState

NAV = NavEntry("/profit", say("Profit"), "profit")
CARDS = ("gross_profit", "margin", "cogs", "cost_coverage", "below_cost_lines")
MEMBERS = 50
MOST_SOLD = 1000
"""Products that are looked through for those with most revenue without a known cost: as many as the API lists at once.
Those with most revenue are asked for, because by coverage all that have none are equal, however little they sold."""
TOP, BOTTOM = products_spec("desc"), products_spec("asc")


def _trend(state: PageState) -> tuple[Question[Any], ...]:
    return tuple(
        ask.trend(state, kpi, grain_of(state), subject="profit") for kpi in ("gross_profit", "margin")
    )


def _coverage(state: PageState) -> tuple[Question[Any], ...]:
    most = {"sort": "revenue", "order": "desc"}
    return (
        ask.breakdown(state, "product", subject="profit", limit=MOST_SOLD, more=most),
        ask.summary(state, "profit"),
    )


def _split(name: str, title: Said, param: str) -> Panel:
    def asked(state: PageState) -> tuple[Question[Any], ...]:
        return (ask.breakdown(state, param, subject="profit", limit=MEMBERS, compare=state.compare),)

    def built(answer: SalesBreakdown, look: Look) -> Body:
        return profit_bars_body(answer, look, param)

    return Panel(name, always(title), asked, built, span=6)


def _products(name: str, title: Said, spec: ListSpec, build: Any) -> Panel:
    """A list of products, sorted and searched by the API."""

    def asked(state: PageState) -> tuple[Question[Any], ...]:
        page = spec.asked(state.table(name))
        limit = int(page.pop("limit"))
        return (ask.breakdown(state, "product", subject="profit", limit=limit, more=page),)

    return Panel(name, always(title), asked, build, span=6, size="list", lead=True, table=spec)


def _below(state: PageState) -> tuple[Question[Any], ...]:
    return (ask.below_cost(state, **BELOW_COST.asked(state.table("below"))),)


def _visible(state: PageState) -> tuple[str, ...]:
    """Of one product, its cost; of several, which they are."""
    if one_product(state):
        return ("trend", "coverage", "cost", "below")
    return ("trend", "coverage", "categories", "brands", "top", "bottom", "below", "costs")


PAGE = Page(
    slug="profit",
    route="/profit",
    title=say("Profit"),
    datasets=("pos", "invoice-sales", "profit"),
    cards=Cards(lambda state: ask.summary(state, "profit"), CARDS),
    panels=(
        Panel(
            "trend", lambda state: PROFIT_TITLES[grain_of(state)], _trend, profit_trend_body, span=8,
            choices=(GRAIN,), files=(say("Gross profit"), say("Margin")),
        ),
        Panel("coverage", always(say("Revenue with a known cost")), _coverage, coverage_body, span=4, size="short"),
        cost_panel(span=6, size="tall"),
        _split("categories", say("Gross profit by category"), "category"),
        _split("brands", say("Gross profit by brand"), "brand"),
        _products("top", say("Products that earn most"), TOP, partial(products_body, spec=TOP)),
        _products("bottom", say("Products that earn least"), BOTTOM, partial(products_body, spec=BOTTOM)),
        Panel(
            "below", always(say("Sold below cost")), _below, below_cost_body, span=6, size="list", lead=True,
            table=BELOW_COST,
        ),
        _products("costs", say("What products cost"), COSTS, costs_body),
    ),
    visible=_visible,
)  # fmt: skip


def routes(site: Site) -> APIRouter:
    return dashboard.routes(site, PAGE)
