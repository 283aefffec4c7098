"""Sell-through (`/inventory/sell-through`): how much of what there was to sell was sold."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter

from nk_web import questions as ask
from nk_web.i18n import Said, say
from nk_web.page import Page
from nk_web.pages import dashboard
from nk_web.pages.inventory.tabs import SELL_THROUGH, TABS, TITLE
from nk_web.panels.panel import Panel, always
from nk_web.panels.sell_through import (
    ADJUSTMENTS,
    PRODUCTION,
    PRODUCTS,
    RANK,
    group_body,
    products_body,
    products_spec,
    receiving_of,
    total_body,
)
from nk_web.questions import Question
from nk_web.site import Site
from nk_web.state import PageState

MEMBERS = 50


def _group(name: str, title: Said, group: str, param: str) -> Panel:
    """Bars by a group of products; a press on one sets the filter `param`."""

    def asked(state: PageState) -> tuple[Question[Any], ...]:
        return (ask.sell_through(state, group, sort="sold", limit=str(MEMBERS), **receiving_of(state)),)

    return Panel(name, always(title), asked, lambda answer, look: group_body(answer, look, param))


def _total(state: PageState) -> tuple[Question[Any], ...]:
    return (ask.sell_through(state, "category", limit="1", **receiving_of(state)).of_part("total"),)


def _products(state: PageState) -> tuple[Question[Any], ...]:
    asked = products_spec(state).asked(state.table("products"))
    return (ask.sell_through(state, "product", **asked, **receiving_of(state)),)


PAGE = Page(
    slug="sell-through",
    route=SELL_THROUGH.route,
    title=TITLE,
    tabs=TABS,
    filters=SELL_THROUGH.filters,
    datasets=("stock-quants", "inventory-moves", "pos", "invoice-sales"),
    choices=(PRODUCTION, ADJUSTMENTS),
    panels=(
        Panel("total", always(say("Sell-through of all products")), _total, total_body),
        _group("categories", say("Sell-through by category"), "category", "category"),
        _group("brands", say("Sell-through by brand"), "brand", "brand"),
        _group("principals", say("Sell-through by principal"), "principal", "principal"),
        Panel(
            "products", always(say("Products by sell-through")), _products, products_body, span=12, size="list",
            choices=(RANK,), table=PRODUCTS,
        ),
    ),
    compared=False,
    hours=False,
)  # fmt: skip


def routes(site: Site) -> APIRouter:
    return dashboard.routes(site, PAGE)
