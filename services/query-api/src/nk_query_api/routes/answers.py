"""Answers that are cached by what they depend on: the data, the request, and the running minute."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from fastapi import Request
from fastapi.responses import Response
from pydantic import BaseModel

from nk_query_api.kpis import definitions_fingerprint
from nk_query_api.questions.context import Context
from nk_query_api.questions.windows import Window, asked_window
from nk_query_api.routes.parameters import FilterParameters
from nk_query_api.service import Service
from nk_query_api.serving.snapshot import Snapshot

A = TypeVar("A", bound=BaseModel)
NO_CACHE = {"cache-control": "no-cache"}


@dataclass(frozen=True)
class Question(Generic[A]):
    """What was asked, already checked: for `/v1/...` and `/v1/export/...` alike."""

    window: Window
    ask: Callable[[Snapshot], A]


def asked_range(asked: FilterParameters, context: Context) -> Window:
    """The days that were asked for. Raises BadQuestionError."""
    return asked_window(asked.start, asked.end, context.today, asked.preset)


async def answer(
    request: Request,
    service: Service,
    window: Window | None,
    context: Context,
    question: Callable[[Snapshot], BaseModel],
) -> Response:
    """The answer to `question`, or 304 when the client has it already. No window: it is not about days."""
    tag = _Tag(request, service, window, context)
    current = tag.of(service.store.data_version)
    if _matches(request.headers.get("if-none-match"), current):
        return Response(status_code=304, headers={"etag": current, **NO_CACHE})

    def asked(look: Snapshot) -> tuple[str, bytes]:
        return look.data_version(), question(look).model_dump_json().encode()

    async def gone() -> None:
        while (await request.receive())["type"] != "http.disconnect":
            pass

    name = request.scope["route"].path
    version, body = await service.reads.ask(name, asked, gone)
    return Response(body, 200, {"etag": tag.of(version), **NO_CACHE}, "application/json")


class _Tag:
    """Names an answer. A range that is over does not change with the clock."""

    def __init__(self, request: Request, service: Service, window: Window | None, context: Context) -> None:
        query = sorted(request.query_params.multi_items())
        minute = context.now if window and window.end >= context.today else None
        settings = (
            context.zone.key,
            context.currency,
            service.settings.data_lake_root,
            service.settings.transit_is_stock,
        )
        self._parts = (
            request.url.path,
            query,
            (window.start, window.end) if window else None,
            minute,
            settings,
            definitions_fingerprint(),
            context.failures,
        )

    def of(self, version: str) -> str:
        digest = hashlib.blake2b(repr((version, *self._parts)).encode(), digest_size=12).hexdigest()
        # Weak: the compressed and the plain body are the same answer in other bytes.
        return f'W/"{digest}"'


def _matches(header: str | None, tag: str) -> bool:
    if not header:
        return False
    names = [part.strip().removeprefix("W/") for part in header.split(",")]
    return "*" in names or tag.removeprefix("W/") in names
