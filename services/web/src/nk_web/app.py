"""The one place where the web service is put together."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI, Request
from starlette.exceptions import HTTPException
from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import Response

from nk_common.clock import Clock, SystemClock
from nk_web import probes
from nk_web.api_client import HttpQueryApi, QueryApi
from nk_web.assets import read_assets
from nk_web.events import events
from nk_web.i18n import Said, say
from nk_web.metrics import Metrics, MetricsMiddleware
from nk_web.pages import FIGURES, PAGES, design, filterbar, trust
from nk_web.panels import routes as panels
from nk_web.security import SecurityMiddleware
from nk_web.settings import WebSettings
from nk_web.site import Site


def build_app(settings: WebSettings, client: QueryApi | None = None, clock: Clock | None = None) -> FastAPI:
    """The web service. A `client` that is handed in stays open when the application ends."""
    api = client or HttpQueryApi(str(settings.query_api_url))
    site = Site(
        settings=settings,
        api=api,
        clock=clock or SystemClock(),
        assets=read_assets(),
        metrics=Metrics(),
        nav=[page.NAV for page in PAGES if hasattr(page, "NAV")],
    )

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        if client is None:
            await api.aclose()

    app = FastAPI(title="nkdash", openapi_url=None, redirect_slashes=False, lifespan=lifespan)
    app.state.site = site
    _add_routes(app, site)
    _add_error_pages(app, site)
    app.add_middleware(GZipMiddleware, minimum_size=1024, compresslevel=5)
    app.add_middleware(SecurityMiddleware)
    app.add_middleware(MetricsMiddleware, metrics=site.metrics)
    return app


def _add_routes(app: FastAPI, site: Site) -> None:
    app.include_router(probes.routes(site))
    for page in PAGES:
        app.include_router(page.routes(site))
    if site.settings.design_page:
        app.include_router(design.routes(site))
    for parts in (panels, filterbar, trust):
        app.include_router(parts.routes(site, FIGURES))
    app.add_route("/events", events, methods=["GET"])
    app.add_route("/static/{digest}/{name:path}", site.assets.serve, methods=["GET"])


def _add_error_pages(app: FastAPI, site: Site) -> None:
    def show(request: Request, status: int, title: Said, advice: Said) -> Response:
        return site.page(request, "pages/error.html", {"title": title, "advice": advice}, status)

    @app.exception_handler(HTTPException)
    async def refused(request: Request, error: Exception) -> Response:
        status = error.status_code if isinstance(error, HTTPException) else 500
        advice = say("Check the address, or go on from one of the pages in the menu.")
        return show(request, status, say("There is no such page."), advice)

    @app.exception_handler(Exception)
    async def broken(request: Request, _: Exception) -> Response:
        advice = say(
            "Nothing was changed. Try again; if it happens again, the log of the web service says why."
        )
        return show(request, 500, say("This page failed."), advice)
