"""Letters in the dead-letter topic: the original message, and headers that say from where and why it is there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from nk_common.events.base import Headers

RETRY_OF = "nk-retry-of"
"""Header of a message that is tried again: the number of its letter. A letter that comes of it carries it, too."""
NO_LONGER_KEPT = (
    "The message is no longer kept: the dead-letter topic forgets after 30 days, and an embedded broker forgets "
    "everything when it stops. Its days can be loaded again with a backfill."
)
HEALED = "healed"
"""Resolution of a letter that nobody did anything about, and nobody need."""
_RUN_OF_RETRY = "retry-of-letter-"
_TOPIC, _PARTITION, _OFFSET = "nk-source-topic", "nk-source-partition", "nk-source-offset"
_AT = "nk-given-up-at"
_ADDED = (_TOPIC, _PARTITION, _OFFSET, _AT, "nk-error-class", "nk-error", "nk-attempts")


@dataclass(frozen=True)
class Origin:
    """Where a letter's message came from, and when it was given up: together they name the letter for good. An
    embedded broker counts from 0 again when it comes back empty, so places alone do not."""

    topic: str
    partition: int | None
    offset: int | None
    at: datetime


def resolved_already(letter: int, resolution: str) -> str:
    """Why nothing is done about a letter."""
    if resolution == HEALED:
        return f"The day of dead letter {letter} was loaded since, so nothing was done, and nothing need be."
    return f"Dead letter {letter} was {resolution} already, so nothing was done."


def headers_of_letter(
    original: Mapping[str, str], origin: Origin, error_class: str, error: str, attempts: int
) -> Headers:
    """The headers of the original, and what became of it."""
    return {
        **original,
        _TOPIC: origin.topic,
        _PARTITION: str(origin.partition),
        _OFFSET: str(origin.offset),
        _AT: origin.at.isoformat(),
        "nk-error-class": error_class,
        "nk-error": error,
        "nk-attempts": str(attempts),
    }


def is_letter_of(headers: Mapping[str, str], origin: Origin) -> bool:
    """Whether these are the headers of that letter, and not of another that now lies in its place."""
    place = (headers.get(_TOPIC), headers.get(_PARTITION), headers.get(_OFFSET))
    if place != (origin.topic, str(origin.partition), str(origin.offset)):
        return False
    try:
        return datetime.fromisoformat(headers.get(_AT, "")) == origin.at
    except (ValueError, TypeError):
        return False


def headers_of_retry(headers: Mapping[str, str], letter: int) -> Headers:
    """The headers of the original again, and which letter it is the retry of."""
    kept = {name: value for name, value in headers.items() if name not in _ADDED}
    return {**kept, RETRY_OF: str(letter)}


def retried_letter(headers: Mapping[str, str]) -> int | None:
    """The letter that this message is the retry of; None for one that comes for the first time."""
    text = headers.get(RETRY_OF, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


def run_of_retry(letter: int) -> str:
    """The run that asks for the day of a letter once more. It is one of its own: that of the letter may have been
    taken back."""
    return f"{_RUN_OF_RETRY}{letter}"


def headers_of_run(run_id: str) -> Headers:
    """What the request of such a run says besides; nothing for any other."""
    return {RETRY_OF: run_id.removeprefix(_RUN_OF_RETRY)} if run_id.startswith(_RUN_OF_RETRY) else {}
