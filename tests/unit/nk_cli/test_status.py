"""`nk status`: what it asks, what it shows, and how it ends."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import httpx
import pytest
from rich.console import Console
from typer.testing import CliRunner, Result

from nk_cli import __main__ as nk
from nk_cli.status import show_health, show_schedules
from nk_common.api.health import PipelineHealth
from nk_common.datasets import REGISTRY
from nk_common.health.facts import Window
from nk_common.health.judgement import judge
from nk_common.health.limits import Limits
from nk_common.health.outage import Outage
from nk_common.ledger.reader import Reading
from support.fake_pipeline import schedules

NOON = datetime(2025, 12, 24, 5, tzinfo=UTC)
TODAY = date(2025, 12, 24)
LIMITS = Limits(timedelta(minutes=30), timedelta(hours=2))


def health(**minutes: int | None) -> PipelineHealth:
    """Every dataset was read a minute ago, or as many minutes as are given; None: the attempt failed."""

    def reading(name: str, kind: str) -> Reading:
        ago = minutes.get(name, 1)
        as_of = None if ago is None else NOON - timedelta(minutes=ago)
        day = TODAY if kind == "daily" else None
        error = None if as_of else "No rights on [product.product]."
        return Reading(
            name, day, "loaded" if as_of else "failed", as_of is not None, as_of, NOON, None, error
        )

    rows = [reading(one.name, one.kind) for one in REGISTRY]
    return judge(rows, Window(TODAY, NOON, ZoneInfo("Asia/Jakarta")), lambda _: LIMITS)


def run(
    monkeypatch: pytest.MonkeyPatch, answer: Callable[[httpx.Request], httpx.Response], *words: str
) -> Result:
    def client() -> httpx.Client:
        return httpx.Client(base_url="http://api", transport=httpx.MockTransport(answer))

    monkeypatch.setattr(nk, "_query_api", client)
    return CliRunner().invoke(nk.app, ["status", *words])


def answering(found: PipelineHealth) -> Callable[[httpx.Request], httpx.Response]:
    def answer(request: httpx.Request) -> httpx.Response:
        assert request.method == "GET"
        answers = {"/v1/pipeline/health": found, "/v1/pipeline/schedules": schedules(NOON)}
        return httpx.Response(200, text=answers[request.url.path].model_dump_json())

    return answer


def shown(found: PipelineHealth, width: int = 200) -> str:
    out = io.StringIO()
    show_health(Console(file=out, width=width), found)
    return out.getvalue()


@pytest.mark.parametrize(
    ("found", "code"), [(health(), 0), (health(pos=45), 1), (health(pos=300), 1), (health(products=None), 1)]
)
def test_only_health_ends_well(monkeypatch: pytest.MonkeyPatch, found: PipelineHealth, code: int) -> None:
    assert run(monkeypatch, answering(found)).exit_code == code
    ended = run(monkeypatch, answering(found), "--json")
    assert ended.exit_code == code
    assert json.loads(ended.stdout)["state"] == found.state


def test_every_dataset_has_a_line_and_the_whole_a_sentence() -> None:
    lines = shown(health(pos=45)).splitlines()
    (pos,) = [line for line in lines if line.startswith("  pos ")]
    assert pos.split()[:7] == ["pos", "late", "45", "min", "1/1", "0", "0"]
    assert [line for line in lines if line.startswith("pos is late: Last read 45 minutes ago")]
    assert sum("healthy" in line for line in lines) == len(REGISTRY) - 1
    assert lines[-1].startswith("late: 1 dataset is late;")
    assert shown(health()).splitlines()[-1] == "healthy: All data is up to date and complete."


def test_what_to_do_is_said_once_for_all_it_is_for() -> None:
    text = shown(health(pos=45, purchases=45))
    assert text.count("Check that the extractor runs") == 1
    assert "What to do for pos, purchases: Check that the extractor runs" in text


def test_what_was_never_read_has_no_age_and_errors_are_shown_as_they_are() -> None:
    """Square brackets are markup to rich, and part of an error to people."""
    text = shown(health(products=None))
    (products,) = [line for line in text.splitlines() if line.startswith("  products ")]
    assert products.split()[1:6] == ["failing", "-", "0/1", "0", "1"]
    assert "[product.product]" in text


def test_an_odoo_that_is_away_is_said_before_what_comes_of_it() -> None:
    away = Outage(NOON - timedelta(hours=3), NOON, "It cannot be reached.")
    window = Window(TODAY, NOON, ZoneInfo("Asia/Jakarta"))
    lines = shown(judge([], window, lambda _: LIMITS, away=away)).splitlines()
    reasons = [line for line in lines if "Odoo has not answered since 09:00" in line]
    assert reasons[0].startswith("Odoo is away: Odoo has not answered since 09:00")
    assert any(line.startswith("pos is failing: Never read") for line in reasons)


def test_a_watch_that_cannot_look_says_so() -> None:
    out, found = io.StringIO(), schedules(NOON)
    assert found.watch is not None
    failing = found.watch.model_copy(update={"failing_since": NOON, "error": "Odoo is away."})
    show_schedules(Console(file=out, width=200), found.model_copy(update={"watch": failing}))
    assert "change watch on (cannot look; looked 9 s ago)" in out.getvalue()


def test_eighty_columns_are_enough() -> None:
    """Names, states and numbers are whole, and every reason stands on a line of its own."""
    lines = shown(health(pos=300), width=80).splitlines()
    (pos,) = [line for line in lines if line.startswith("  pos ")]
    assert pos.split()[:7] == ["pos", "failing", "5", "h", "1/1", "0", "0"]
    assert {one.name for one in REGISTRY} <= {line.split()[0] for line in lines if line.split()}
    assert len(lines) == 4 + len(REGISTRY) + 1 + 3


@pytest.mark.parametrize(
    ("minutes", "age"), [(0, "0 min"), (119, "119 min"), (120, "2 h"), (2879, "47 h"), (2880, "2 d")]
)
def test_ages_are_short(minutes: int, age: str) -> None:
    (pos,) = [line for line in shown(health(pos=minutes)).splitlines() if line.startswith("  pos ")]
    assert age in pos


def test_what_is_next_is_said_by_the_shops_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """In the order in which it comes; what is off is not next, and `--json` is the health alone."""
    ended = run(monkeypatch, answering(health()))
    *_, coming, routines = ended.stdout.splitlines()
    assert coming == "Next: dimensions 13:00, pos 2025-12-25 00:00."
    assert routines == "By itself: change watch on (looked 9 s ago), catch-up off."
    assert "Next" not in run(monkeypatch, answering(health()), "--json").stdout


def test_before_an_extractor_has_told_nothing_is_next() -> None:
    out = io.StringIO()
    unknown = schedules(NOON).model_copy(update={"jobs": [], "watch": None, "catch_up": None})
    show_schedules(Console(file=out, width=200), unknown)
    assert out.getvalue().splitlines() == [
        "Next: nothing.", "By itself: change watch not known, catch-up not known."
    ]  # fmt: skip


def test_an_api_that_is_away_is_neither_healthy_nor_late(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(_: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused")

    ended = run(monkeypatch, refused, "--json")
    assert (ended.exit_code, ended.stdout) == (69, "")
    assert "The query API at http://api does not answer" in ended.stderr
    assert "NK_QUERY_API_URL" in ended.stderr


def test_an_api_that_does_not_know_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    def without_ledger(_: httpx.Request) -> httpx.Response:
        return httpx.Response(503, text='{"title": "t", "status": 503, "detail": "There is no ledger yet."}')

    ended = run(monkeypatch, without_ledger)
    assert ended.exit_code == 69
    assert "There is no ledger yet." in ended.stderr


def test_help_names_the_exit_codes_and_fits_one_screen() -> None:
    text = CliRunner().invoke(nk.app, ["status", "--help"], env={"COLUMNS": "80", "TERM": "dumb"}).stdout
    assert len(text.splitlines()) <= 24
    words = " ".join(text.replace("│", " ").split())
    assert "Exit code 0 when all are healthy, 1 when one is late or failing, 69" in words
