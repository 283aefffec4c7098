"""Customers (`/customers`): who buys, who comes back."""

from __future__ import annotations

from fastapi import APIRouter

from nk_web import questions as ask
from nk_web.i18n import say
from nk_web.page import Cards, Page
from nk_web.pages import dashboard
from nk_web.site import NavEntry, Site

NAV = NavEntry("/customers", say("Customers"), "customers")
CARDS = (
    "active_customers", "new_customers", "returning_customers", "repeat_rate", "revenue_per_customer",
    "transactions_per_customer",
)  # fmt: skip

PAGE = Page(
    slug="customers",
    route="/customers",
    title=say("Customers"),
    datasets=("pos", "invoice-sales"),
    cards=Cards(ask.customers_summary, CARDS, in_row=7),
)


def routes(site: Site) -> APIRouter:
    return dashboard.routes(site, PAGE)
