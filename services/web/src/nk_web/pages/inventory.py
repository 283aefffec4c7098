"""Inventory (`/inventory`): what is in stock, how fast it goes, what it is worth."""

from __future__ import annotations

from fastapi import APIRouter

from nk_web import questions as ask
from nk_web.filters import PRODUCT_FILTERS
from nk_web.i18n import say
from nk_web.page import Cards, Page
from nk_web.pages import dashboard
from nk_web.site import NavEntry, Site

NAV = NavEntry("/inventory", say("Inventory"), "inventory")
CARDS = (
    "stock_value_cost", "stock_value_list", "on_hand", "products_in_stock", "days_of_cover", "low_stock_count",
    "dead_stock_count", "overstock_count",
)  # fmt: skip

PAGE = Page(
    slug="inventory",
    route="/inventory",
    title=say("Inventory"),
    filters=PRODUCT_FILTERS,
    datasets=("stock-quants", "inventory-moves"),
    cards=Cards(ask.inventory_summary, CARDS, in_row=5),
    ranged=False,
    compared=False,
    hours=False,
)


def routes(site: Site) -> APIRouter:
    return dashboard.routes(site, PAGE)
