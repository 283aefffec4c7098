"""Stock levels (`/inventory`): what lies there on a day, what it is worth, and how long it lasts."""

from __future__ import annotations

from typing import Any, Final

from fastapi import APIRouter

from nk_web import questions as ask
from nk_web.i18n import Said, say
from nk_web.page import Cards, Page
from nk_web.pages import dashboard
from nk_web.pages.inventory.tabs import STOCK, TABS, TITLE
from nk_web.panels.panel import Panel, always
from nk_web.panels.stock import (
    MOST_VALUABLE,
    STATUS,
    category_value_body,
    stock_list_body,
    stock_list_spec,
)
from nk_web.panels.stock import STOCK as STOCK_LIST
from nk_web.questions import Question
from nk_web.site import NavEntry, Site
from nk_web.state import PageState

NAV = NavEntry("/inventory", TITLE, "inventory")
CARDS = (
    "stock_value_cost", "stock_value_list", "on_hand", "products_in_stock", "days_of_cover", "low_stock_count",
    "dead_stock_count", "overstock_count",
)  # fmt: skip
LEADS: Final = {
    "low_stock_count": (STATUS, "low"),
    "dead_stock_count": (STATUS, "dead"),
    "overstock_count": (STATUS, "overstock"),
}
"""A card that counts products of a state shows which they are, and pressed again all of them."""


def _list(state: PageState) -> tuple[Question[Any], ...]:
    asked = stock_list_spec(state).asked(state.table("products"))
    status = state.choice(STATUS)
    return (ask.stock(state, **asked, **({"status": status} if status != STATUS.default else {})),)


def _unfit(state: PageState) -> Said | None:
    if "location" not in state.filters or state.choice(STATUS) == STATUS.default:
        return None
    return say("What sells in a stock location is not known: take that filter off, or show all products.")


PAGE = Page(
    slug="inventory",
    route=STOCK.route,
    title=TITLE,
    tabs=TABS,
    filters=STOCK.filters,
    datasets=("stock-quants",),
    cards=Cards(ask.inventory_summary, CARDS, in_row=5, leads=LEADS),
    panels=(
        Panel(
            "products", always(say("Stock by product")), _list, stock_list_body, span=12, size="list",
            choices=(STATUS,), table=STOCK_LIST, needs_days=False, unfit=_unfit,
        ),
        Panel(
            "categories", always(say("Stock value by category")),
            lambda state: (ask.stock(state, sort="stock_value_cost", limit=str(MOST_VALUABLE)),),
            category_value_body, span=12, size="tall", needs_days=False, whole_file=True,
        ),
    ),
    dated=True,
    ranged=False,
    compared=False,
    hours=False,
)  # fmt: skip


def routes(site: Site) -> APIRouter:
    return dashboard.routes(site, PAGE)
