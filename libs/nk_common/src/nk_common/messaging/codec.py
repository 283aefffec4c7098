"""JSON events on the bus: bytes, key and headers, the same for every one of them."""

from __future__ import annotations

from typing import TypeVar

from pydantic import ValidationError

from nk_common.errors import UnreadableMessageError
from nk_common.events.base import Event, Headers, PartitionEvent
from nk_common.events.topics import Topic
from nk_common.messaging.delivery import JSON, Delivery, Publisher

E = TypeVar("E", bound=Event)


def decode(model: type[E], delivery: Delivery) -> E:
    """The event in `delivery`. Raises UnreadableMessageError."""
    try:
        return model.model_validate_json(delivery.body)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise UnreadableMessageError(
            f"This is no {model.__name__}: {where or 'the message'}: {first['msg']}."
        ) from error


def headers_of(event: PartitionEvent) -> Headers:
    """Headers that let the policy name the day even when the body cannot be read."""
    version = getattr(event, "version", None)
    headers = {
        **JSON,
        "nk-run": event.run_id,
        "nk-dataset": event.dataset,
        "nk-day": event.partition.day_text,
        "nk-requested-at": event.requested_at.isoformat(),
    }
    return headers if version is None else {**headers, "nk-version": str(version)}


async def publish_event(
    publisher: Publisher, topic: Topic, event: PartitionEvent, more: Headers | None = None
) -> None:
    """Send an event about a partition, keyed by it; `more` headers than its own."""
    headers = {**headers_of(event), **(more or {})}
    await publisher.publish(
        topic, event.model_dump_json().encode(), key=str(event.partition), headers=headers
    )
