"""The bar above every page of figures: days, comparison, hours and filters, and what of them is on."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import timedelta

from fastapi import APIRouter, Request, Response
from starlette.exceptions import HTTPException

from nk_common.api.dimensions import Member
from nk_web.api_client import API_ERRORS
from nk_web.filters import ALL_DAY, BY_PARAM, Filter
from nk_web.i18n import Said, say
from nk_web.page import Page, page_state
from nk_web.periods import PRESET_NAMES, PRESETS, QUICK
from nk_web.questions import member, members
from nk_web.site import Site, status_of
from nk_web.state import COMPARE_NAMES, COMPARES, PageState

LABEL_SECONDS = 0.6
"""How long a page waits for the name of a filter's value before it shows the number."""
MOST_NAMES = 3
"""So many values of a filter are named; of the others it is only said how many there are."""
MOST_OPTIONS = 60
ALL_OPTIONS = 1000
"""Where only some of the members can be chosen, they are picked out of so many."""
DAYS_AGO = ((None, say("Newest")), (1, say("Yesterday")), (7, say("7 days ago")), (30, say("30 days ago")))
"""Days that stock can be looked at with one press."""


@dataclass(frozen=True)
class Active:
    """A filter that is on: some of its values by name, and the address of the page without it."""

    filter: Filter
    labels: tuple[str | Said, ...]
    more: int
    without: PageState


@dataclass(frozen=True)
class Option:
    value: str
    label: str | Said
    hint: str
    chosen: bool


@dataclass(frozen=True)
class DayChip:
    name: str
    title: Said
    state: PageState
    chosen: bool


@dataclass(frozen=True)
class FilterBar:
    filters: tuple[Filter, ...]
    active: tuple[Active, ...]
    hours: PageState | None
    """The page without the filter by hours, when there is one."""
    days: tuple[DayChip, ...] = ()
    """Of a page that shows one day."""
    presets = tuple(name for name in PRESETS if name not in QUICK)
    quick = QUICK
    preset_names = PRESET_NAMES
    compares = COMPARES
    compare_names = COMPARE_NAMES


def routes(site: Site, pages: dict[str, Page]) -> APIRouter:
    router = APIRouter(include_in_schema=False)

    @router.get("/filters/{slug}/{param}")
    async def options(request: Request, slug: str, param: str, find: str = "") -> Response:
        page, known = pages.get(slug), BY_PARAM.get(param)
        if page is None or known is None or param not in page.filters:
            raise HTTPException(404)
        return await _options(site, request, page, known, find.strip()[:100])

    return router


async def filter_bar(site: Site, page: Page, state: PageState) -> FilterBar:
    shown = tuple(BY_PARAM[param] for param in page.filters if param != page.fixed)
    active = await asyncio.gather(
        *(_active(site, known, state) for known in shown if state.filters.get(known.param))
    )
    hours = state.with_hours(*ALL_DAY) if state.hours != ALL_DAY else None
    return FilterBar(shown, tuple(active), hours, _day_chips(state) if page.dated else ())


def _day_chips(state: PageState) -> tuple[DayChip, ...]:
    chips = []
    for ago, title in DAYS_AGO:
        day = None if ago is None else state.today - timedelta(days=ago)
        chips.append(DayChip(str(ago or "newest"), title, state.with_as_of(day), state.as_of == day))
    return tuple(chips)


async def _active(site: Site, known: Filter, state: PageState) -> Active:
    values = state.filters[known.param]
    labels = await asyncio.gather(*(_label(site, known, value) for value in values[:MOST_NAMES]))
    more = max(0, len(values) - MOST_NAMES)
    return Active(known, tuple(labels), more, state.with_filter(known.param))


async def _label(site: Site, known: Filter, value: str) -> str | Said:
    if known.kind == "choice":
        return dict(known.choices)[value]
    if known.kind == "name":
        return value
    try:
        found = (await site.api.ask(member(known.members, value), LABEL_SECONDS)).member
        return _name(known, found)
    except API_ERRORS:
        return f"#{value}"


async def _options(site: Site, request: Request, page: Page, known: Filter, find: str) -> Response:
    state = page_state(page, request, site.today())
    chosen = state.filters.get(known.param, ())
    context: dict[str, object] = {
        "page": page,
        "state": state,
        "filter": known,
        "find": find,
        "trouble": None,
    }
    try:
        found, total = await _found(site, known, find)
        kept = [await _label(site, known, value) for value in chosen]
    except API_ERRORS as error:
        trouble = site.trouble(error)
        context |= {"trouble": trouble, "options": [], "total": 0, "chosen": chosen}
        return site.partial(request, "partials/filter_options.html", context, status_of(trouble))
    # What is chosen already stays in the list whatever is searched for: the form sends what it shows.
    first = [Option(value, label, "", chosen=True) for value, label in zip(chosen, kept, strict=True)]
    others = [option for option in found if option.value not in chosen]
    context |= {"options": [*first, *others], "total": total, "chosen": chosen}
    return site.partial(request, "partials/filter_options.html", context)


async def _found(site: Site, known: Filter, find: str) -> tuple[list[Option], int]:
    if known.kind == "choice":
        listed = [Option(value, label, "", chosen=False) for value, label in known.choices]
        return [Option("all", say("All"), "", chosen=True), *listed], len(listed) + 1
    if known.usages:
        all_of_them = (await site.api.ask(members(known.members, limit=ALL_OPTIONS))).members
        usable = [_option(known, one) for one in all_of_them if one.attributes.get("usage") in known.usages]
        named = [option for option in usable if find.lower() in str(option.label).lower()]
        return named[:MOST_OPTIONS], len(named)
    answer = await site.api.ask(members(known.members, find, MOST_OPTIONS))
    return [_option(known, found) for found in answer.members], answer.total or 0


def _option(known: Filter, found: Member) -> Option:
    hint = "" if known.by_path else found.path or found.code or ""
    return Option(found.key, _name(known, found), hint, chosen=False)


def _name(known: Filter, found: Member) -> str:
    return found.path or found.label if known.by_path else found.label
