"""The trust badge of every page: how complete, how fresh and how well proven the shown days are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from fastapi import APIRouter, Request, Response
from starlette.exceptions import HTTPException

from nk_common.api.trust import Trust, TrustFigures
from nk_web import questions as ask
from nk_web.api_client import API_ERRORS
from nk_web.i18n import Said, say
from nk_web.page import Page, page_state
from nk_web.reader import Reader
from nk_web.site import Site, status_of


@dataclass(frozen=True)
class Badge:
    mood: Literal["good", "warn", "bad"]
    text: str
    more: tuple[str, ...]
    tip: str
    href: str


def routes(site: Site, pages: Mapping[str, Page]) -> APIRouter:
    router = APIRouter(include_in_schema=False)

    @router.get("/trust/{slug}")
    async def trust(request: Request, slug: str) -> Response:
        if slug not in pages:
            raise HTTPException(404)
        return await _trust(site, request, pages[slug])

    return router


async def _trust(site: Site, request: Request, page: Page) -> Response:
    state = page_state(page, request, site.today())
    context: dict[str, object] = {"page": page, "state": state, "trouble": None, "badge": None}
    day = state.as_of or state.today
    start, end = (state.period.start, state.period.end) if page.ranged else (day, day)
    try:
        answer = await site.api.ask(ask.trust(start, end, page.datasets))
    except API_ERRORS as error:
        trouble = site.trouble(error)
        return site.partial(
            request, "partials/trust.html", {**context, "trouble": trouble}, status_of(trouble)
        )
    return site.partial(
        request, "partials/trust.html", {**context, "badge": badge(answer, site.reader(request))}
    )


def badge(answer: Trust, reader: Reader) -> Badge:
    """The worst that is known, in few words; everything else is in the tip."""
    days = answer.together
    facts = [reader.tr(said) for said in _facts(days, reader)]
    fresh = [reader.tr(_fresh(days, reader))] if days.fresh_until else []
    proven = [reader.tr(said) for said in _proven(days, reader)]
    href = f"/operational?start={answer.range.start}&end={answer.range.end}"
    text = reader.tr(_text(answer, reader))
    return Badge(_mood(days), text, (*fresh, *proven), " · ".join([text, *facts]), href)


def _mood(days: TrustFigures) -> Literal["good", "warn", "bad"]:
    if not days.loaded + days.partial:
        return "bad"
    return "warn" if days.missing or days.failed or days.differing else "good"


def _text(answer: Trust, reader: Reader) -> Said:
    days, number = answer.together, reader.formats.number
    if days.failed:
        return say(
            "%(failed)s of %(days)s days failed", failed=number(days.failed), days=number(days.requested)
        )
    if days.missing:
        there = days.loaded + days.partial
        return say("%(loaded)s of %(days)s days loaded", loaded=number(there), days=number(days.requested))
    if answer.range.end >= reader.today:
        return say("%(days)s days, today still running", days=number(days.requested))
    return say("%(days)s days, complete", days=number(days.requested))


def _fresh(days: TrustFigures, reader: Reader) -> Said:
    assert days.fresh_until is not None
    return say("fresh until %(moment)s", moment=reader.formats.moment_near(days.fresh_until, reader.now))


def _proven(days: TrustFigures, reader: Reader) -> list[Said]:
    number = reader.formats.number
    if days.differing:
        return [say("%(days)s differ from Odoo", days=number(days.differing))]
    if days.reconciled:
        over = days.requested
        return [say("%(days)s of %(all)s compared with Odoo", days=number(days.reconciled), all=number(over))]
    return []


def _facts(days: TrustFigures, reader: Reader) -> list[Said]:
    number = reader.formats.number
    counted = (
        (days.loaded, say("complete: %(days)s", days=number(days.loaded))),
        (days.partial, say("still running when read: %(days)s", days=number(days.partial))),
        (days.missing, say("missing: %(days)s", days=number(days.missing))),
        (days.failed, say("failed: %(days)s", days=number(days.failed))),
        (days.reconciled, say("equal to Odoo: %(days)s", days=number(days.reconciled))),
        (days.differing, say("different from Odoo: %(days)s", days=number(days.differing))),
        (days.rejected_rows, say("rows put aside: %(rows)s", rows=number(days.rejected_rows))),
    )
    return [said for count, said in counted if count]
