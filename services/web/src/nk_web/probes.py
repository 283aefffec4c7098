"""Addresses for machines, and the one that a page without figures asks whether it may come back."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlencode, urlsplit

from fastapi import APIRouter, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse

from nk_web.assets import FOR_GOOD
from nk_web.i18n import parse_lang
from nk_web.site import Site, remember_lang


def routes(site: Site) -> APIRouter:
    router = APIRouter(include_in_schema=False)

    @router.get("/healthz")
    async def healthz() -> Response:
        return JSONResponse({"status": "ok"})

    @router.get("/readyz")
    async def readyz() -> Response:
        ready = await site.api.answers()
        return JSONResponse(
            {"status": "ready" if ready else "waiting", "query_api": ready}, 200 if ready else 503
        )

    @router.get("/recover")
    async def recover() -> Response:
        """Nothing while the query API is away; once it answers, the page loads itself again."""
        return Response(status_code=204, headers={"hx-refresh": "true"} if await site.api.answers() else {})

    @router.get("/metrics")
    async def metrics() -> Response:
        return PlainTextResponse(generate_latest(site.metrics.registry), media_type=CONTENT_TYPE_LATEST)

    @router.get("/language/{name}")
    async def language(request: Request, name: str) -> Response:
        return _switch_language(request, name)

    @router.get("/favicon.ico")
    async def favicon() -> Response:
        headers = {"cache-control": FOR_GOOD.replace("31536000, immutable", "86400")}
        return RedirectResponse(site.assets.url("icon.svg"), 302, headers=headers)

    return router


def _switch_language(request: Request, name: str) -> Response:
    """Back to the page that was open, in another language; its whole state stays in the address."""
    lang = parse_lang(name)
    came_from = urlsplit(request.headers.get("referer", ""))
    # Only the path is taken, and never one that a browser reads as another host.
    path = "/" + came_from.path.lstrip("/\\") if came_from.netloc == request.headers.get("host") else "/"
    query = [(key, value) for key, value in parse_qsl(came_from.query) if key != "lang"]
    if lang:
        query.append(("lang", lang))
    response = RedirectResponse(f"{path}?{urlencode(query)}" if query else path, 303)
    if lang:
        remember_lang(response, lang)
    return response
