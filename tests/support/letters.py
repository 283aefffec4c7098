"""A dead-letter topic in memory: what a `RecordingPublisher` was given."""

from __future__ import annotations

from dataclasses import dataclass, field

from nk_common.errors import TerminalError
from nk_common.events.letters import Origin, is_letter_of
from nk_common.events.topics import DEAD_LETTER
from nk_common.ledger.writer import LedgerWriter
from nk_common.messaging.delivery import Delivery, DeliveryPolicy, Place, RetryBudget
from nk_common.observability import Metrics
from support.clock import SetClock
from support.publisher import RecordingPublisher


@dataclass
class LetterTopic:
    """Implements `FetchLetter`. Set `forgotten`: nothing is kept any more; set `error` to make it fail."""

    bus: RecordingPublisher
    forgotten: bool = False
    error: Exception | None = None
    asked: list[Place] = field(default_factory=list)

    async def __call__(self, place: Place, origin: Origin) -> Delivery | None:
        self.asked.append(place)
        if self.error:
            raise self.error
        kept = [] if self.forgotten else self.bus.on(DEAD_LETTER)
        if place.partition != 0 or place.offset >= len(kept):
            return None
        letter = kept[place.offset].delivery(place.offset)
        return letter if is_letter_of(letter.headers, origin) else None


async def give_up(
    bus: RecordingPublisher, writer: LedgerWriter, clock: SetClock, message: Delivery, why: str = "It broke."
) -> None:
    """Let the delivery policy give up `message`, and tell the ledger what the policy reports."""

    async def fails(_: Delivery) -> None:
        raise TerminalError(why)

    told = len(bus.reports())
    await DeliveryPolicy("extract", bus, RetryBudget(1, 1.0, 0.0), clock, Metrics()).run(fails, message)
    for report in bus.reports()[told:]:
        writer.apply(report)
