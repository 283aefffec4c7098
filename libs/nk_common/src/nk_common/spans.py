"""Spans by OpenTelemetry. Loaded only where they are wanted; see `tracing`."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator

from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import SERVICE_NAME, Resource
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.id_generator import RandomIdGenerator
from opentelemetry.sdk.trace.sampling import ALWAYS_ON
from opentelemetry.trace import SpanKind, StatusCode
from opentelemetry.util.types import AttributeValue

from nk_common.tracing import Handling, Message, trace_id_of

CLOSE_WITHIN = 3.0
"""Seconds that the end of a service waits for a collector."""
_REQUEST_SECONDS = 5.0
_HEADERS = {"nk.run": "nk-run", "nk.dataset": "nk-dataset", "nk.day": "nk-day"}


class Spans:
    """Implements `Tracing`. A collector that is away costs spans, and never a message or its time."""

    def __init__(self, service: str, processor: SpanProcessor) -> None:
        self._ids = _IdsOfRuns()
        self._provider = TracerProvider(
            sampler=ALWAYS_ON,
            resource=Resource.create({SERVICE_NAME: service}),
            id_generator=self._ids,
            shutdown_on_exit=False,
        )
        self._provider.add_span_processor(processor)
        self._tracer = self._provider.get_tracer("nkdash")

    @contextlib.contextmanager
    def handling(self, message: Message, group: str) -> Iterator[Handling]:
        """A span named as the topic; an error when the message was given up."""
        # An empty context: no parent, so that the trace is that of the run.
        self._ids.run = message.headers.get("nk-run")
        span = self._tracer.start_span(
            message.topic,
            context=Context(),
            kind=SpanKind.CONSUMER,
            attributes=_attributes(message, group),
        )
        handling = Handling()
        try:
            yield handling
        finally:
            if handling.given_up:
                span.set_status(StatusCode.ERROR, "given up")
            span.end()

    def close(self) -> None:
        # Its own patience is half a minute; a service that ends has less.
        ending = threading.Thread(target=self._provider.shutdown, daemon=True)
        ending.start()
        ending.join(CLOSE_WITHIN)


def to_collector(endpoint: str) -> SpanProcessor:
    """In batches, from a thread of its own: what it cannot keep it drops."""
    url = f"{endpoint.rstrip('/')}/v1/traces"
    return BatchSpanProcessor(OTLPSpanExporter(endpoint=url, timeout=_REQUEST_SECONDS))


class _IdsOfRuns(RandomIdGenerator):
    """`run` is set right before each span begins, in the one thread that handles messages; None: any trace."""

    run: str | None = None

    def generate_trace_id(self) -> int:
        return trace_id_of(self.run) if self.run else super().generate_trace_id()


def _attributes(message: Message, group: str) -> dict[str, AttributeValue]:
    ours = {name: message.headers[header] for name, header in _HEADERS.items() if header in message.headers}
    return {
        "messaging.system": "kafka",
        "messaging.operation.name": "process",
        "messaging.operation.type": "process",
        "messaging.destination.name": message.topic,
        "messaging.destination.partition.id": str(message.partition),
        "messaging.kafka.offset": message.offset,
        "messaging.consumer.group.name": group,
        **ours,
    }
