"""Sections of Data Sync that several routes answer with."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import date

from fastapi import Request, Response

from nk_common.api.common import DateRange, Text
from nk_web import questions as ask
from nk_web.api_client import API_ERRORS
from nk_web.i18n import Said
from nk_web.pages.sync_compared import build_compared, newest_by_dataset
from nk_web.site import Site, status_of
from nk_web.trouble import Trouble

LONGEST_ID = 100


async def titles_of(site: Site, day: date) -> Mapping[str, Text]:
    """What people call the datasets; nothing while it cannot be found out. Raises nothing: a page says then
    what the machine calls them."""
    asked = DateRange(start=day, end=day)
    try:
        return {info.name: info.title for info in (await site.api.partitions(asked)).datasets}
    except API_ERRORS:
        return {}


async def compared_part(
    site: Site,
    request: Request,
    expected: str = "",
    problem: Said | None = None,
    refused: Trouble | None = None,
) -> Response:
    """Comparisons with Odoo. `expected` has been asked for and may not have begun; the part looks until it has.
    `problem` and `refused` are about one that was not accepted."""
    context: dict[str, object] = {
        "expected": expected[:LONGEST_ID],
        "problem": problem,
        "refused": refused,
        "compared": None,
        "titles": {},
        "trouble": None,
    }
    template = "partials/reconciliations.html"
    try:
        runs = (await site.api.ask(ask.reconciliations())).reconciliations
        wanted = {run.id for run in newest_by_dataset(runs).values()}
        details = await asyncio.gather(*(site.api.ask(ask.reconciliation(run)) for run in wanted))
        context["titles"] = await titles_of(site, site.today())
    except API_ERRORS as error:
        trouble = site.trouble(error)
        return site.partial(request, template, {**context, "trouble": trouble}, status_of(trouble))
    context["compared"] = build_compared(runs, details, site.reader(request))
    if any(run.id == expected for run in runs):
        context["expected"] = ""
    status = 422 if problem else status_of(refused)
    return site.partial(request, template, context, status)
