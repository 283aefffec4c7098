"""Static files under addresses that change with their content, so that they can be cached for good."""

from __future__ import annotations

import gzip
import hashlib
import mimetypes
from collections.abc import Iterable
from functools import cache
from pathlib import Path, PurePosixPath

import anyio.to_thread
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

STATIC = Path(__file__).parent / "static"
SUFFIXES = {".css", ".js", ".svg", ".webmanifest"}
PLOTLY = "vendor/plotly-4.1.1-nkdash.min.js"
HTMX = "vendor/htmx-4.0.1.min.js"
STYLESHEET = "css/app.css"
SHEETS = (
    "tokens",
    "base",
    "components",
    "filters",
    "panels",
    "tables",
    "segments",
    "sync",
    "design",
    "print",
)
"""Joined into one file, in this order: a phone asks once."""
FOR_GOOD = "public, max-age=31536000, immutable"


class Assets:
    """Own files share one hash, because JavaScript modules import each other by relative address. What is vendored
    has its own, so that a change of ours does not send plotly.js to every phone again."""

    def __init__(self, own: dict[str, bytes], vendored: dict[str, bytes]) -> None:
        self._own = own
        self._own_hash = _hash(_parts(own))
        self._vendored = {name: (_hash([content]), content) for name, content in vendored.items()}
        self._packed: dict[str, bytes] = {}

    def url(self, name: str) -> str:
        """Root-relative address of a file, e.g. `css/app.css`. Raises KeyError for an unknown one."""
        if name in self._vendored:
            return f"/static/{self._vendored[name][0]}/{name}"
        if name not in self._own:
            raise KeyError(name)
        return f"/static/{self._own_hash}/{name}"

    def modules(self) -> list[str]:
        """Addresses of what `js/app.js` imports, so that the browser fetches them side by side."""
        apart = {"js/app.js", "js/theme.js"}
        return [self.url(name) for name in self._own if name.startswith("js/") and name not in apart]

    async def serve(self, request: Request) -> Response:
        name, digest = request.path_params["name"], request.path_params["digest"]
        content = self._content(digest, name)
        if content is None:
            return PlainTextResponse("Not found", 404, headers={"cache-control": "no-store"})
        headers = {"cache-control": FOR_GOOD, "vary": "Accept-Encoding"}
        # Text that was packed once is not packed again by the middleware, nor for the next reader.
        if "gzip" in request.headers.get("accept-encoding", ""):
            content = await anyio.to_thread.run_sync(self._pack, request.url.path, content)
            headers["content-encoding"] = "gzip"
        return Response(content, media_type=_media_type(name), headers=headers)

    def _content(self, digest: str, name: str) -> bytes | None:
        if name in self._vendored:
            known, content = self._vendored[name]
            return content if digest == known else None
        return self._own.get(name) if digest == self._own_hash else None

    def _pack(self, key: str, content: bytes) -> bytes:
        if key not in self._packed:
            self._packed[key] = gzip.compress(content, compresslevel=6, mtime=0)
        return self._packed[key]


@cache
def read_assets() -> Assets:
    files = {
        path.relative_to(STATIC).as_posix(): path.read_bytes()
        for path in sorted(STATIC.rglob("*"))
        if path.suffix in SUFFIXES
    }
    vendored = {name: content for name, content in files.items() if name.startswith("vendor/")}
    own = {name: content for name, content in files.items() if not name.startswith(("vendor/", "css/"))}
    own[STYLESHEET] = b"".join(files[f"css/{name}.css"] for name in SHEETS)
    return Assets(own, vendored)


def _parts(own: dict[str, bytes]) -> Iterable[bytes]:
    for name in sorted(own):
        yield name.encode()
        yield own[name]


def _hash(parts: Iterable[bytes]) -> str:
    digest = hashlib.sha256()
    for part in parts:
        digest.update(len(part).to_bytes(8, "big"))
        digest.update(part)
    return digest.hexdigest()[:16]


def _media_type(name: str) -> str:
    guessed = mimetypes.guess_type(PurePosixPath(name).name)[0] or "application/octet-stream"
    return "text/javascript" if name.endswith(".js") else guessed
