"""Profit (`/profit`): what was earned, on what, and what was sold below cost."""

from __future__ import annotations

from fastapi import APIRouter

from nk_web import questions as ask
from nk_web.i18n import say
from nk_web.page import Cards, Page
from nk_web.pages import dashboard
from nk_web.site import NavEntry, Site

NAV = NavEntry("/profit", say("Profit"), "profit")
CARDS = ("gross_profit", "margin", "cogs", "cost_coverage", "below_cost_lines")

PAGE = Page(
    slug="profit",
    route="/profit",
    title=say("Profit"),
    datasets=("pos", "invoice-sales", "profit"),
    cards=Cards(lambda state: ask.summary(state, "profit"), CARDS),
)


def routes(site: Site) -> APIRouter:
    return dashboard.routes(site, PAGE)
