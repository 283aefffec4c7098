"""What every page is handed: the API, the clock, the languages, and how to render."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from starlette.datastructures import ImmutableMultiDict
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from nk_common.clock import Clock, today
from nk_web.api_client import ApiError, QueryApi
from nk_web.assets import HTMX, PLOTLY, STYLESHEET, Assets, read_assets
from nk_web.format import Formats
from nk_web.i18n import LANG_NAMES, LANGS, Catalogue, Lang, Said, parse_lang, read_catalogue
from nk_web.metrics import Metrics
from nk_web.reader import Reader
from nk_web.settings import WebSettings
from nk_web.state import PageState
from nk_web.trouble import Trouble, trouble_for

Context = Mapping[str, object]
"""What a template is handed, beside what every template gets."""

TEMPLATES = Path(__file__).parent / "templates"
LANG_COOKIE = "nk_lang"
FIRST_ANSWER_SECONDS = 0.15
"""A page that is opened waits this long for its figures, then shows a skeleton that fetches them itself."""
YEAR_SECONDS = 365 * 24 * 3600
LONGEST_FORM = 64 * 1024
STATUS_OF_TROUBLE = {
    "down": 503,
    "waiting": 503,
    "slow": 504,
    "failed": 502,
    "unreadable": 502,
    "refused": 422,
}


@dataclass(frozen=True)
class NavEntry:
    """A page as the navigation shows it. `title` is a msgid; `icon` names a symbol of `icons.html`."""

    path: str
    title: Said
    icon: str
    short: Said | None = None
    """For a phone, where the title is too long."""


@dataclass(frozen=True)
class Site:
    settings: WebSettings
    api: QueryApi
    clock: Clock
    assets: Assets
    metrics: Metrics
    nav: Sequence[NavEntry]
    closing: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when the server stops: streams that would never end by themselves end then."""
    catalogues: Mapping[Lang, Catalogue] = field(
        default_factory=lambda: {lang: read_catalogue(lang) for lang in LANGS}
    )

    def reader(self, request: Request) -> Reader:
        """The language is that of the URL, else of the cookie, else of the settings."""
        named = parse_lang(request.query_params.get("lang"))
        lang = named or parse_lang(request.cookies.get(LANG_COOKIE)) or self.settings.locale
        zone = self.settings.zone
        formats = Formats(lang, zone)
        return Reader(lang, self.catalogues[lang], formats, self.clock.now(), today(self.clock, zone))

    def today(self) -> date:
        return today(self.clock, self.settings.zone)

    def trouble(self, error: ApiError) -> Trouble:
        trouble = trouble_for(error)
        self.metrics.api_errors.labels(trouble.kind).inc()
        return trouble

    def page(self, request: Request, template: str, context: Context, status: int = 200) -> Response:
        """A whole page, or only its main part when htmx asks for it: the same template."""
        layout = "fragment.html" if wants_fragment(request) else "base.html"
        response = self._render(request, template, {"layout": layout, **context}, status)
        named = parse_lang(request.query_params.get("lang"))
        if named:
            remember_lang(response, named)
        return response

    def partial(self, request: Request, template: str, context: Context, status: int = 200) -> Response:
        """One component. Without htmx (a form sent without JavaScript) it is framed as a page."""
        if not is_htmx(request):
            return self.page(request, "pages/framed.html", {**context, "partial": template}, status)
        return self._render(request, template, context, status)

    def _render(self, request: Request, template: str, context: Context, status: int) -> HTMLResponse:
        reader = self.reader(request)
        html = (
            environment_of(reader.lang)
            .get_template(template)
            .render(
                reader=reader,
                lang=reader.lang,
                f=reader.formats,
                tr=reader.tr,
                pick=reader.catalogue.pick,
                now=reader.now,
                today=reader.today,
                path=request.url.path,
                nav=self.nav,
                **context,
            )
        )
        return HTMLResponse(html, status, headers={"vary": "HX-Request, Cookie"})


@cache
def environment_of(lang: Lang) -> Environment:
    """Templates of one language, compiled once."""
    assets = read_assets()
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        extensions=["jinja2.ext.i18n"],
        trim_blocks=True,
        lstrip_blocks=True,
    )
    # The i18n extension adds these two when it is loaded; jinja2 has no types for them.
    environment.install_gettext_translations(  # type: ignore[attr-defined]
        read_catalogue(lang).translations, newstyle=True
    )
    environment.globals.update(
        asset=assets.url,
        modules=assets.modules(),
        htmx_url=assets.url(HTMX),
        plotly_url=assets.url(PLOTLY),
        stylesheet=STYLESHEET,
        state_mark=state_mark,
        langs=LANGS,
        lang_names=LANG_NAMES,
        nbsp=Markup("&nbsp;"),
    )
    return environment


def state_mark(state: PageState) -> str:
    """A short name of a state, for ids of what must not outlive it."""
    return hashlib.sha256(state.query().encode()).hexdigest()[:8]


def status_of(trouble: Trouble | None) -> int:
    return STATUS_OF_TROUBLE[trouble.kind] if trouble else 200


def is_htmx(request: Request) -> bool:
    return request.headers.get("hx-request") == "true"


def wants_fragment(request: Request) -> bool:
    """Going back asks for the whole page again, although it is htmx that asks."""
    restoring = request.headers.get("hx-history-restore-request") == "true"
    return is_htmx(request) and not restoring


def name_address(request: Request, response: Response, address: str) -> None:
    """The address bar shows what was understood, which may be a corrected range."""
    current = urlsplit(request.headers.get("hx-current-url", ""))
    if wants_fragment(request) and f"{current.path}?{current.query}" != address:
        response.headers["hx-push-url"] = address


def remember_lang(response: Response, lang: Lang) -> None:
    response.set_cookie(LANG_COOKIE, lang, max_age=YEAR_SECONDS, httponly=True, samesite="lax")


Form = ImmutableMultiDict[str, str]


class FormTooLongError(ValueError):
    """Nobody fills in that much by hand."""


async def read_form(request: Request) -> Form:
    """The fields of a URL-encoded form. Raises FormTooLongError."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > LONGEST_FORM:
            raise FormTooLongError
    try:
        return Form(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=1000))
    except ValueError as error:
        raise FormTooLongError from error
