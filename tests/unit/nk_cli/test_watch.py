"""`nk watch`: live events as lines, as JSON, and again after the connection ended."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import httpx
import pytest
from typer.testing import CliRunner, Result

from nk_cli import __main__ as nk
from nk_cli import watch
from nk_cli.serving import QueryApiAwayError
from nk_common.api.pipeline import PipelineEvent

AT = datetime(2026, 1, 10, 5, 3, 22, tzinfo=UTC)
LOADED = PipelineEvent(
    at=AT, stage="load", outcome="completed", dataset="pos", day=date(2026, 1, 9), run_id="r1", rows=312
)
FAILED = PipelineEvent(
    at=AT, stage="extract", outcome="failed", dataset="products", day=None, run_id="r2", error="[no] rights"
)
PLANNED = PipelineEvent(at=AT, stage="plan", outcome="queued", dataset=None, day=None, run_id="r1")
Answer = Callable[[httpx.Request], httpx.Response]


def stream(*told: PipelineEvent) -> str:
    parts = [f"event: pipeline\ndata: {event.model_dump_json()}\n\n" for event in told]
    return ": connected\nretry: 3000\n\n" + "".join(parts) + ": still here\n\ndata: {}\n\n"


def connections(*answers: str | int) -> Answer:
    """One after another: what a stream tells before it ends, or a status; 0 refuses. Then Ctrl-C."""
    left: Iterator[str | int] = iter(answers)

    def answer(request: httpx.Request) -> httpx.Response:
        assert request.url.path == "/v1/pipeline/events"
        match next(left, None):
            case None:
                raise KeyboardInterrupt
            case 0:
                raise httpx.ConnectError("refused")
            case int(status):
                return httpx.Response(status, text='{"title": "t", "status": 503, "detail": "Not yet."}')
            case text:
                return httpx.Response(200, text=text)

    return answer


def run(monkeypatch: pytest.MonkeyPatch, answer: Answer, *words: str) -> Result:
    def client() -> httpx.Client:
        return httpx.Client(base_url="http://api", transport=httpx.MockTransport(answer))

    monkeypatch.setattr(watch, "query_api", client)
    monkeypatch.setattr(watch, "_PAUSE", 0.0)
    monkeypatch.setenv("NK_TIMEZONE", "Asia/Jakarta")
    return CliRunner().invoke(nk.app, ["watch", *words])


@pytest.mark.parametrize(
    ("event", "line"),
    [
        (LOADED, "12:03:22 load     completed     pos 2026-01-09 312 rows"),
        (FAILED, "12:03:22 extract  failed        products [no] rights"),
        (PLANNED, "12:03:22 plan     queued"),
    ],
)
def test_an_event_is_a_line_by_the_shops_clock(event: PipelineEvent, line: str) -> None:
    assert watch.as_line(event, ZoneInfo("Asia/Jakarta")) == line


def test_it_ends_well_with_ctrl_c(monkeypatch: pytest.MonkeyPatch) -> None:
    ended = run(monkeypatch, connections(stream(LOADED, PLANNED)), "--json")
    assert ended.exit_code == 0
    assert [json.loads(line)["outcome"] for line in ended.stdout.splitlines()] == ["completed", "queued"]


def test_it_connects_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """As often as it takes."""
    ended = run(monkeypatch, connections(stream(LOADED), 0, 503, stream(FAILED)), "--json")
    assert [json.loads(line)["run_id"] for line in ended.stdout.splitlines()] == ["r1", "r2"]
    assert ended.stderr.splitlines() == [
        "Watching. Ctrl-C ends it.",
        "The connection ended; connecting again ...",
        "Connected again.",
        "The connection ended; connecting again ...",
    ]
    assert ended.exit_code == 0


@pytest.mark.parametrize(
    ("words", "runs"),
    [
        (["--run", "r1"], ["r1", "r1"]),
        (["--dataset", "pos"], ["r1"]),
        (["--dataset", "dimensions"], ["r2"]),
        (["--dataset", "pos", "--run", "r2"], []),
    ],
)
def test_only_what_was_asked_for_is_shown(
    monkeypatch: pytest.MonkeyPatch, words: list[str], runs: list[str]
) -> None:
    ended = run(monkeypatch, connections(stream(LOADED, FAILED, PLANNED)), "--json", *words)
    assert [json.loads(line)["run_id"] for line in ended.stdout.splitlines()] == runs


@pytest.mark.parametrize(("answer", "words"), [(0, "does not answer"), (503, "Not yet.")])
def test_an_api_that_is_away_at_the_start_is_69(
    monkeypatch: pytest.MonkeyPatch, answer: int, words: str
) -> None:
    ended = run(monkeypatch, connections(answer))
    assert (ended.exit_code, ended.stdout) == (69, "")
    assert words in ended.stderr


def test_what_another_release_tells_is_passed_over() -> None:
    lines = ["event: pipeline", 'data: {"what": "is this"}', f"data: {LOADED.model_dump_json()}"]
    assert list(watch.events(lines)) == [LOADED]


def test_a_stream_that_breaks_off_is_no_end() -> None:
    """It is when it cannot be had at all, that is."""

    def broken(_: httpx.Request) -> httpx.Response:
        raise httpx.ReadTimeout("nothing")

    client = httpx.Client(base_url="http://api", transport=httpx.MockTransport(broken))
    with pytest.raises(QueryApiAwayError):
        watch.follow(client, lambda _: None, lambda _: None)
