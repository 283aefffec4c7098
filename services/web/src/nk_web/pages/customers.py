"""Customers (`/customers`): who buys, who comes back."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter

from nk_common.api.common import Grain
from nk_web import questions as ask
from nk_web.i18n import Said, say
from nk_web.page import Cards, Page
from nk_web.pages import dashboard
from nk_web.panels.cohorts import cohorts_body
from nk_web.panels.customers import NEW, RETURNING, identified_body, new_and_returning_body
from nk_web.panels.panel import Panel, always
from nk_web.panels.people import (
    MEMBERS,
    SEGMENT,
    SEGMENT_TITLES,
    TOP,
    members_body,
    segments_body,
    top_customers_body,
)
from nk_web.panels.trends import GRAIN, grain_of
from nk_web.questions import Question
from nk_web.site import NavEntry, Site
from nk_web.state import PageState

NAV = NavEntry("/customers", say("Customers"), "customers")
CARDS = (
    "active_customers", "new_customers", "returning_customers", "repeat_rate", "revenue_per_customer",
    "transactions_per_customer",
)  # fmt: skip
TREND_TITLES: dict[Grain, Said] = {
    "day": say("New and returning customers per day"),
    "week": say("New and returning customers per week"),
    "month": say("New and returning customers per month"),
}
STORES = 50


def _grain(state: PageState) -> Grain:
    """Nobody is new by the hour."""
    grain = grain_of(state)
    return "day" if grain == "hour" else grain


def _trend(state: PageState) -> tuple[Question[Any], ...]:
    return tuple(
        ask.customers_trend(state, kpi, _grain(state)) for kpi in ("new_customers", "returning_customers")
    )


def _identified(state: PageState) -> tuple[Question[Any], ...]:
    return ask.breakdown(state, "store", "identified_share", limit=STORES), ask.summary(state)


def _members(state: PageState) -> tuple[Question[Any], ...]:
    page = MEMBERS.asked(state.table("people"))
    return (ask.segments(state, {"segment": state.choice(SEGMENT), **page}),)


PAGE = Page(
    slug="customers",
    route="/customers",
    title=say("Customers"),
    datasets=("pos", "invoice-sales"),
    cards=Cards(ask.customers_summary, CARDS, in_row=7),
    choices=(SEGMENT,),
    panels=(
        Panel(
            "trend", lambda state: TREND_TITLES[_grain(state)], _trend, new_and_returning_body, span=8,
            choices=(GRAIN,), files=(NEW, RETURNING),
        ),
        Panel(
            "identified", always(say("Sales with a customer's name")), _identified, identified_body, span=4,
            size="short",
        ),
        Panel(
            "cohorts", always(say("Who comes back")), lambda state: (ask.cohorts(state),), cohorts_body, span=12,
            size="tall",
        ),
        Panel(
            "segments", always(say("What kinds of customers there are")), lambda state: (ask.segments(state),),
            segments_body, span=6, size="list", lead=True,
        ),
        Panel(
            "people", lambda state: SEGMENT_TITLES[state.choice(SEGMENT)], _members, members_body, span=6,
            size="list", lead=True, table=MEMBERS,
        ),
        Panel(
            "top", always(say("Customers who buy most")),
            lambda state: (ask.top_customers(state, TOP.asked(state.table("top"))),), top_customers_body, span=12,
            size="list", lead=True, table=TOP,
        ),
    ),
)  # fmt: skip


def routes(site: Site) -> APIRouter:
    return dashboard.routes(site, PAGE)
