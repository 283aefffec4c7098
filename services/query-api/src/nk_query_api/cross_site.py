"""Which requests that change something are believed: what a page of another site makes a visitor's browser send is not.

Whoever may reach the API may use it; a page that this person happens to look at may not. A plain form needs no leave
of ours to be posted across sites, and some commands need no body.
"""

from __future__ import annotations

from collections.abc import Collection

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from nk_query_api.problems import problem

_SAFE_METHODS = {"GET", "HEAD", "OPTIONS"}
_REFUSAL = (
    "This request came from a page of another site and was refused; nothing was done. To allow a site, name it in "
    "NK_CORS_ORIGINS."
)


class CrossSiteMiddleware:
    """Refuses what another site started, but for the `trusted` origins."""

    def __init__(self, app: ASGIApp, trusted: Collection[str]) -> None:
        self._app = app
        self._trusted = frozenset(trusted)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        is_change = scope["type"] == "http" and scope["method"] not in _SAFE_METHODS
        if is_change and not is_believed(Headers(scope=scope), self._trusted):
            await problem(Request(scope), 403, _REFUSAL)(scope, receive, send)
            return
        await self._app(scope, receive, send)


def is_believed(headers: Headers, trusted: Collection[str]) -> bool:
    """Whether no browser sent it, or one for a page of this host or of a trusted origin, as far as browsers tell."""
    site, origin = headers.get("sec-fetch-site"), headers.get("origin")
    if origin is not None:
        host = headers.get("host", "").lower()
        is_own = origin.lower() in {f"http://{host}", f"https://{host}"}
        return is_own or origin in trusted or "*" in trusted
    return site in (None, "same-origin", "none")
