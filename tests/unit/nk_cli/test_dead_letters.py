"""`nk dead-letters`: what it asks, shows and posts, and how it ends."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner, Result

from nk_cli import __main__ as nk
from nk_cli import dead_letters, letter_commands
from nk_cli.housekeeping.refusal import RefusedError
from nk_common.api.common import Problem, Text
from nk_common.api.dead_letters import DeadLetter, DeadLetterDetail, DeadLetters, LetterContent, LetterTable
from nk_common.events.commands import Command, DiscardDeadLetterCommand, RetryDeadLetterCommand

AT = datetime(2026, 1, 8, 3, tzinfo=UTC)
GONE = Text(id="sudah tidak disimpan", en="The message is no longer kept.")
JSON_CONTENT = LetterContent(
    kind="json", bytes=9, key=None, headers={"nk-run": "[r]"}, document={"type": "drop"}
)


def letter(number: int, **other: Any) -> DeadLetter:
    given = {
        "id": number, "at": AT, "topic": "nk.control.v1", "error": "BadCommandError", "message": "no [dataset] 'x'",
        "stage": "plan", "attempts": 1, "source_partition": 0, "source_offset": 7, **other,
    }  # fmt: skip
    return DeadLetter.model_validate(given)


class Api:
    """A query API with some letters, and an extractor that does what is posted."""

    def __init__(self, *letters: DeadLetter, content: LetterContent | None = JSON_CONTENT) -> None:
        self.letters = {one.id: one for one in letters}
        self.content = content
        self.posted: list[Command] = []
        self.asked: list[str] = []
        self.works = True

    def answer(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request.url.raw_path.decode())
        *_, last = request.url.path.split("/")
        if last == "dead-letters":
            letters = list(self.letters.values())
            page = DeadLetters(total=len(letters), open=len(letters), resolved=0, letters=letters)
            return httpx.Response(200, text=page.model_dump_json())
        found = self.letters.get(int(last))
        if found is None:
            return httpx.Response(404, text=Problem(title="", status=404, detail="no").model_dump_json())
        gone = None if self.content else GONE
        detail = DeadLetterDetail(letter=found, content=self.content, gone=gone, retries=[])
        return httpx.Response(200, text=detail.model_dump_json())

    async def post(self, _: object, command: Command) -> None:
        self.posted.append(command)
        assert isinstance(command, (RetryDeadLetterCommand, DiscardDeadLetterCommand))
        if self.works:
            done = {"resolution": "retried" if command.type == "retry-dead-letter" else "discarded"}
            self.letters[command.letter] = self.letters[command.letter].model_copy(update=done)


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    def run(api: Api, *words: str) -> Result:
        def client() -> httpx.Client:
            return httpx.Client(base_url="http://api", transport=httpx.MockTransport(api.answer))

        monkeypatch.setattr(letter_commands, "query_api", client)
        monkeypatch.setattr(letter_commands, "post", api.post)
        return CliRunner().invoke(nk.app, ["dead-letters", *words])

    return run


Run = Callable[..., Result]


def test_open_letters_are_listed_with_what_is_wrong(run: Run) -> None:
    api = Api(letter(12, dataset="pos", day=date(2026, 1, 6)))
    shown = run(api, "list")
    assert shown.exit_code == 0
    for words in ("12", "nk.control.v1", "pos 2026-01-06", "no [dataset] 'x'", "open"):
        assert words in shown.stdout
    assert json.loads(run(api, "list", "--all", "--json").stdout)["letters"][0]["id"] == 12
    assert api.asked == [
        "/v1/pipeline/dead-letters?limit=50&state=open",
        "/v1/pipeline/dead-letters?limit=50",
    ]
    assert "No message is left" in run(Api(), "list").stdout


def test_a_letter_is_read(run: Run) -> None:
    shown = run(Api(letter(12, retry_of=11)), "read", "12").stdout
    for words in ("nk-run: [r]", '"type": "drop"', "BadCommandError: no [dataset] 'x'", "tried 1 times"):
        assert words in shown
    rows = LetterTable(name="partners", columns=["id", "name"], rows=9, first=[["1", None]], masked=["name"])
    table = LetterContent(kind="table", bytes=9, key=None, headers={}, table=rows)
    assert "partners: 9 rows" in run(Api(letter(12), content=table), "read", "12").stdout
    plain = LetterContent(kind="bytes", bytes=3, key=None, headers={}, preview="ff", preview_is_hex=True)
    assert "as hexadecimal numbers" in run(Api(letter(12), content=plain), "read", "12").stdout
    assert json.loads(run(Api(letter(12)), "read", "12", "--json").stdout)["content"]["kind"] == "json"


def test_a_letter_that_is_no_longer_kept_is_no_failure_of_reading(run: Run) -> None:
    shown = run(Api(letter(12), content=None), "read", "12")
    assert (shown.exit_code, "no longer kept" in shown.stdout) == (0, True)


def test_letters_are_retried_and_waited_for(run: Run) -> None:
    api = Api(letter(12), letter(13))
    ended = run(api, "retry", "12", "13", "12", "--reason", "Odoo is back")
    assert (ended.exit_code, ended.stdout) == (0, "Dead letter 12 is retried.\nDead letter 13 is retried.\n")
    assert [(one.type, one.reason, one.requested_by) for one in api.posted] == [
        ("retry-dead-letter", "Odoo is back", "nk")
    ] * 2


def test_letters_are_discarded_with_a_reason(run: Run) -> None:
    api = Api(letter(12))
    for words in ((), ("--reason", "  "), ("--reason", "x" * 201)):
        assert run(api, "discard", "12", *words).exit_code == 2
    assert api.posted == []
    ended = run(api, "discard", "12", "--reason", "a test", "--json")
    assert (ended.exit_code, json.loads(ended.stdout)[0]["resolution"]) == (0, "discarded")
    assert api.posted[0].reason == "a test"


@pytest.mark.parametrize(
    ("api", "words"),
    [
        (Api(letter(12)), "There is no dead letter 13"),
        (Api(letter(12), letter(13, resolution="discarded")), "was discarded already"),
        (Api(letter(12), letter(13, resolution="healed")), "The day of dead letter 13 was loaded since"),
        (Api(letter(12), letter(13), content=None), "cannot be retried. The message is no longer kept."),
    ],
)
def test_when_one_cannot_be_retried_none_is(run: Run, api: Api, words: str) -> None:
    ended = run(api, "retry", "12", "13")
    assert isinstance(ended.exception, RefusedError), "which main turns into exit code 1"
    assert words in str(ended.exception)
    assert api.posted == []


def test_an_extractor_that_is_away_is_said(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dead_letters, "DONE_WITHIN", 0.0)
    api = Api(letter(12))
    api.works = False
    ended = run(api, "retry", "12")
    assert isinstance(ended.exception, RefusedError)
    assert "Is the extractor running?" in str(ended.exception)


def test_a_query_api_that_is_away_has_an_exit_code_of_its_own(run: Run) -> None:
    api = Api()

    def away(_: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused")

    api.answer = away  # type: ignore[method-assign, assignment]
    for words in (["list"], ["read", "1"], ["retry", "1"], ["discard", "1", "--reason", "x"]):
        assert run(api, *words).exit_code == 69


@pytest.mark.parametrize("name", ["list", "read", "retry", "discard"])
def test_help_fits_one_screen_and_names_the_exit_codes(run: Run, name: str) -> None:
    shown = run(Api(), name, "--help").stdout
    assert len(shown.splitlines()) <= 24
    assert "Exit code 0" in shown
