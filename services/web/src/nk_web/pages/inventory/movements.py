"""Movements (`/inventory/movements`): what moved, and whether it explains the stock."""

from __future__ import annotations

from typing import Any, Final

from fastapi import APIRouter

from nk_web import questions as ask
from nk_web.i18n import Said, say
from nk_web.page import Page
from nk_web.pages import dashboard
from nk_web.pages.inventory.tabs import MOVEMENTS, TABS, TITLE
from nk_web.panels.movements import BY, MOVED, moved_body, moved_spec, types_body
from nk_web.panels.panel import Panel, always
from nk_web.panels.reconciliation import DIFFERENCES, differences_body, ledger_body
from nk_web.questions import Question
from nk_web.site import Site
from nk_web.state import PageState

TITLES: Final[dict[str, Said]] = {
    "product": say("Movements by product"),
    "location": say("Movements by stock location"),
    "day": say("Movements by day"),
}
KINDS: Final = 9


def _moved(state: PageState) -> tuple[Question[Any], ...]:
    asked = ask.movements(state, state.choice(BY), **moved_spec(state).asked(state.table("moved")))
    kinds = tuple(("type", kind) for kind in state.filters.get("type", ()))
    return (Question(asked.path, asked.model, (*asked.params, *kinds)),)


def _differences(state: PageState) -> tuple[Question[Any], ...]:
    table, size = state.table("differences"), DIFFERENCES.size
    return (ask.stock_reconciliation(state, size, (table.page - 1) * size, table.search),)


PAGE = Page(
    slug="movements",
    route=MOVEMENTS.route,
    title=TITLE,
    tabs=TABS,
    filters=MOVEMENTS.filters,
    datasets=("inventory-moves", "stock-quants"),
    panels=(
        Panel(
            "types", always(say("Movements by kind")),
            lambda state: (ask.movements(state, "type", limit=str(KINDS)),), types_body, size="tall",
        ),
        Panel(
            "ledger", always(say("Do moves explain the stock?")),
            lambda state: (ask.stock_reconciliation(state).of_part("total"),), ledger_body, size="tall",
        ),
        Panel(
            "moved", lambda state: TITLES[state.choice(BY)], _moved, moved_body, span=12, size="list",
            choices=(BY,), table=MOVED,
        ),
        Panel(
            "differences", always(say("Moves against stock, by product")), _differences, differences_body,
            span=12, size="list", table=DIFFERENCES,
        ),
    ),
    compared=False,
    hours=False,
)  # fmt: skip


def routes(site: Site) -> APIRouter:
    return dashboard.routes(site, PAGE)
