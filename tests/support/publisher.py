"""A bus that keeps what it is given."""

from __future__ import annotations

from dataclasses import dataclass, field

from nk_common.events.base import Headers
from nk_common.events.stages import StageReport
from nk_common.events.topics import PIPELINE, Topic
from nk_common.messaging.delivery import Delivery, Place


@dataclass(frozen=True)
class Sent:
    """One message as it would be on the bus."""

    topic: Topic
    body: bytes
    key: str | None
    headers: Headers

    def delivery(self, offset: int = 0) -> Delivery:
        return Delivery(self.topic.name, 0, offset, self.key, self.body, self.headers)


@dataclass
class RecordingPublisher:
    """Implements `Publisher`. Set `error` to make it fail."""

    sent: list[Sent] = field(default_factory=list)
    error: Exception | None = None

    async def publish(
        self, topic: Topic, body: bytes, *, key: str | None = None, headers: Headers | None = None
    ) -> Place:
        if self.error:
            raise self.error
        place = Place(0, len(self.on(topic)))
        self.sent.append(Sent(topic, body, key, dict(headers or {})))
        return place

    def on(self, topic: Topic) -> list[Sent]:
        return [s for s in self.sent if s.topic == topic]

    def reports(self) -> list[StageReport]:
        return [StageReport.model_validate_json(s.body) for s in self.on(PIPELINE)]
