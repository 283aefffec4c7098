"""The trust badge of every page: how complete, how fresh and how well proven the shown days are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from fastapi import APIRouter, Request, Response
from starlette.exceptions import HTTPException

from nk_common.api.common import DateRange
from nk_common.api.trust import Trust, TrustFigures
from nk_web import questions as ask
from nk_web.api_client import API_ERRORS
from nk_web.i18n import Said, say
from nk_web.page import Page, page_state
from nk_web.panels.panel import Way
from nk_web.reader import Reader
from nk_web.site import Site, status_of

MOST_STRETCHES = 2
"""Stretches of days that there is room for beside the badge."""
_A_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Badge:
    mood: Literal["good", "warn", "bad"]
    text: str
    more: tuple[str, ...]
    tip: str
    href: str
    doubtful: tuple[Way, ...] = ()
    """The first stretches of days that failed, are missing or differ, each with the way to it."""
    others: str = ""
    """How many such days there are beside those."""


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
    href = _days_address(answer.range)
    text = reader.tr(_text(answer, reader))
    doubtful = doubtful_days(answer)
    return Badge(
        _mood(days),
        text,
        (*fresh, *proven),
        " · ".join([text, *facts]),
        href,
        tuple(Way(_days_address(named), _short(named, reader)) for named in doubtful[:MOST_STRETCHES]),
        _others(answer, doubtful[MOST_STRETCHES:], reader),
    )


def doubtful_days(answer: Trust) -> list[DateRange]:
    """Days that failed, of which the badge speaks first, then those that are missing or differ from Odoo; none where
    all are, for the badge itself leads to all."""
    missing, failed, differing = map(set, _named(answer))
    together, others = answer.together, (missing | differing) - failed
    all_of_them = not together.loaded + together.partial or len(failed) + len(others) == together.requested
    return [] if all_of_them else [*stretches(sorted(failed)), *stretches(sorted(others))]


def _named(answer: Trust) -> tuple[list[date], ...]:
    return answer.missing_days, answer.failed_days or [], answer.differing_days or []


def _others(answer: Trust, beyond: Sequence[DateRange], reader: Reader) -> str:
    """How many more days; just that there are, where the answer does not name all of them."""
    together = answer.together
    counted = together.missing + (together.failed or 0) + (together.differing or 0)
    if counted > sum(map(len, _named(answer))):
        return "…"
    days = sum((one.end - one.start).days + 1 for one in beyond)
    return reader.tr(say("%(days)s more", days=reader.formats.number(days))) if days else ""


def stretches(days: Sequence[date]) -> list[DateRange]:
    """Ascending days as ranges without a gap."""
    found: list[DateRange] = []
    for day in days:
        if found and day - found[-1].end == _A_DAY:
            found[-1] = DateRange(start=found[-1].start, end=day)
        else:
            found.append(DateRange(start=day, end=day))
    return found


def _days_address(days: DateRange) -> str:
    return f"/operational?start={days.start}&end={days.end}"


def _short(days: DateRange, reader: Reader) -> str:
    """`20 Nov`, `18-20 Nov` or `30 Nov - 2 Dec`."""
    short = reader.formats.day_short
    if days.start == days.end:
        return short(days.start)
    if days.start.month == days.end.month:
        return f"{days.start.day}–{short(days.end)}"
    return f"{short(days.start)} – {short(days.end)}"


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
