"""Letters are tried again or discarded, once, and newer figures are safe from them."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from nk_common.datasets.base import PartitionKey
from nk_common.errors import BadCommandError
from nk_common.events.commands import DiscardDeadLetterCommand, RetryDeadLetterCommand, parse_command
from nk_common.events.stages import ExtractRequested, LetterPlace, StageReport
from nk_common.events.topics import EXTRACT_REQUESTED
from nk_common.ledger.models import RunRow
from nk_common.messaging.codec import decode
from nk_common.messaging.delivery import Delivery
from nk_common.messaging.letters import LetterUnreachableError
from support.letters import give_up
from support.publisher import Sent

DAY = PartitionKey("pos", date(2026, 1, 6))
HEADERS = {"nk-dataset": "pos", "nk-day": "2026-01-06", "nk-run": "r"}


def message(topic: str = EXTRACT_REQUESTED.name, offset: int = 5) -> Delivery:
    return Delivery(topic, 1, offset, str(DAY), b"the request", HEADERS)


@pytest.fixture
async def letter(parts: Any) -> int:
    """The number of a letter of the 6th of January."""
    await give_up(parts.bus, parts.writer, parts.clock, message())
    number: int = parts.dead_letters.page().letters[0].id
    return number


def retry(letter: int, command: str = "c1") -> RetryDeadLetterCommand:
    return RetryDeadLetterCommand(id=command, letter=letter, requested_by="ani", reason="Odoo is back")


def test_commands_are_short_enough_to_type() -> None:
    typed = parse_command(b'{"type": "retry-dead-letter", "letter": 12}', "p")
    assert typed == RetryDeadLetterCommand(id="p", letter=12)
    typed = parse_command(b'{"type": "discard-dead-letter", "letter": 12, "reason": " a test "}', "p")
    assert typed == DiscardDeadLetterCommand(id="p", letter=12, reason="a test")


@pytest.mark.parametrize("reason", ["", ', "reason": ""', ', "reason": "  "'])
def test_nothing_is_discarded_without_a_reason(reason: str) -> None:
    with pytest.raises(BadCommandError, match="reason"):
        parse_command(f'{{"type": "discard-dead-letter", "letter": 12{reason}}}'.encode(), "p")


async def test_a_retry_puts_the_original_on_its_topic_again(parts: Any, letter: int) -> None:
    await parts.letters.retry(retry(letter))
    (sent,) = parts.bus.on(EXTRACT_REQUESTED)
    assert (sent.body, sent.key) == (b"the request", "pos|2026-01-06")
    assert sent.headers == {**HEADERS, "nk-retry-of": str(letter)}
    row = parts.dead_letters.one(letter)
    assert (row.resolution, row.resolved_by, row.resolution_reason) == ("retried", "ani", "Odoo is back")
    assert (row.resolved_at, row.resolved_command) == (parts.clock.now(), "c1")
    assert parts.bus.reports()[-1].outcome == "retried", "open pages look again"


async def letter_of_a_request(parts: Any, reason: str = "backfill") -> int:
    """A day was asked for, and its request given up."""
    asked = parts.clock.now()
    parts.writer.open_run(RunRow(id="r", kind="backfill", command="{}", created_at=asked, total=1), [DAY])
    parts.writer.request([DAY], "r", reason, asked)
    await parts.dispatcher.once()
    (sent,) = parts.bus.on(EXTRACT_REQUESTED)
    parts.writer.begin(DAY, asked, "r", asked)
    parts.clock.tick(seconds=1)
    await give_up(parts.bus, parts.writer, parts.clock, sent.delivery(5))
    parts.clock.tick(seconds=1)
    number: int = parts.dead_letters.page().letters[0].id
    return number


async def sent_again(parts: Any) -> list[Sent]:
    await parts.dispatcher.once()
    return parts.bus.on(EXTRACT_REQUESTED)[1:]  # type: ignore[no-any-return]


@pytest.mark.parametrize("reason", ["backfill", "watch", "full-refresh"])
async def test_a_day_that_was_to_be_read_is_asked_for_again(parts: Any, reason: str) -> None:
    """For the same reason, and the message says of which letter it is the retry."""
    letter = await letter_of_a_request(parts, reason)
    await parts.letters.retry(retry(letter))
    (sent,) = await sent_again(parts)
    assert (sent.key, sent.headers["nk-retry-of"]) == ("pos|2026-01-06", str(letter))
    assert decode(ExtractRequested, sent.delivery(6)).reason == reason
    assert parts.dead_letters.one(letter).resolution == "retried"


async def test_the_retry_of_a_paused_dataset_waits_until_it_is_resumed(parts: Any) -> None:
    letter = await letter_of_a_request(parts)
    parts.writer.pause(["pos"], parts.clock.now(), None, None)
    await parts.letters.retry(retry(letter))
    assert await sent_again(parts) == []
    assert parts.writer.resume(["pos"]) == 1
    (sent,) = await sent_again(parts)
    request = decode(ExtractRequested, sent.delivery(6))
    assert parts.writer.begin(DAY, request.requested_at, request.run_id, parts.clock.now()) is not None


async def test_a_retry_does_not_fall_with_the_run_that_was_taken_back(parts: Any) -> None:
    letter = await letter_of_a_request(parts)
    parts.writer.cancel_run("r", parts.clock.now())
    await parts.letters.retry(retry(letter))
    (sent,) = await sent_again(parts)
    request = decode(ExtractRequested, sent.delivery(6))
    assert parts.writer.begin(DAY, request.requested_at, request.run_id, parts.clock.now()) is not None


async def test_a_letter_is_retried_once_however_often_it_is_asked_for(parts: Any, letter: int) -> None:
    for command in ("c1", "c1", "c2"):
        await parts.letters.retry(retry(letter, command))
    assert len(parts.bus.on(EXTRACT_REQUESTED)) == 1
    assert parts.dead_letters.one(letter).resolved_command == "c1"


async def test_a_discarded_letter_is_not_retried(parts: Any, letter: int) -> None:
    for _ in range(2):
        await parts.letters.discard(DiscardDeadLetterCommand(id="d", letter=letter, reason="a test"))
    row = parts.dead_letters.one(letter)
    assert (row.resolution, row.resolution_reason) == ("discarded", "a test")
    with pytest.raises(BadCommandError, match="was discarded already, so nothing was done"):
        await parts.letters.retry(retry(letter))
    assert parts.bus.on(EXTRACT_REQUESTED) == []


async def test_what_is_not_there_cannot_be_retried(parts: Any) -> None:
    with pytest.raises(BadCommandError, match="There is no dead letter 7, so nothing was done"):
        await parts.letters.retry(retry(7))


async def test_what_the_topic_has_forgotten_is_said_and_stays_open(parts: Any, letter: int) -> None:
    parts.topic.forgotten = True
    with pytest.raises(BadCommandError, match="is no longer kept"):
        await parts.letters.retry(retry(letter))
    assert parts.dead_letters.one(letter).resolution is None


async def test_another_message_in_its_place_is_not_sent(parts: Any, letter: int) -> None:
    """The broker lost its memory, and the first new letter lies where the old one lay."""
    parts.bus.sent.clear()
    parts.clock.tick(seconds=60)
    await give_up(parts.bus, parts.writer, parts.clock, message())
    with pytest.raises(BadCommandError, match="is no longer kept"):
        await parts.letters.retry(retry(letter))
    assert parts.bus.on(EXTRACT_REQUESTED) == []


async def test_a_broker_that_is_away_is_tried_again(parts: Any, letter: int) -> None:
    parts.topic.error = LetterUnreachableError("away")
    with pytest.raises(LetterUnreachableError):
        await parts.letters.retry(retry(letter))
    parts.topic.error = None
    await parts.letters.retry(retry(letter))
    assert parts.dead_letters.one(letter).resolution == "retried"


async def test_a_letter_without_a_place_or_of_a_topic_of_another_release_can_only_be_discarded(
    parts: Any,
) -> None:
    for topic, place in (("nk.control.v1", None), ("nk.gone.v1", LetterPlace(partition=0, offset=0, source_partition=0,
                                                                            source_offset=0))):  # fmt: skip
        parts.writer.apply(
            StageReport(stage="plan", outcome="dead-lettered", at=parts.clock.now(), source_topic=topic, error="no",
                        letter=place)
        )  # fmt: skip
    gone, old = parts.dead_letters.page().letters
    with pytest.raises(BadCommandError, match="no longer kept"):
        await parts.letters.retry(retry(old.id))
    with pytest.raises(BadCommandError, match=r"'nk\.gone\.v1', which this release"):
        await parts.letters.retry(retry(gone.id))
    await parts.letters.discard(DiscardDeadLetterCommand(id="d", letter=gone.id, reason="gone"))
    assert parts.topic.asked == []


async def test_a_retry_does_not_read_a_day_again_that_was_read_since(parts: Any) -> None:
    """The request of the letter is older than what is loaded, so it is satisfied, and nothing of the day changes."""
    asked = parts.clock.now()
    parts.writer.request([DAY], "r", "backfill", asked)
    parts.clock.tick(seconds=1)
    request = {**HEADERS, "nk-requested-at": asked.isoformat()}
    failing = Delivery(EXTRACT_REQUESTED.name, 1, 5, str(DAY), b"{}", request)
    await give_up(parts.bus, parts.writer, parts.clock, failing)
    await parts.letters.retry(retry(parts.dead_letters.page().letters[0].id))
    parts.clock.tick(seconds=60)
    again = parts.clock.now()
    parts.writer.request([DAY], "r2", "backfill", again)
    version = parts.writer.begin(DAY, again, "r2", again)
    loaded = StageReport(
        stage="load", outcome="completed", at=again, dataset="pos", day=DAY.day, version=version, as_of=again
    )
    parts.writer.apply(loaded)
    before = vars(parts.reader.partition(DAY)).copy()

    later = again + timedelta(seconds=5)
    assert parts.writer.begin(DAY, asked, "r", later) is None, "the request is satisfied"
    (sent,) = parts.bus.on(EXTRACT_REQUESTED)
    await give_up(parts.bus, parts.writer, parts.clock, sent.delivery(9))
    after = vars(parts.reader.partition(DAY))
    for values in (before, after):
        values.pop("_sa_instance_state")
    assert after == before, "also when the retry fails again"


async def test_a_dry_run_of_either_does_nothing(parts: Any, letter: int) -> None:
    """It says which day the letter is about; an impossible one is refused all the same."""
    assert await parts.letters.concerned(retry(letter)) == [DAY]
    assert parts.bus.on(EXTRACT_REQUESTED) == []
    assert parts.dead_letters.one(letter).resolution is None
    await parts.letters.discard(DiscardDeadLetterCommand(id="d", letter=letter, reason="a test"))
    with pytest.raises(BadCommandError, match="was discarded already"):
        await parts.letters.concerned(retry(letter))


async def test_nothing_is_done_about_a_letter_whose_day_was_loaded_since(parts: Any, letter: int) -> None:
    """Also when that happened while the command was on its way: it asks for nothing that is not there."""
    parts.clock.tick(minutes=1)
    now = parts.clock.now()
    parts.writer.request([DAY], "r", "backfill", now)
    version = parts.writer.begin(DAY, now, "r", now)
    parts.writer.apply(
        StageReport(
            stage="load", outcome="completed", at=now, dataset="pos", day=DAY.day, version=version, as_of=now
        )
    )
    await parts.letters.retry(retry(letter))
    await parts.letters.discard(DiscardDeadLetterCommand(id="c2", letter=letter, reason="old"))
    assert parts.bus.on(EXTRACT_REQUESTED) == []
    assert parts.dead_letters.one(letter).resolution == "healed"
