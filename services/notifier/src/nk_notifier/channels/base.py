"""What a channel is, and what it is handed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from nk_common.errors import NkError


class NotAcceptedError(NkError):
    """A channel did not take a message; says why without naming addresses or secrets."""


@dataclass(frozen=True)
class Message:
    """The same thing for every kind of channel. `document` is what a webhook posts; `id` stays the same when a
    message is sent again, so that a receiver may know it."""

    id: str
    subject: str
    text: str
    html: str
    document: Mapping[str, Any]


class Channel(Protocol):
    """One way to reach people."""

    @property
    def name(self) -> str: ...

    async def send(self, message: Message) -> str | None:
        """Returns once it is accepted, with a remark if there is one. Raises NotAcceptedError."""
        ...


Channels = Sequence[Channel]
