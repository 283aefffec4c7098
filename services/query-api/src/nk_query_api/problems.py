"""Every error as RFC 9457 problem details, with one sentence that says what to do."""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from starlette.exceptions import HTTPException

from nk_common.api.common import Problem
from nk_common.errors import BadCommandError, NkError
from nk_common.observability import logger
from nk_query_api.errors import (
    AlreadyDoneError,
    BadQuestionError,
    BrokerAwayError,
    BusyError,
    ClientGoneError,
    LedgerUnavailableError,
    NoLongerKeptError,
    NotFoundError,
    QueryTimeoutError,
    ServingUnavailableError,
)

MEDIA_TYPE = "application/problem+json"
_STATUS: dict[type[NkError], int] = {
    BadQuestionError: 422,
    BadCommandError: 422,
    NotFoundError: 404,
    AlreadyDoneError: 409,
    NoLongerKeptError: 410,
    LedgerUnavailableError: 503,
    BrokerAwayError: 503,
    ServingUnavailableError: 503,
    QueryTimeoutError: 503,
    BusyError: 503,
    # Nobody is there to read it; the status is for the access log.
    ClientGoneError: 499,
}
_RETRY_AFTER = {"retry-after": "5"}
_log = logger(__name__)


def problem(request: Request, status: int, detail: str, headers: dict[str, str] | None = None) -> Response:
    """The answer that says what went wrong."""
    try:
        title = HTTPStatus(status).phrase
    except ValueError:
        title = "Client Closed Request"
    body = Problem(title=title, status=status, detail=detail, instance=request.url.path)
    return Response(
        body.model_dump_json(),
        status,
        {"cache-control": "no-store", **(_RETRY_AFTER if status == 503 else {}), **(headers or {})},
        MEDIA_TYPE,
    )


def install(app: FastAPI) -> None:
    """Make the application answer all errors this way."""
    app.add_exception_handler(NkError, _on_nk_error)
    app.add_exception_handler(RequestValidationError, _on_validation)
    app.add_exception_handler(HTTPException, _on_http)
    app.add_exception_handler(Exception, _on_accident)


def sentence(errors: Sequence[Any]) -> str:
    """The first mistake of a request, for a person."""
    error = errors[0]
    place, name = error["loc"][0], str(error["loc"][-1])
    context = error.get("ctx", {})
    known = {
        "extra_forbidden": f"Unknown {'parameter' if place == 'query' else 'field'} {name!r}.",
        "missing": f"{'The body' if len(error['loc']) == 1 else name} is missing.",
        "json_invalid": "The body is not valid JSON.",
        "literal_error": f"{name} must be {context.get('expected')}.",
        "value_error": f"{name} {context.get('error')}.",
    }
    if error["type"].startswith("date"):
        return f"{name} must be a day such as 2025-12-23."
    return known.get(error["type"], f"{name}: {error['msg']}.")


async def _on_nk_error(request: Request, error: Exception) -> Response:
    status = next((code for kind, code in _STATUS.items() if isinstance(error, kind)), 500)
    if status == 500:
        return await _on_accident(request, error)
    return problem(request, status, str(error))


async def _on_validation(request: Request, error: Exception) -> Response:
    errors = error.errors() if isinstance(error, RequestValidationError) else []
    return problem(request, 422, sentence(errors))


async def _on_http(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    headers = dict(error.headers or {}) if isinstance(error, HTTPException) else {}
    if status == 404:
        detail = f"There is nothing at {request.url.path}; what there is stands at /docs."
    elif status == 405:
        allowed = headers.get("allow") or headers.get("Allow") or "another method"
        detail = f"{request.method} is not possible here; use {allowed}."
    else:
        detail = str(getattr(error, "detail", "")) or "The request was refused."
    return problem(request, status, detail, headers)


async def _on_accident(request: Request, error: Exception) -> Response:
    _log.error("an answer failed", path=request.url.path, error=repr(error), exc_info=error)
    return problem(
        request,
        500,
        "This is a fault of nkdash, not yours; the log of query-api says more. Please try again.",
    )
