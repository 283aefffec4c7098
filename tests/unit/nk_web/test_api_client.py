"""The HTTP client: what it asks, and which error it makes of which failure."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import httpx
import pytest

from nk_common.api.common import DateRange
from nk_common.api.dead_letters import DiscardLetterRequest, RetryLetterRequest
from nk_common.api.pipeline import BackfillAnswer, BackfillRequest, Runs
from nk_web import questions
from nk_web.api_client import (
    ApiDownError,
    ApiFailedError,
    ApiMissingError,
    ApiNotReadyError,
    ApiRefusedError,
    ApiSlowError,
    ApiUnreadableError,
    HttpQueryApi,
)
from nk_web.filters import SALES_FILTERS
from nk_web.state import Takes, parse_state

WEEK = DateRange(start=date(2026, 11, 1), end=date(2026, 11, 7))
STATE = parse_state(
    [("start", "2026-11-01"), ("end", "2026-11-07"), ("store", "1"), ("store", "2"), ("hour_from", "9")],
    date(2026, 11, 23),
    lambda _: "/",
    Takes(SALES_FILTERS),
)
NARROWED = "start=2026-11-01&end=2026-11-07&store=1&store=2&hour_from=9&hour_to=23"
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
        api.ask(questions.summary(STATE)),
        api.ask(questions.trend(STATE, "revenue", "day", compare="year")),
        api.ask(questions.breakdown(STATE, "category-brand", "discount_amount", limit=10)),
        api.ask(questions.member("principals", "PT A/B & C")),
        api.partitions(WEEK),
        api.runs(),
        api.dead_letters("open", 5),
        api.dead_letter(12),
        api.retry_letter(12, RetryLetterRequest()),
        api.discard_letter(12, DiscardLetterRequest(reason="a test")),
        api.backfill(BackfillRequest(datasets=["pos"], start=WEEK.start, end=WEEK.end)),
    ):
        with pytest.raises(ApiUnreadableError):
            await call
    assert asked == [
        f"GET /v1/sales/summary?{NARROWED}&compare=previous",
        f"GET /v1/sales/trend?{NARROWED}&compare=year&grain=day&kpi=revenue",
        f"GET /v1/sales/by/category-brand?{NARROWED}&kpi=discount_amount&compare=none&limit=10",
        "GET /v1/dimensions/principals/PT%20A%2FB%20%26%20C",
        "GET /v1/pipeline/partitions?start=2026-11-01&end=2026-11-07",
        "GET /v1/pipeline/runs",
        "GET /v1/pipeline/dead-letters?state=open&limit=5",
        "GET /v1/pipeline/dead-letters/12",
        "POST /v1/pipeline/dead-letters/12/retry",
        "POST /v1/pipeline/dead-letters/12/discard",
        "POST /v1/backfills",
    ]


async def test_a_download_is_the_same_question_as_a_file() -> None:
    """Its parameters, its name, and its bytes as they come."""
    asked: list[str] = []

    def handler(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.raw_path.decode())
        headers = {"content-type": "text/csv", "content-disposition": 'attachment; filename="x.csv"'}
        return httpx.Response(200, content=b"a,b\n", headers=headers)

    async with client(handler).download(questions.breakdown(STATE, "store"), "csv") as file:
        assert b"".join([chunk async for chunk in file.chunks]) == b"a,b\n"
    assert asked == [f"/v1/export/sales-by-store.csv?{NARROWED}&compare=none&limit=50"]
    assert (file.media_type, file.disposition) == ("text/csv", 'attachment; filename="x.csv"')


async def test_what_there_is_not_is_told_apart() -> None:
    """A page about a product that nobody knows is another thing than a question that is refused."""
    with pytest.raises(ApiMissingError):
        await answering(404, title="No", status=404, detail="There is no such product.").runs()


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
