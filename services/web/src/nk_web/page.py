"""What a page of figures is: one value per page, from which its routes and its parts are made."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from starlette.requests import Request

from nk_web.filters import SALES_FILTERS
from nk_web.i18n import Said
from nk_web.panels.panel import Panel, takes_of
from nk_web.questions import Question
from nk_web.state import Choice, PageState, Takes, parse_state


@dataclass(frozen=True)
class Cards:
    """The key figures on top. `ask` has an answer with `kpis`; `slugs` are those to show, in order."""

    ask: Callable[[PageState], Question[Any]]
    slugs: tuple[str, ...]
    sparks: Callable[[PageState, str], Question[Any]] | None = None
    """The trend behind one KPI, for the small line on its card; None draws none."""
    in_row: int = 6
    leads: Mapping[str, tuple[Choice, str]] = field(default_factory=dict)
    """What a press on a card chooses, by the slug of its KPI; one that is not in it leads nowhere."""


@dataclass(frozen=True)
class Tab:
    """One of several pages that stand under one title. `filters` are those it takes: a link to it has no others."""

    route: str
    title: Said
    filters: tuple[str, ...]


@dataclass(frozen=True)
class Page:
    """`route` is its path; a part in braces is a filter that the page is about, as `/sales/products/{product}`."""

    slug: str
    route: str
    title: Said
    panels: tuple[Panel, ...] = ()
    cards: Cards | None = None
    filters: tuple[str, ...] = SALES_FILTERS
    datasets: tuple[str, ...] = ()
    """Whose days the trust badge judges; all of them when empty."""
    choices: tuple[Choice, ...] = ()
    """Of the page itself, shown in its bar; those of its panels come by themselves."""
    fixed: str = ""
    parent: Page | None = None
    """The page that one comes from, for pages that are not in the menu."""
    hours: bool = True
    """Whether the hours of the day can be chosen."""
    ranged: bool = True
    """Whether the days chosen above mean anything here."""
    compared: bool = True
    dated: bool = False
    """Whether it shows one day that can be chosen, as stock lies on a day."""
    tabs: tuple[Tab, ...] = ()
    """The pages that it shares its title with, itself among them."""
    visible: Callable[[PageState], tuple[str, ...]] | None = None
    """The names of the panels to show in a state, e.g. those of the chosen tab; all of them when None."""
    takes: Takes = field(init=False)

    def __post_init__(self) -> None:
        choices, tables = takes_of(self.panels)
        takes = Takes(self.filters, (*self.choices, *choices), tables, self.fixed, self.dated)
        object.__setattr__(self, "takes", takes)

    @property
    def tab(self) -> Tab | None:
        return next((tab for tab in self.tabs if tab.route == self.route), None)

    def path(self, filters: dict[str, tuple[str, ...]]) -> str:
        if not self.fixed:
            return self.route
        return self.route.replace(f"{{{self.fixed}}}", (filters.get(self.fixed) or ("0",))[0])

    def shown(self, state: PageState) -> tuple[Panel, ...]:
        if self.visible is None:
            return self.panels
        names = self.visible(state)
        return tuple(panel for panel in self.panels if panel.name in names)


def page_state(page: Page, request: Request, today: date) -> PageState:
    """What the address of the page, or of one of its parts, says."""
    pairs = list(request.query_params.multi_items())
    inside = request.path_params.get(page.fixed) if page.fixed else None
    if inside is not None:
        pairs = [pair for pair in pairs if pair[0] != page.fixed] + [(page.fixed, str(inside))]
    return parse_state(pairs, today, lambda filters: page.path(dict(filters)), page.takes)
