"""One span for every message that a worker handles, if NK_OTEL_ENDPOINT says where to send them.

The trace of a span is the run that caused the message: its id follows from the run's id, so spans of all services are
one trace, and nothing more has to travel with a message. Without an endpoint, OpenTelemetry is not loaded.
"""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol


class Message(Protocol):
    """What a span tells of a message. Never its content."""

    @property
    def topic(self) -> str: ...

    @property
    def partition(self) -> int: ...

    @property
    def offset(self) -> int: ...

    @property
    def headers(self) -> Mapping[str, str]: ...


@dataclass
class Handling:
    """A message in hand; who handles it says here whether it was given up."""

    given_up: bool = False


class Tracing(Protocol):
    """Where spans go."""

    def handling(self, message: Message, group: str) -> AbstractContextManager[Handling]:
        """Around the handling of one message by a consumer group."""
        ...

    def close(self) -> None:
        """Send what is left, for some seconds at most. Blocking."""
        ...


class NoTracing:
    """Implements `Tracing`: nothing."""

    @contextlib.contextmanager
    def handling(self, message: Message, group: str) -> Iterator[Handling]:
        yield Handling()

    def close(self) -> None:
        return None


def begin_tracing(endpoint: str, service: str) -> Tracing:
    """Spans of `service` to the collector at `endpoint`, the address before /v1/traces; empty: none."""
    if not endpoint:
        return NoTracing()
    from nk_common.spans import Spans, to_collector

    return Spans(service, to_collector(endpoint))


def trace_id_of(run_id: str) -> int:
    """Of 16 bytes; the same in every service and after every restart."""
    return int.from_bytes(hashlib.blake2b(run_id.encode(), digest_size=16).digest()) or 1
