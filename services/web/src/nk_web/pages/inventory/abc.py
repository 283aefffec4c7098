"""ABC (`/inventory/abc`): which products make the revenue."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fastapi import APIRouter

from nk_web import questions as ask
from nk_web.i18n import say
from nk_web.page import Page
from nk_web.pages import dashboard
from nk_web.pages.inventory.tabs import ABC, TABS, TITLE
from nk_web.panels.abc import (
    CLASS,
    MEASURE,
    PRODUCTS,
    categories_body,
    classes_body,
    pareto_body,
    products_body,
)
from nk_web.panels.panel import Panel, always
from nk_web.questions import Question
from nk_web.site import Site
from nk_web.state import PageState

Asks = Callable[[PageState], tuple[Question[Any], ...]]


def _whole(part: str) -> Asks:
    """Classes, curve and categories are of all products, however few are listed."""
    return lambda state: (ask.abc(state, sort="rank", order="asc", limit="1").of_part(part),)


def _products(state: PageState) -> tuple[Question[Any], ...]:
    asked = PRODUCTS.asked(state.table("products"))
    chosen = state.choice(CLASS)
    return (ask.abc(state, **asked, **({"abc": chosen} if chosen != CLASS.default else {})),)


PAGE = Page(
    slug="abc",
    route=ABC.route,
    title=TITLE,
    tabs=TABS,
    filters=ABC.filters,
    datasets=("pos", "invoice-sales"),
    panels=(
        Panel("classes", always(say("Classes by products and revenue")), _whole("classes"), classes_body),
        Panel("pareto", always(say("Pareto curve: revenue by product")), _whole("curve"), pareto_body),
        Panel(
            "categories", always(say("Classes by category")), _whole("categories"), categories_body, span=12,
            size="tall", choices=(MEASURE,),
        ),
        Panel(
            "products", always(say("Products by class")), _products, products_body, span=12, size="list",
            choices=(CLASS,), table=PRODUCTS,
        ),
    ),
    compared=False,
    hours=False,
)  # fmt: skip


def routes(site: Site) -> APIRouter:
    return dashboard.routes(site, PAGE)
