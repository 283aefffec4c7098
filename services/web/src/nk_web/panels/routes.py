"""`/panels/{page}/{panel}` and `/downloads/{page}/{panel}.{csv|xlsx}`: the parts of pages, and their files."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, Request, Response
from starlette.exceptions import HTTPException
from starlette.responses import StreamingResponse

from nk_common.api.common import Days, Meta
from nk_web.api_client import API_ERRORS, Download
from nk_web.page import Page, page_state
from nk_web.panels.panel import Body, Look, Panel, download_address, panel_address
from nk_web.questions import ENDINGS, Question
from nk_web.site import Context, Site, status_of
from nk_web.state import PageState
from nk_web.trouble import Trouble


@dataclass(frozen=True)
class Shown:
    """A panel as its template gets it: waiting (neither), in trouble, or with a body."""

    page: Page
    panel: Panel
    state: PageState
    body: Body | None = None
    trouble: Trouble | None = None
    days: Days | None = None
    """Of the first answer: gaps are said by every panel alike."""
    still: bool = False
    """It never asks for itself: a sample of the design page."""

    @property
    def url(self) -> str:
        return self.at(self.state)

    def at(self, state: PageState) -> str:
        """The address of the panel in another state."""
        return panel_address(self.page.slug, self.panel.name, state)

    def download(self, ending: str, file: int = 0) -> str:
        return download_address(self.page.slug, self.panel.name, ending, self.state, file)

    @property
    def unloaded(self) -> bool:
        return self.panel.needs_days and self.days is not None and not self.days.loaded


def routes(site: Site, pages: Mapping[str, Page]) -> APIRouter:
    router = APIRouter(include_in_schema=False)

    def found(page: str, panel: str) -> tuple[Page, Panel]:
        for known in pages[page].panels if page in pages else ():
            if known.name == panel:
                return pages[page], known
        raise HTTPException(404)

    @router.get("/panels/{page}/{panel}")
    async def fragment(request: Request, page: str, panel: str) -> Response:
        return await _fragment(site, request, *found(page, panel))

    @router.get("/downloads/{page}/{name}.{ending}")
    async def download(request: Request, page: str, name: str, ending: str) -> Response:
        owner, panel = found(page, name)
        file = request.query_params.get("file", "0")
        files = [str(at) for at in range(max(1, len(panel.files)))]
        if ending not in ENDINGS or not panel.downloads or file not in files:
            raise HTTPException(404)
        question = panel.ask(page_state(owner, request, site.today()))[int(file)]
        if panel.table or panel.whole_file:  # a list is shown page by page, and downloaded whole
            question = question.without("limit", "offset")
        return await _download(site, request, question, ending)

    return router


async def _fragment(site: Site, request: Request, page: Page, panel: Panel) -> Response:
    shown = await answered(site, request, page, panel, page_state(page, request, site.today()))
    return site.partial(request, "partials/panel.html", panel_context(shown), status_of(shown.trouble))


async def answered(site: Site, request: Request, page: Page, panel: Panel, state: PageState) -> Shown:
    """All questions at once; the first that fails is the panel's trouble."""
    unfit = panel.unfit(state)
    if unfit:
        return Shown(page, panel, state, Body(empty=site.reader(request).tr(unfit)))
    try:
        answers = await asyncio.gather(*(site.api.ask(question) for question in panel.ask(state)))
    except API_ERRORS as error:
        return Shown(page, panel, state, trouble=site.trouble(error))
    meta = getattr(answers[0], "meta", None)
    days = meta.days if isinstance(meta, Meta) else None
    reader = site.reader(request)
    if isinstance(meta, Meta):
        reader = reader.with_currency(meta.currency)
    body = panel.build(*answers, Look(reader, state, page.slug, panel.name))
    return Shown(page, panel, state, body, days=days)


def panel_context(shown: Shown) -> Context:
    return {"shown": shown, "state": shown.state}


async def _download(site: Site, request: Request, question: Question[Any], ending: str) -> Response:
    stack = AsyncExitStack()
    try:
        download = await stack.enter_async_context(site.api.download(question, ending))
    except API_ERRORS as error:
        trouble = site.trouble(error)
        context: dict[str, Any] = {"title": trouble.title, "advice": trouble.advice}
        return site.page(request, "pages/error.html", context, status_of(trouble))
    headers = {"content-disposition": download.disposition} if download.disposition else {}
    return StreamingResponse(_closing(download, stack), media_type=download.media_type, headers=headers)


async def _closing(download: Download, stack: AsyncExitStack) -> AsyncIterator[bytes]:
    async with stack:
        async for chunk in download.chunks:
            yield chunk
