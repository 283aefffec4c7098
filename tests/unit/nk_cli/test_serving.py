"""`nk serving`: what it asks the query API, what it shows, and how it ends."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from rich.console import Console
from typer.testing import CliRunner

from nk_cli import __main__ as nk
from nk_cli.serving import QueryApiAwayError, Serving, show_check, show_state
from nk_common.api.serving import (
    CheckAccepted,
    HeldDataset,
    RebuildAccepted,
    ServingCheck,
    ServingFinding,
    ServingRebuild,
    ServingState,
    Steps,
)

AT = datetime(2026, 1, 10, tzinfo=UTC)
REBUILD = ServingRebuild(reason="asked for", asked_at=AT, finished_at=None)
FINDING = ServingFinding(table="fact_sales", day=AT.date(), what="2 rows instead of 3.")


def state(done: int, *, rebuilding: bool) -> ServingState:
    held = HeldDataset(dataset="pos", partitions=3, first_day=AT.date(), last_day=AT.date(), fresh_until=AT)
    return ServingState(
        format=1, layout="a", data_version="b", size_bytes=2_000_000, partitions=3, datasets=[held],
        progress=Steps(done=done, total=3), rebuilding=rebuilding, last_rebuild=REBUILD, last_check=None,
    )  # fmt: skip


def check(name: str, *findings: ServingFinding, **other: Any) -> ServingCheck:
    given = {"started_at": AT, "finished_at": AT, "data_version": "b", "progress": Steps(done=1, total=2),
             "partitions": 3, "rows": 40, "rollups": 20, "behind": 1, "findings_total": len(findings),
             "findings": list(findings), "error": None, **other}  # fmt: skip
    return ServingCheck.model_validate({"state": name, **given})


class FakeApi:
    """Answers `GET` with one after another of `answers`; the last one stays."""

    def __init__(
        self, accepted: RebuildAccepted | CheckAccepted, *answers: ServingState | ServingCheck
    ) -> None:
        self.accepted, self.answers = accepted, list(answers)
        self.asked: list[str] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(f"{request.method} {request.url.path}")
        if request.method == "POST":
            return httpx.Response(202, text=self.accepted.model_dump_json())
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        return httpx.Response(200, text=answer.model_dump_json())


def client_of(answer: Callable[[httpx.Request], httpx.Response]) -> httpx.Client:
    return httpx.Client(base_url="http://api", transport=httpx.MockTransport(answer))


def serving(answer: Callable[[httpx.Request], httpx.Response]) -> Serving:
    return Serving(client_of(answer), Console(file=io.StringIO()), lambda _: None)


CHECKED = CheckAccepted(started=True, check=check("running"))
REBUILT = RebuildAccepted(started=True, rebuild=REBUILD)


def test_a_rebuild_is_followed_to_its_end() -> None:
    api = FakeApi(REBUILT, state(0, rebuilding=True), state(2, rebuilding=True), state(3, rebuilding=False))
    found = serving(api).rebuild()
    assert found.progress.done == 3
    assert api.asked == ["POST /v1/serving/rebuild", *["GET /v1/serving"] * 3]


def test_a_check_is_followed_to_its_end() -> None:
    api = FakeApi(CHECKED, check("running"), check("done", FINDING))
    assert serving(api).check().findings == [FINDING]


def test_what_was_found_is_shown() -> None:
    out = io.StringIO()
    show_check(Console(file=out, width=200), check("done", FINDING, findings_total=3))
    assert "fact_sales 2026-01-10 2 rows instead of 3." in out.getvalue()
    assert "and 2 more findings" in out.getvalue()
    assert "3 partitions with 40 rows" in out.getvalue()


def test_what_is_held_is_shown() -> None:
    out = io.StringIO()
    show_state(Console(file=out, width=200), state(3, rebuilding=False))
    assert "3 partitions, 2.0 MB" in out.getvalue()
    assert "pos" in out.getvalue()


@pytest.mark.parametrize(
    ("result", "code"),
    [
        (check("done"), 0),
        (check("done", FINDING), 1),
        (check("failed", error="The lake is away."), 1),
    ],
)
def test_only_a_proof_ends_well(monkeypatch: pytest.MonkeyPatch, result: ServingCheck, code: int) -> None:
    monkeypatch.setattr(nk, "_query_api", lambda: client_of(FakeApi(CHECKED, result)))
    ended = CliRunner().invoke(nk.app, ["serving", "check", "--json"])
    assert ended.exit_code == code
    assert json.loads(ended.stdout)["findings_total"] == result.findings_total
    assert CliRunner().invoke(nk.app, ["serving", "check"]).exit_code == code


def test_a_rebuild_for_scripts(monkeypatch: pytest.MonkeyPatch) -> None:
    api = FakeApi(REBUILT, state(3, rebuilding=False))
    monkeypatch.setattr(nk, "_query_api", lambda: client_of(api))
    ended = CliRunner().invoke(nk.app, ["serving", "rebuild", "--json"])
    assert (ended.exit_code, json.loads(ended.stdout)["partitions"]) == (0, 3)


def test_an_api_that_is_away_is_said_in_a_sentence() -> None:
    def refused(_: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused")

    with pytest.raises(QueryApiAwayError, match="Is nkdash running"):
        serving(refused).check()


def test_what_the_api_says_is_passed_on() -> None:
    def starting(_: httpx.Request) -> httpx.Response:
        return httpx.Response(503, text='{"title": "t", "status": 503, "detail": "It is starting."}')

    with pytest.raises(QueryApiAwayError, match="It is starting"):
        serving(starting).rebuild()
    with pytest.raises(QueryApiAwayError, match="does not understand"):
        serving(lambda _: httpx.Response(200, text="{}")).rebuild()
