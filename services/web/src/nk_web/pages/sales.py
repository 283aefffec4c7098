"""Sales (`/sales`): when, where, by whom, how paid, and of what."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fastapi import APIRouter

from nk_common.api.common import Compare
from nk_common.api.sales import SalesBreakdown
from nk_web import questions as ask
from nk_web.filters import ALL_DAY
from nk_web.i18n import Said, say
from nk_web.page import Cards, Page
from nk_web.pages import dashboard
from nk_web.panels.hours import date_hours_body, weekday_hours_body
from nk_web.panels.lists import TOP_PRODUCTS, top_products_body
from nk_web.panels.panel import Body, Look, Panel, always
from nk_web.panels.splits import bars_body, sankey_body
from nk_web.panels.trends import GRAIN, TREND_TITLES, grain_of, trend_body
from nk_web.questions import Question
from nk_web.site import NavEntry, Site
from nk_web.state import PageState

NAV = NavEntry("/sales", say("Sales"), "sales")
CARDS = (
    "revenue", "transactions", "average_transaction_value", "items_sold", "items_per_transaction", "revenue_untaxed",
    "discount_amount", "discount_share", "refunds_amount", "refunds_share", "identified_share",
)  # fmt: skip
Unfit = Callable[[PageState], Said | None]
FLOWS = 300
MEMBERS = 50


MOST_DAYS_BY_HOUR = 93
PAYMENT_FILTERS = ("store", "payment_method")


def _split(name: str, title: Said, dimension: str, param: str, unfit: Unfit = lambda _: None) -> Panel:
    """Bars by a dimension; a press on one sets the filter `param`."""

    def asked(state: PageState) -> tuple[Question[Any], ...]:
        return (ask.breakdown(state, dimension, limit=MEMBERS, compare=state.compare),)

    def built(answer: SalesBreakdown, look: Look) -> Body:
        return bars_body(answer, look, param)

    return Panel(name, always(title), asked, built, span=6, unfit=unfit)


def _payments_unfit(state: PageState) -> Said | None:
    others = any(param not in PAYMENT_FILTERS for param in state.filters)
    if not others and state.hours == ALL_DAY:
        return None
    return say(
        "Payments belong to whole receipts: only stores, payment methods and days can narrow them down."
    )


def _days_unfit(state: PageState) -> Said | None:
    if state.period.days <= MOST_DAYS_BY_HOUR:
        return None
    return say("Choose at most %(days)s days to see them hour by hour.", days=MOST_DAYS_BY_HOUR)


def _top_products(state: PageState) -> tuple[Question[Any], ...]:
    compare: Compare = "previous" if state.compare == "none" else state.compare
    asked = TOP_PRODUCTS.asked(state.table("products"))
    return (
        ask.breakdown(
            state, "product", "discount_amount", limit=TOP_PRODUCTS.size, compare=compare,
            more={name: value for name, value in asked.items() if name != "limit"},
        ),
    )  # fmt: skip


PAGE = Page(
    slug="sales",
    route="/sales",
    title=say("Sales"),
    datasets=("pos", "invoice-sales"),
    cards=Cards(ask.summary, CARDS),
    panels=(
        Panel(
            "trend", lambda state: TREND_TITLES[grain_of(state)],
            lambda state: (ask.trend(state, "revenue", grain_of(state)),), trend_body, span=12, choices=(GRAIN,),
        ),
        Panel(
            "flow", always(say("Where revenue comes from")),
            lambda state: (ask.breakdown(state, "category-brand", limit=FLOWS),), sankey_body, span=7, size="tall",
        ),
        Panel(
            "week", always(say("Revenue by weekday and hour")),
            lambda state: (ask.heatmap(state, "weekday"),), weekday_hours_body, span=5, size="tall",
        ),
        _split("principals", say("Revenue by principal"), "principal", "principal"),
        _split("payments", say("How customers paid"), "payment-method", "payment_method", _payments_unfit),
        _split("stores", say("Revenue by store"), "store", "store"),
        _split("cashiers", say("Revenue by cashier"), "cashier", "cashier"),
        Panel(
            "products", always(say("Top products")), _top_products, top_products_body, span=12, size="list",
            lead=True, table=TOP_PRODUCTS,
        ),
        Panel(
            "days", always(say("Revenue by day and hour")),
            lambda state: (ask.heatmap(state, "date"),), date_hours_body, span=12, size="tall",
            unfit=_days_unfit,
        ),
    ),
)  # fmt: skip


def routes(site: Site) -> APIRouter:
    return dashboard.routes(site, PAGE)
