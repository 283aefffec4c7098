"""The delivery policy: acknowledge last, retry what may pass, dead-letter what will not."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from nk_common.errors import TerminalError, TransientError
from nk_common.events.letters import Origin, headers_of_retry, is_letter_of, retried_letter
from nk_common.events.stages import LetterPlace
from nk_common.events.topics import DEAD_LETTER
from nk_common.messaging.delivery import Delivery, DeliveryPolicy, RetryBudget
from nk_common.observability import Metrics
from support.clock import SetClock
from support.publisher import RecordingPublisher

HEADERS = {"nk-dataset": "pos", "nk-day": "2026-01-06", "nk-run": "r", "nk-version": "7"}
MESSAGE = Delivery("nk.day.cleaned.v1", 3, 42, "pos|2026-01-06", b"body", HEADERS)


class Scripted:
    """A handler that fails as told, then succeeds."""

    def __init__(self, *errors: Exception) -> None:
        self.errors = list(errors)
        self.calls = 0

    async def __call__(self, _: Delivery) -> None:
        self.calls += 1
        if self.errors:
            raise self.errors.pop(0)


def policy(publisher: RecordingPublisher, attempts: int = 4) -> DeliveryPolicy:
    budget = RetryBudget(attempts=attempts, seconds=5, wait=0.001)
    return DeliveryPolicy("load", publisher, budget, SetClock("2026-01-07T00:00:00Z"), Metrics())


async def test_a_handled_message_leaves_nothing_behind() -> None:
    bus, handler = RecordingPublisher(), Scripted()
    assert await policy(bus).run(handler, MESSAGE) == "handled"
    assert (handler.calls, bus.sent) == (1, [])


async def test_transient_errors_are_retried_and_each_retry_is_reported() -> None:
    bus, handler = RecordingPublisher(), Scripted(TransientError("away"), TransientError("away"))
    await policy(bus).run(handler, MESSAGE)
    assert handler.calls == 3
    assert [(r.outcome, r.attempt) for r in bus.reports()] == [("retrying", 2), ("retrying", 3)]
    assert not bus.on(DEAD_LETTER)


async def test_an_exhausted_budget_ends_in_the_dead_letters_and_fails_the_day() -> None:
    bus, handler = RecordingPublisher(), Scripted(*(TransientError("Odoo is away") for _ in range(9)))
    await policy(bus).run(handler, MESSAGE)
    assert handler.calls == 4
    assert [r.outcome for r in bus.reports()][-2:] == ["dead-lettered", "failed"]


@pytest.mark.parametrize("error", [TerminalError("wrong schema"), ValueError("a bug")])
async def test_other_errors_go_to_the_dead_letters_at_once(error: Exception) -> None:
    bus, handler = RecordingPublisher(), Scripted(error)
    assert await policy(bus).run(handler, MESSAGE) == "dead-lettered"
    letter = bus.on(DEAD_LETTER)[0]
    assert handler.calls == 1
    assert (letter.body, letter.key) == (b"body", "pos|2026-01-06"), "the original bytes and key"
    assert letter.headers["nk-source-topic"] == "nk.day.cleaned.v1"
    assert (letter.headers["nk-source-partition"], letter.headers["nk-source-offset"]) == ("3", "42")
    assert (letter.headers["nk-error-class"], letter.headers["nk-error"]) == (
        type(error).__name__,
        str(error),
    )


async def test_the_failed_day_is_named_by_its_headers_even_when_the_body_is_rubbish() -> None:
    bus = RecordingPublisher()
    await policy(bus).run(Scripted(TerminalError("no")), MESSAGE)
    failed = bus.reports()[-1]
    assert (failed.dataset, str(failed.day), failed.version, failed.run_id) == ("pos", "2026-01-06", 7, "r")


@pytest.mark.parametrize("headers", [{}, {"nk-dataset": "pos", "nk-day": "someday"}])
async def test_a_message_that_names_no_day_fails_no_day(headers: dict[str, str]) -> None:
    bus = RecordingPublisher()
    stranger = Delivery("nk.control.v1", 0, 0, None, b"?", headers)
    await policy(bus).run(Scripted(TerminalError("no")), stranger)
    assert [r.outcome for r in bus.reports()] == ["dead-lettered"]


async def test_the_ledger_is_told_where_the_letter_lies_and_where_its_message_came_from() -> None:
    bus = RecordingPublisher()
    for _ in range(2):
        await policy(bus).run(Scripted(TerminalError("no")), MESSAGE)
    told = [report for report in bus.reports() if report.outcome == "dead-lettered"]
    assert [report.letter for report in told] == [
        LetterPlace(partition=0, offset=offset, source_partition=3, source_offset=42) for offset in (0, 1)
    ]
    assert told[0].attempt == 1


async def test_a_retry_that_fails_again_names_the_letter_it_came_from_and_no_error_of_before() -> None:
    bus = RecordingPublisher()
    await policy(bus).run(Scripted(TerminalError("first")), MESSAGE)
    again = headers_of_retry(bus.on(DEAD_LETTER)[0].headers, 12)
    assert again == {**HEADERS, "nk-retry-of": "12"}
    await policy(bus).run(Scripted(TerminalError("second")), replace(MESSAGE, headers=again))
    letter = bus.on(DEAD_LETTER)[1]
    assert (letter.headers["nk-retry-of"], letter.headers["nk-error"]) == ("12", "second")
    assert bus.reports()[-2].letter == LetterPlace(
        partition=0, offset=1, source_partition=3, source_offset=42, retry_of=12
    )


async def test_a_letter_is_told_from_another_in_its_place() -> None:
    """An embedded broker that comes back empty counts from 0 again, in the source topic as well."""
    bus = RecordingPublisher()
    await policy(bus).run(Scripted(TerminalError("no")), MESSAGE)
    (letter,) = bus.on(DEAD_LETTER)
    origin = Origin(MESSAGE.topic, 3, 42, datetime(2026, 1, 7, tzinfo=UTC))
    assert is_letter_of(letter.headers, origin)
    assert not is_letter_of(letter.headers, replace(origin, at=origin.at + timedelta(microseconds=1)))
    assert not is_letter_of(letter.headers, replace(origin, offset=43))
    for stamp in ("", "yesterday", "2026-01-07T00:00:00"):
        assert not is_letter_of({**letter.headers, "nk-given-up-at": stamp}, origin)


@pytest.mark.parametrize("text", ["", "x", "-1", "1.5", "²", "9" * 40])
def test_a_retry_header_that_is_no_number_means_nothing(text: str) -> None:
    assert retried_letter({"nk-retry-of": text}) is None
