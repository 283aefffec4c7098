"""The only way to data: the query API over HTTP.

Errors are sorted by what the page can tell the reader about them. A failed call never turns into an
empty answer.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import quote

import httpx
from pydantic import BaseModel, ValidationError

from nk_common.api.common import DateRange, Problem
from nk_common.api.dead_letters import (
    DeadLetterDetail,
    DeadLetters,
    DiscardLetterRequest,
    LetterState,
    RetryLetterRequest,
)
from nk_common.api.pipeline import (
    BackfillAnswer,
    BackfillRequest,
    CommandAccepted,
    Partitions,
    PauseRequest,
    ReconciliationRequest,
    RefreshRequest,
    Runs,
    SnapshotRequest,
)
from nk_common.errors import TerminalError, TransientError
from nk_web.questions import Answer, Params, Question

PATIENCE_SECONDS = 15.0
"""How long a figure may take before the page says that it is slow."""
PROBE_SECONDS = 2.0
DOWNLOAD_SECONDS = 120.0
"""How long a download may be silent: the first rows of a long one take their time."""


class ApiDownError(TransientError):
    """The query API cannot be reached."""


class ApiNotReadyError(TransientError):
    """The query API is there, and says what it waits for."""


class ApiSlowError(TransientError):
    """The query API did not answer in time."""


class ApiFailedError(TransientError):
    """The query API answered that it failed (5xx), with its reason."""


class ApiRefusedError(TerminalError):
    """The query API does not accept the question (4xx), with its reason."""


class ApiMissingError(ApiRefusedError):
    """There is nothing of that name or number (404)."""


class ApiUnreadableError(TerminalError):
    """The answer is not what this version of the web service understands."""


ApiError = (
    ApiDownError | ApiNotReadyError | ApiSlowError | ApiFailedError | ApiRefusedError | ApiUnreadableError
)
API_ERRORS = (
    ApiDownError,
    ApiNotReadyError,
    ApiSlowError,
    ApiFailedError,
    ApiRefusedError,
    ApiUnreadableError,
)


@dataclass(frozen=True)
class Download:
    """A file on its way: its headers are known, its bytes still come."""

    media_type: str
    disposition: str
    chunks: AsyncIterator[bytes]


class QueryApi(Protocol):
    """What the pages ask. Every method raises one of `API_ERRORS`."""

    async def ask(self, question: Question[Answer], patience: float | None = None) -> Answer:
        """The answer; `patience` is how many seconds it may take."""
        ...

    def download(self, question: Question[Any], ending: str) -> AbstractAsyncContextManager[Download]:
        """The rows of the answer as a file, `csv` or `xlsx`."""
        ...

    async def partitions(self, days: DateRange, patience: float | None = None) -> Partitions: ...

    async def runs(self) -> Runs: ...

    async def dead_letters(self, state: LetterState, limit: int) -> DeadLetters: ...

    async def dead_letter(self, letter: int) -> DeadLetterDetail: ...

    async def retry_letter(self, letter: int, request: RetryLetterRequest) -> CommandAccepted: ...

    async def discard_letter(self, letter: int, request: DiscardLetterRequest) -> CommandAccepted: ...

    async def backfill(self, request: BackfillRequest) -> BackfillAnswer: ...

    async def cancel(self, run_id: str) -> CommandAccepted: ...

    async def pause(self, request: PauseRequest, *, go_on: bool) -> CommandAccepted: ...

    async def refresh_dimensions(self, request: RefreshRequest) -> CommandAccepted: ...

    async def snapshot_stock(self, request: SnapshotRequest) -> CommandAccepted: ...

    async def reconcile(self, request: ReconciliationRequest) -> CommandAccepted: ...

    def events(self) -> AbstractAsyncContextManager[AsyncIterator[bytes]]:
        """The live event stream, as bytes of server-sent events."""
        ...

    async def answers(self) -> bool:
        """Whether the API is there and ready; never raises."""
        ...

    async def aclose(self) -> None: ...


class HttpQueryApi:
    """The query API at `base_url`."""

    def __init__(self, base_url: str, transport: httpx.AsyncBaseTransport | None = None) -> None:
        limits = httpx.Limits(max_connections=200, max_keepalive_connections=20)
        # trust_env off: a proxy of the environment must never see the shop's figures.
        self._http = httpx.AsyncClient(
            base_url=base_url,
            timeout=httpx.Timeout(PATIENCE_SECONDS, connect=3.0),
            limits=limits,
            transport=transport,
            trust_env=False,
        )

    async def ask(self, question: Question[Answer], patience: float | None = None) -> Answer:
        return await self._get(question.path, question.model, question.params, patience)

    @asynccontextmanager
    async def download(self, question: Question[Any], ending: str) -> AsyncIterator[Download]:
        timeout = httpx.Timeout(PATIENCE_SECONDS, connect=3.0, read=DOWNLOAD_SECONDS)
        path = f"/v1/export/{question.file}.{ending}"
        request = self._http.build_request("GET", path, params=question.params, timeout=timeout)
        response = await self._send(request, stream=True)
        kinds = (response.headers.get("content-type", ""), response.headers.get("content-disposition", ""))
        try:
            yield Download(*kinds, _bytes_of(response))
        finally:
            await response.aclose()

    async def partitions(self, days: DateRange, patience: float | None = None) -> Partitions:
        return await self._get("/v1/pipeline/partitions", Partitions, _range(days), patience)

    async def runs(self) -> Runs:
        return await self._get("/v1/pipeline/runs", Runs)

    async def dead_letters(self, state: LetterState, limit: int) -> DeadLetters:
        params = (("state", state), ("limit", str(limit)))
        return await self._get("/v1/pipeline/dead-letters", DeadLetters, params)

    async def dead_letter(self, letter: int) -> DeadLetterDetail:
        return await self._get(f"/v1/pipeline/dead-letters/{letter}", DeadLetterDetail)

    async def retry_letter(self, letter: int, request: RetryLetterRequest) -> CommandAccepted:
        return await self._post(f"/v1/pipeline/dead-letters/{letter}/retry", request, CommandAccepted)

    async def discard_letter(self, letter: int, request: DiscardLetterRequest) -> CommandAccepted:
        return await self._post(f"/v1/pipeline/dead-letters/{letter}/discard", request, CommandAccepted)

    async def backfill(self, request: BackfillRequest) -> BackfillAnswer:
        return await self._post("/v1/backfills", request, BackfillAnswer)

    async def cancel(self, run_id: str) -> CommandAccepted:
        path = f"/v1/pipeline/runs/{quote(run_id, safe='')}/cancel"
        return await self._post(path, None, CommandAccepted)

    async def pause(self, request: PauseRequest, *, go_on: bool) -> CommandAccepted:
        return await self._post(f"/v1/pipeline/{'resume' if go_on else 'pause'}", request, CommandAccepted)

    async def refresh_dimensions(self, request: RefreshRequest) -> CommandAccepted:
        return await self._post("/v1/dimensions/refresh", request, CommandAccepted)

    async def snapshot_stock(self, request: SnapshotRequest) -> CommandAccepted:
        return await self._post("/v1/stock-snapshots", request, CommandAccepted)

    async def reconcile(self, request: ReconciliationRequest) -> CommandAccepted:
        return await self._post("/v1/reconciliations", request, CommandAccepted)

    @asynccontextmanager
    async def events(self) -> AsyncIterator[AsyncIterator[bytes]]:
        """Silence is allowed for a minute: the API sends a heartbeat well before that."""
        timeout = httpx.Timeout(PATIENCE_SECONDS, connect=3.0, read=60.0)
        headers = {"accept": "text/event-stream"}
        request = self._http.build_request("GET", "/v1/pipeline/events", headers=headers, timeout=timeout)
        response = await self._send(request, stream=True)
        try:
            yield _bytes_of(response)
        finally:
            await response.aclose()

    async def answers(self) -> bool:
        try:
            response = await self._http.get("/readyz", timeout=PROBE_SECONDS)
        except httpx.HTTPError:
            return False
        return response.is_success

    async def aclose(self) -> None:
        await self._http.aclose()

    async def _get(
        self,
        path: str,
        model: type[Answer],
        params: Params = (),
        patience: float | None = None,
    ) -> Answer:
        timeout = (
            httpx.Timeout(patience, connect=min(patience, 3.0)) if patience else httpx.USE_CLIENT_DEFAULT
        )
        request = self._http.build_request("GET", path, params=params, timeout=timeout)
        return _read(await self._send(request), model)

    async def _post(self, path: str, body: BaseModel | None, model: type[Answer]) -> Answer:
        request = self._http.build_request("POST", path, json=body.model_dump(mode="json") if body else None)
        return _read(await self._send(request), model)

    async def _send(self, request: httpx.Request, *, stream: bool = False) -> httpx.Response:
        try:
            response = await self._http.send(request, stream=stream)
            if not response.is_success:
                await response.aread()
        except httpx.ConnectTimeout as error:
            raise ApiDownError(str(error)) from error
        except httpx.TimeoutException as error:
            raise ApiSlowError(str(error)) from error
        except httpx.HTTPError as error:
            raise ApiDownError(str(error)) from error
        if not response.is_success:
            raise _refusal(response)
        return response


def _range(days: DateRange) -> Params:
    return (("start", days.start.isoformat()), ("end", days.end.isoformat()))


def _read(response: httpx.Response, model: type[Answer]) -> Answer:
    try:
        return model.model_validate_json(response.content)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise ApiUnreadableError(f"{model.__name__}: {place or 'answer'}: {first['msg']}") from error


def _refusal(response: httpx.Response) -> ApiError:
    detail = _detail(response)
    if response.status_code in {408, 504}:
        return ApiSlowError(detail)
    # Without a sentence of the API's own, it was a proxy that found nobody behind it.
    if response.status_code in {502, 503}:
        return ApiNotReadyError(detail) if detail else ApiDownError(f"HTTP {response.status_code}")
    detail = detail or f"HTTP {response.status_code}"
    if response.status_code >= 500:
        return ApiFailedError(detail)
    return ApiMissingError(detail) if response.status_code == 404 else ApiRefusedError(detail)


def _detail(response: httpx.Response) -> str:
    """The API's sentence; empty when the answer has none."""
    try:
        return Problem.model_validate_json(response.content).detail
    except ValidationError:
        return ""


async def _bytes_of(response: httpx.Response) -> AsyncIterator[bytes]:
    try:
        async for chunk in response.aiter_bytes():
            yield chunk
    except httpx.HTTPError as error:
        raise ApiDownError(str(error)) from error
