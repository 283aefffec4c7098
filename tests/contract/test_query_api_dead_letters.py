"""`/v1/pipeline/dead-letters`, as its clients see it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine

from nk_common.api.dead_letters import DeadLetterDetail, DeadLetters
from nk_common.datasets.base import PartitionKey
from nk_common.events.commands import DiscardDeadLetterCommand, RetryDeadLetterCommand, parse_command
from nk_common.events.letters import Origin
from nk_common.events.stages import StageReport
from nk_common.events.topics import CONTROL
from nk_common.ledger.dead_letters import DeadLetters as Ledger
from nk_common.ledger.engine import open_ledger
from nk_common.ledger.migration import migrate
from nk_common.ledger.writer import LedgerWriter
from nk_common.messaging.delivery import Delivery, Place
from nk_common.messaging.letters import LetterUnreachableError
from nk_common.settings import BusSettings
from support.clock import SetClock
from support.letters import LetterTopic, give_up
from support.publisher import RecordingPublisher
from support.query_api import RunningApi, running_api

NOW = datetime(2025, 12, 24, 1, tzinfo=UTC)
LETTERS = "/v1/pipeline/dead-letters"
BODIES = (b"what is this", b'{"type": "drop"}')


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    engine = open_ledger(f"sqlite:///{tmp_path / 'lake' / 'metadata' / 'ledger.db'}")
    migrate(engine)
    yield engine
    engine.dispose()


@pytest.fixture
async def topic(engine: Engine) -> LetterTopic:
    """Two letters, 1 and 2; the newer is 2."""
    bus, clock = RecordingPublisher(), SetClock(NOW)
    for offset, body in enumerate(BODIES):
        await give_up(
            bus, LedgerWriter(engine), clock, Delivery(CONTROL.name, 0, offset, None, body, {}), "No."
        )
        clock.tick(seconds=1)
    return LetterTopic(bus)


@pytest.fixture
async def api(
    engine: Engine, topic: LetterTopic, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[RunningApi]:
    async def fetch(_: BusSettings, place: Place, origin: Origin) -> Delivery | None:
        return await topic(place, origin)

    monkeypatch.setattr("nk_common.messaging.letters.fetch_letter", fetch)
    async with running_api(tmp_path) as api:
        yield api


def resolve(engine: Engine, letter: int) -> None:
    assert Ledger(engine).resolve(letter, "retried", command="c", at=NOW, by="ani", reason="it was mended")


async def test_letters_are_listed_by_pages_open_ones_first(api: RunningApi, engine: Engine) -> None:
    resolve(engine, 2)
    everything = DeadLetters.model_validate(await api.get(LETTERS))
    assert [letter.id for letter in everything.letters] == [1, 2]
    assert (everything.total, everything.open, everything.resolved) == (2, 1, 1)
    done = everything.letters[1]
    assert (done.resolution, done.resolved_by, done.resolution_reason) == ("retried", "ani", "it was mended")
    for asked, ids in (
        ({"state": "open"}, [1]),
        ({"state": "resolved"}, [2]),
        ({"limit": 1, "offset": 1}, [2]),
    ):
        page = DeadLetters.model_validate(await api.get(LETTERS, **asked))
        assert [letter.id for letter in page.letters] == ids
    assert "state must be 'open' or 'resolved'" in (await api.get(LETTERS, 422, state="new"))["detail"]


async def test_a_letter_is_read(api: RunningApi) -> None:
    first, second = [
        DeadLetterDetail.model_validate(await api.get(f"{LETTERS}/{number}")) for number in (1, 2)
    ]
    assert first.content is not None
    assert (first.content.kind, first.content.preview, first.gone) == ("bytes", "what is this", None)
    assert second.content is not None
    assert second.content.document == {"type": "drop"}
    assert second.content.headers["nk-source-offset"] == "1"
    assert (second.letter.partition, second.letter.offset, second.letter.source_offset) == (0, 1, 1)


async def test_a_letter_that_is_no_longer_kept_says_so(api: RunningApi, topic: LetterTopic) -> None:
    """What the ledger knows of it is still shown; there is nothing to be tried again."""
    topic.forgotten = True
    found = DeadLetterDetail.model_validate(await api.get(f"{LETTERS}/1"))
    assert (found.content, found.letter.message) == (None, "No.")
    assert found.gone is not None
    assert "no longer kept" in found.gone.en
    response = await api.client.post(f"{LETTERS}/1/retry")
    assert (response.status_code, "no longer kept" in response.json()["detail"]) == (410, True)
    assert (await api.client.post(f"{LETTERS}/1/discard", json={"reason": "gone"})).status_code == 202


async def test_a_failed_retry_is_shown_with_the_letter_it_came_of(api: RunningApi, engine: Engine) -> None:
    message = Delivery(CONTROL.name, 0, 9, None, b"?", {"nk-retry-of": "1"})
    await give_up(RecordingPublisher(), LedgerWriter(engine), SetClock(NOW), message)
    found = DeadLetterDetail.model_validate(await api.get(f"{LETTERS}/1"))
    assert [letter.id for letter in found.retries] == [3]
    assert found.retries[0].retry_of == 1


async def test_retry_and_discard_become_commands(api: RunningApi) -> None:
    for path, body in (
        ("1/retry", None),
        ("1/retry", {"reason": "mended"}),
        ("2/discard", {"reason": " a test "}),
    ):
        assert (await api.client.post(f"{LETTERS}/{path}", json=body)).status_code == 202
    plain, told, discarded = (parse_command(sent.body, "") for sent in api.publisher.on(CONTROL))
    assert isinstance(plain, RetryDeadLetterCommand)
    assert isinstance(told, RetryDeadLetterCommand)
    assert isinstance(discarded, DiscardDeadLetterCommand)
    assert (plain.letter, plain.reason, told.reason) == (1, None, "mended")
    assert (discarded.letter, discarded.reason, discarded.requested_by) == (2, "a test", "api")


@pytest.mark.parametrize(
    "body", [None, {}, {"reason": ""}, {"reason": "  "}, {"reason": "x" * 201}, {"why": "x"}]
)
async def test_nothing_is_discarded_without_a_reason(api: RunningApi, body: dict[str, str] | None) -> None:
    response = await api.client.post(f"{LETTERS}/1/discard", json=body)
    assert (response.status_code, api.publisher.sent) == (422, [])


async def test_what_is_done_is_not_done_again(api: RunningApi, engine: Engine) -> None:
    resolve(engine, 1)
    for path in ("retry", "discard"):
        response = await api.client.post(f"{LETTERS}/1/{path}", json={"reason": "again"})
        assert response.status_code == 409
        assert response.json()["detail"] == "Dead letter 1 was retried already, so nothing was done."
        assert response.headers["content-type"] == "application/problem+json"
    assert api.publisher.sent == []


async def test_a_letter_that_is_not_there_is_said(api: RunningApi) -> None:
    assert "There is no dead letter 99" in (await api.get(f"{LETTERS}/99", 404))["detail"]
    for path in ("retry", "discard"):
        response = await api.client.post(f"{LETTERS}/99/{path}", json={"reason": "x"})
        assert response.status_code == 404
    assert (await api.get(f"{LETTERS}/0", 422))["detail"]
    assert (await api.get(f"{LETTERS}/{10**20}", 422))["detail"]


async def test_a_broker_that_is_away_is_no_lost_message(api: RunningApi, topic: LetterTopic) -> None:
    topic.error = LetterUnreachableError("away")
    assert "broker does not answer" in (await api.get(f"{LETTERS}/1", 503))["detail"]
    assert (await api.client.post(f"{LETTERS}/1/retry")).status_code == 503


async def test_a_broker_that_hangs_is_not_waited_for(
    api: RunningApi, topic: LetterTopic, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def hang(*_: object) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr("nk_common.messaging.letters.fetch_letter", hang)
    monkeypatch.setattr(api.app.state.service.letters, "_patience", 0.05)
    assert "broker does not answer" in (await api.get(f"{LETTERS}/1", 503))["detail"]


async def test_a_letter_of_an_older_release_has_no_message_any_more(api: RunningApi, engine: Engine) -> None:
    """Where its bytes lie was not noted then."""
    old = {
        "stage": "plan", "outcome": "dead-lettered", "at": NOW.isoformat(), "source_topic": "nk.control.v1",
        "error_class": "BadCommandError", "error": "This is not JSON.",
    }  # fmt: skip
    LedgerWriter(engine).apply(StageReport.model_validate_json(json.dumps(old)))
    found = DeadLetterDetail.model_validate(await api.get(f"{LETTERS}/3"))
    assert (found.content, found.letter.message) == (None, "This is not JSON.")


async def test_a_letter_whose_day_was_loaded_since_cannot_be_retried_or_discarded(
    api: RunningApi, engine: Engine
) -> None:
    day, writer, later = (
        PartitionKey("pos", date(2025, 12, 20)),
        LedgerWriter(engine),
        NOW + timedelta(hours=1),
    )
    writer.apply(
        StageReport(
            stage="load", outcome="dead-lettered", at=NOW, dataset="pos", day=day.day, error="No.",
            source_topic="nk.day.cleaned.v1",
        )
    )  # fmt: skip
    assert 'nk_dead_letters_open{topic="nk.day.cleaned.v1"} 1.0' in (await api.client.get("/metrics")).text
    writer.request([day], "r", "backfill", later)
    version = writer.begin(day, later, "r", later)
    writer.apply(
        StageReport(
            stage="load",
            outcome="completed",
            at=later,
            dataset="pos",
            day=day.day,
            version=version,
            as_of=later,
        )
    )
    for what in ("retry", "discard"):
        response = await api.client.post(f"{LETTERS}/3/{what}", json={"reason": "no"})
        assert response.status_code == 409
        assert "was loaded since, so nothing was done, and nothing need be" in response.json()["detail"]
    metrics = (await api.client.get("/metrics")).text
    assert 'nk_dead_letters_open{topic="nk.day.cleaned.v1"} 0.0' in metrics
    assert 'nk_dead_letters_open{topic="nk.control.v1"} 2.0' in metrics
    found = DeadLetters.model_validate(await api.get(LETTERS, state="resolved"))
    assert [(one.id, one.resolution, one.resolved_by) for one in found.letters] == [(3, "healed", "nkdash")]
