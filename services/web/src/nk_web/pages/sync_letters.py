"""Unusable messages on Data Sync: what happened, what is in them, and what is to be done about them."""

from __future__ import annotations

import asyncio
import json

from fastapi import APIRouter, Request, Response

from nk_common.api.dead_letters import DeadLetter, DiscardLetterRequest, RetryLetterRequest
from nk_web.api_client import API_ERRORS
from nk_web.i18n import Said, say
from nk_web.pages.sync_actions import Asked, handed_over
from nk_web.pages.sync_parts import titles_of
from nk_web.site import Context, Form, Site, status_of

_OPEN, _RESOLVED = 20, 10
_LARGEST = 2**31 - 1
LONGEST_REASON = 200
NO_LETTER = say("The form names no message.")
NO_REASON = say("Say in a few words why the message is discarded.")

RESOLUTION_NAMES: dict[str, Said] = {
    "retried": say("tried again"),
    "discarded": say("discarded"),
    "healed": say("settled by itself: its day was loaded since"),
}
_HAPPENED: dict[str, Said] = {
    "nk.control.v1": say("A command was not carried out."),
    "nk.extract.requested.v1": say("Data could not be read from Odoo."),
    "nk.rebuild.requested.v1": say("Data could not be made again from the lake."),
    "nk.day.cleaned.v1": say("Cleaned data could not be loaded."),
    "nk.pipeline.v1": say("A report on the work was not understood."),
}
_RAW = say("What was read from Odoo could not be cleaned.")
_OTHER = say("A message could not be used.")
_OF_A_COMMAND = say("No figure changes by it. Discard it, and ask again as it was meant.")
_OF_DATA = say(
    "The figures stay as they were before, or are missing. Try again once the cause is gone, or load the days anew."
)
_OF_ELSE = say("Figures may lack what it told. Discard it when nobody needs it.")


def happened(letter: DeadLetter) -> Said:
    """In plain words, by where the message came from."""
    return _RAW if letter.topic.startswith("nk.raw.") else _HAPPENED.get(letter.topic, _OTHER)


def meaning(letter: DeadLetter) -> Said:
    """What it means for the figures, and what to do."""
    if letter.topic == "nk.control.v1":
        return _OF_A_COMMAND
    return _OF_DATA if letter.dataset else _OF_ELSE


def add_to(router: APIRouter, site: Site) -> None:
    @router.get("/operational/dead-letters")
    async def dead_letters(request: Request) -> Response:
        return await _section(site, request)

    @router.get("/operational/dead-letters/{letter}")
    async def dead_letter(request: Request, letter: str) -> Response:
        return await _message(site, request, letter)

    @router.post("/operational/dead-letters/retry")
    async def retry(request: Request) -> Response:
        return await handed_over(site, request, lambda form: _retry(site, form))

    @router.post("/operational/dead-letters/discard")
    async def discard(request: Request) -> Response:
        return await handed_over(site, request, lambda form: _discard(site, form))


async def _section(site: Site, request: Request) -> Response:
    template = "partials/dead_letters.html"
    context: Context = {"happened": happened, "meaning": meaning, "resolutions": RESOLUTION_NAMES}
    try:
        still_open, resolved = await asyncio.gather(
            site.api.dead_letters("open", _OPEN), site.api.dead_letters("resolved", _RESOLVED)
        )
    except API_ERRORS as error:
        trouble = site.trouble(error)
        context = {**context, "open": None, "resolved": None, "titles": {}, "trouble": trouble}
        return site.partial(request, template, context, status_of(trouble))
    named = any(letter.dataset for letter in (*still_open.letters, *resolved.letters))
    titles = await titles_of(site, site.today()) if named else {}
    context = {**context, "open": still_open, "resolved": resolved, "titles": titles, "trouble": None}
    return site.partial(request, template, context)


async def _message(site: Site, request: Request, letter: str) -> Response:
    template, number = "partials/dead_letter.html", _number(letter)
    if number is None:
        context: Context = {"found": None, "problem": NO_LETTER, "trouble": None}
        return site.partial(request, template, context, 404)
    try:
        found = await site.api.dead_letter(number)
    except API_ERRORS as error:
        trouble = site.trouble(error)
        context = {"found": None, "problem": None, "trouble": trouble, "number": number}
        return site.partial(request, template, context, status_of(trouble))
    document = found.content.document if found.content else None
    text = json.dumps(document, indent=2, ensure_ascii=False)
    return site.partial(request, template, {"found": found, "text": text, "problem": None, "trouble": None})


def _retry(site: Site, form: Form) -> Asked:
    number = _number(form.get("letter") or "")
    return site.api.retry_letter(number, RetryLetterRequest()) if number else NO_LETTER


def _discard(site: Site, form: Form) -> Asked:
    number = _number(form.get("letter") or "")
    if number is None:
        return NO_LETTER
    reason = (form.get("reason") or "").strip()[:LONGEST_REASON].strip()
    return site.api.discard_letter(number, DiscardLetterRequest(reason=reason)) if reason else NO_REASON


def _number(text: str) -> int | None:
    """The number of a letter, if it can be one."""
    number = int(text) if text.isascii() and text.isdigit() and len(text) <= 10 else 0
    return number if 0 < number <= _LARGEST else None
