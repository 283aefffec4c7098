"""The HTTP client: what it asks, and which error it makes of which failure."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import httpx
import pytest

from nk_common.api.common import DateRange
from nk_common.api.pipeline import BackfillAnswer, BackfillRequest, Runs
from nk_web.api_client import (
    ApiDownError,
    ApiFailedError,
    ApiNotReadyError,
    ApiRefusedError,
    ApiSlowError,
    ApiUnreadableError,
    HttpQueryApi,
)

WEEK = DateRange(start=date(2026, 11, 1), end=date(2026, 11, 7))
Handler = Callable[[httpx.Request], httpx.Response]


def client(handler: Handler) -> HttpQueryApi:
    return HttpQueryApi("http://api.test", httpx.MockTransport(handler))


def answering(code: int, /, **body: object) -> HttpQueryApi:
    return client(lambda _: httpx.Response(code, json=body))


def raising(error: Exception) -> HttpQueryApi:
    def handler(_: httpx.Request) -> httpx.Response:
        raise error

    return client(handler)


@pytest.mark.parametrize(
    ("api", "expected"),
    [
        (raising(httpx.ConnectError("refused")), ApiDownError),
        (raising(httpx.ConnectTimeout("slow connect")), ApiDownError),
        (raising(httpx.RemoteProtocolError("cut off")), ApiDownError),
        (raising(httpx.ReadTimeout("slow")), ApiSlowError),
        (answering(503, title="Starting", status=503, detail="Starting."), ApiNotReadyError),
        (answering(503), ApiDownError),
        (answering(502), ApiDownError),
        (answering(504), ApiSlowError),
        (answering(500, title="Bug", status=500, detail="It broke."), ApiFailedError),
        (answering(422, title="No", status=422, detail="start is after end."), ApiRefusedError),
        (answering(302), ApiRefusedError),
        (answering(200, nonsense=1), ApiUnreadableError),
        (client(lambda _: httpx.Response(200, text="<html>")), ApiUnreadableError),
    ],
)
async def test_failures_are_sorted(api: HttpQueryApi, expected: type[Exception]) -> None:
    """A failed call is an error of the kind that the page explains, never an empty answer."""
    with pytest.raises(expected):
        await api.runs()


async def test_the_apis_own_sentence_is_kept() -> None:
    """Problem details are written for people; the page shows them."""
    with pytest.raises(ApiRefusedError, match=r"start is after end\."):
        await answering(422, title="No", status=422, detail="start is after end.").runs()


async def test_an_unreadable_answer_names_the_place() -> None:
    """So that a difference in versions can be found."""
    with pytest.raises(ApiUnreadableError, match=r"Runs: .*runs"):
        await answering(200).runs()


async def test_questions_are_the_documented_ones() -> None:
    """Paths and parameters of the query API, spelled out once."""
    asked: list[str] = []

    def handler(request: httpx.Request) -> httpx.Response:
        asked.append(f"{request.method} {request.url.raw_path.decode()}")
        return httpx.Response(200, json={})

    api = client(handler)
    for call in (
        api.sales_summary(WEEK, "previous"),
        api.sales_trend(WEEK, "day", "year"),
        api.sales_by("category-brand", WEEK, 10),
        api.partitions(WEEK),
        api.runs(),
        api.dead_letters(),
        api.backfill(BackfillRequest(datasets=["pos"], start=WEEK.start, end=WEEK.end)),
    ):
        with pytest.raises(ApiUnreadableError):
            await call
    assert asked == [
        "GET /v1/sales/summary?start=2026-11-01&end=2026-11-07&source=pos&compare=previous",
        "GET /v1/sales/trend?start=2026-11-01&end=2026-11-07&source=pos&grain=day&compare=year&kpi=revenue",
        "GET /v1/sales/by/category-brand?start=2026-11-01&end=2026-11-07&source=pos&limit=10",
        "GET /v1/pipeline/partitions?start=2026-11-01&end=2026-11-07",
        "GET /v1/pipeline/runs",
        "GET /v1/pipeline/dead-letters",
        "POST /v1/backfills",
    ]


async def test_a_backfill_is_sent_whole() -> None:
    """The body is the request as the API's model writes it."""
    bodies: list[bytes] = []

    def handler(request: httpx.Request) -> httpx.Response:
        bodies.append(request.content)
        return httpx.Response(202, json={"command_id": "c", "will_run": 0, "skipped": 0, "days": []})

    asked = BackfillRequest(datasets=["pos"], start=WEEK.start, end=WEEK.end, force=True, reason="x")
    answer = await client(handler).backfill(asked)
    assert BackfillRequest.model_validate_json(bodies[0]) == asked
    assert answer == BackfillAnswer(command_id="c", will_run=0, skipped=0, days=[])


async def test_readiness_never_raises() -> None:
    """It is asked by probes and by pages that wait."""
    assert await answering(200).answers() is True
    assert await answering(503).answers() is False
    assert await raising(httpx.ConnectError("refused")).answers() is False


async def test_events_are_streamed_as_they_come() -> None:
    """Bytes pass through unread, heartbeats included."""
    api = client(lambda _: httpx.Response(200, content=b": heartbeat\n\nevent: loaded\ndata: {}\n\n"))
    async with api.events() as chunks:
        assert b"".join([chunk async for chunk in chunks]).startswith(b": heartbeat")


async def test_events_of_an_api_that_is_away() -> None:
    """The stream is refused like every other question."""
    with pytest.raises(ApiDownError):
        async with raising(httpx.ConnectError("refused")).events():
            pass


async def test_an_empty_list_of_runs_is_an_answer() -> None:
    """Nothing is not an error."""
    assert await answering(200, runs=[]).runs() == Runs(runs=[])
