"""The routes of a page of figures: the page itself, its key figures, and the small lines on them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, Request, Response

from nk_common.api.sales import KpiValue, SalesTrend
from nk_web.api_client import API_ERRORS, ApiError, ApiMissingError, ApiSlowError
from nk_web.charts.spark import Spark, spark
from nk_web.i18n import Said, say
from nk_web.page import Page, page_state
from nk_web.pages.filterbar import filter_bar
from nk_web.panels.routes import Shown
from nk_web.site import FIRST_ANSWER_SECONDS, Context, Site, name_address, status_of
from nk_web.state import PageState
from nk_web.trouble import Trouble


@dataclass(frozen=True)
class About:
    """What a page is about, where its address names one thing: a product, a customer."""

    name: str
    facts: tuple[tuple[Said, str], ...] = ()


AboutOf = Callable[[Site, PageState], Awaitable[About]]


@dataclass(frozen=True)
class Figures:
    """The KPI cards: there, still to come, or in trouble. `answer` has `meta`, `kpis` and perhaps a comparison."""

    answer: Any = None
    kpis: tuple[KpiValue, ...] = ()
    trouble: Trouble | None = None

    @property
    def pending(self) -> bool:
        return self.answer is None and self.trouble is None

    @property
    def away(self) -> bool:
        """While the API is away there are no charts either, so the whole page waits and not this part alone."""
        return self.trouble is not None and self.trouble.heals


def routes(site: Site, page: Page, about: AboutOf | None = None) -> APIRouter:
    router = APIRouter(include_in_schema=False)

    @router.get(page.route)
    async def whole(request: Request) -> Response:
        return await _whole(site, request, page, about)

    @router.get(f"/figures/{page.slug}")
    async def figures(request: Request) -> Response:
        state = page_state(page, request, site.today())
        shown = await read_figures(site, page, state)
        context = {**_context(page, state), "figures": shown}
        return site.partial(request, "partials/figures.html", context, status_of(shown.trouble))

    @router.get(f"/sparks/{page.slug}")
    async def sparks(request: Request) -> Response:
        state = page_state(page, request, site.today())
        drawn = await _sparks(site, page, state)
        return site.partial(request, "partials/sparks.html", {"page": page, "sparks": drawn, "state": state})

    return router


async def _whole(site: Site, request: Request, page: Page, about: AboutOf | None) -> Response:
    state = page_state(page, request, site.today())
    try:
        figures, bar, subject = await asyncio.gather(
            read_figures(site, page, state, FIRST_ANSWER_SECONDS),
            filter_bar(site, page, state),
            _about(site, state, about),
        )
    except ApiMissingError:
        advice = say("Check the address, or go on from one of the pages in the menu.")
        context: Context = {"title": say("Nothing of that number is known."), "advice": advice}
        return site.page(request, "pages/error.html", context, 404)
    context = {**_context(page, state), "figures": figures, "bar": bar, "about": subject}
    response = site.page(request, "pages/dashboard.html", context, status_of(figures.trouble))
    name_address(request, response, state.address)
    return response


def _context(page: Page, state: PageState) -> dict[str, object]:
    return {
        "page": page,
        "state": state,
        "shown_panels": [Shown(page, panel, state) for panel in page.shown(state)],
    }


async def read_figures(site: Site, page: Page, state: PageState, patience: float | None = None) -> Figures:
    """Pending when the answer takes longer than the patience; the page then fetches them by itself."""
    if page.cards is None:
        return Figures()
    try:
        answer = await site.api.ask(page.cards.ask(state), patience)
    except API_ERRORS as error:
        waits = patience is not None and isinstance(error, ApiSlowError)
        return Figures() if waits else Figures(trouble=site.trouble(error))
    by_slug = {kpi.slug: kpi for kpi in answer.kpis}
    return Figures(answer, tuple(by_slug[slug] for slug in page.cards.slugs if slug in by_slug))


async def _about(site: Site, state: PageState, about: AboutOf | None) -> About | None:
    """A page whose subject cannot be named shows its figures all the same, unless there is no such subject."""
    if about is None:
        return None
    try:
        return await about(site, state)
    except ApiMissingError:
        raise
    except API_ERRORS:
        return None


async def _sparks(site: Site, page: Page, state: PageState) -> Sequence[tuple[str, Spark | None]]:
    """The lines that can be drawn; a card without one is still a card."""
    cards = page.cards
    if cards is None or cards.sparks is None:
        return []
    asked = [site.api.ask(cards.sparks(state, slug)) for slug in cards.slugs]
    answers: list[Any] = await asyncio.gather(*asked, return_exceptions=True)
    drawn: list[tuple[str, Spark | None]] = []
    for slug, answer in zip(cards.slugs, answers, strict=True):
        if isinstance(answer, BaseException) and not isinstance(answer, ApiError):
            raise answer
        drawn.append((slug, spark(answer) if isinstance(answer, SalesTrend) else None))
    return drawn
