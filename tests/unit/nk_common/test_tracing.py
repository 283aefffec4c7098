"""Spans of messages: one trace for each run, nothing of their content, and never in the way of the work."""

from __future__ import annotations

import hashlib
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode

from nk_common.messaging.delivery import Delivery
from nk_common.settings import BusSettings
from nk_common.spans import CLOSE_WITHIN, Spans
from nk_common.tracing import NoTracing, Tracing, begin_tracing, trace_id_of
from support.receivers import webhooks

HEADERS = {"nk-run": "december-again", "nk-dataset": "pos", "nk-day": "2026-01-06", "nk-version": "7"}
MESSAGE = Delivery("nk.day.cleaned.v1", 3, 42, "pos|2026-01-06", b"the body", HEADERS)
COMMAND = Delivery("nk.control.v1", 0, 1, None, b"{}", {})


def handle(tracing: Tracing, message: Delivery = MESSAGE, *, given_up: bool = False) -> None:
    with tracing.handling(message, "nk-loader") as span:
        span.given_up = given_up


@pytest.fixture
def kept() -> InMemorySpanExporter:
    return InMemorySpanExporter()


@pytest.fixture
def spans(kept: InMemorySpanExporter) -> Spans:
    return Spans("nk-loader", SimpleSpanProcessor(kept))


def only(kept: InMemorySpanExporter) -> ReadableSpan:
    (span,) = kept.get_finished_spans()
    return span


def test_a_span_says_what_was_handled_and_for_whom(spans: Spans, kept: InMemorySpanExporter) -> None:
    handle(spans)
    span = only(kept)
    assert (span.name, span.kind, span.status.status_code) == (
        "nk.day.cleaned.v1", SpanKind.CONSUMER, StatusCode.UNSET
    )  # fmt: skip
    assert dict(span.attributes or {}) == {
        "nk.run": "december-again", "nk.dataset": "pos", "nk.day": "2026-01-06", "messaging.system": "kafka",
        "messaging.operation.name": "process", "messaging.operation.type": "process",
        "messaging.destination.name": "nk.day.cleaned.v1", "messaging.destination.partition.id": "3",
        "messaging.kafka.offset": 42, "messaging.consumer.group.name": "nk-loader",
    }  # fmt: skip
    assert span.resource.attributes["service.name"] == "nk-loader"


def test_what_was_given_up_is_an_error(spans: Spans, kept: InMemorySpanExporter) -> None:
    handle(spans, given_up=True)
    assert only(kept).status.status_code is StatusCode.ERROR


def test_a_handling_that_is_broken_off_still_ends_its_span(spans: Spans, kept: InMemorySpanExporter) -> None:
    with pytest.raises(KeyboardInterrupt), spans.handling(MESSAGE, "nk-loader"):
        raise KeyboardInterrupt
    assert only(kept).end_time is not None


def test_all_services_put_a_run_into_one_trace(kept: InMemorySpanExporter) -> None:
    """As docs/monitoring.md says how to find it; two runs are two traces."""
    for service in ("nk-extractor", "nk-cleaner"):
        handle(Spans(service, SimpleSpanProcessor(kept)))
    first, second = kept.get_finished_spans()
    wanted = hashlib.blake2b(b"december-again", digest_size=16).hexdigest()
    assert {format(one.context.trace_id, "032x") for one in (first, second)} == {wanted}
    assert first.context.span_id != second.context.span_id
    assert first.parent is None
    assert trace_id_of("another") != trace_id_of("december-again")


def test_what_belongs_to_no_run_is_a_trace_of_its_own(spans: Spans, kept: InMemorySpanExporter) -> None:
    """Also after a message of a run."""
    for message in (MESSAGE, COMMAND, COMMAND):
        handle(spans, message)
    assert len({span.context.trace_id for span in kept.get_finished_spans()}) == 3


def test_a_collector_gets_them_by_otlp(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with webhooks() as collector:
        tracing = begin_tracing(f"http://127.0.0.1:{collector.port}/", "nk-loader")
        handle(tracing)
        handle(tracing, given_up=True)
        tracing.close()
    (post,) = collector.posted
    assert (post.path, post.headers["content-type"]) == ("/v1/traces", "application/x-protobuf")
    (resource,) = ExportTraceServiceRequest.FromString(post.body).resource_spans
    assert {one.key: one.value.string_value for one in resource.resource.attributes}[
        "service.name"
    ] == "nk-loader"
    first, second = resource.scope_spans[0].spans
    assert int.from_bytes(first.trace_id) == int.from_bytes(second.trace_id) == trace_id_of("december-again")
    assert (first.name, second.status.code) == ("nk.day.cleaned.v1", second.status.STATUS_CODE_ERROR)
    assert b"the body" not in post.body


@contextmanager
def silent() -> Iterator[int]:
    """A port that takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def test_a_collector_that_is_away_or_silent_holds_up_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ten thousand messages, several times what is kept; and the end of the service, too."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    before = set(threading.enumerate())
    with silent() as port:
        for address in (f"http://127.0.0.1:{port}", "http://127.0.0.1:9"):
            tracing = begin_tracing(address, "nk-loader")
            begun = time.monotonic()
            for _ in range(10_000):
                handle(tracing)
            assert time.monotonic() - begun < 5, "half a millisecond each, on a busy machine"
            begun = time.monotonic()
            tracing.close()
            assert time.monotonic() - begun < CLOSE_WITHIN + 1
    # They go on trying for some seconds; other tests of this process should not meet them.
    for thread in set(threading.enumerate()) - before:
        thread.join(30)
        assert not thread.is_alive(), thread.name


OFF = """
import sys
import nk_cleaner.app, nk_extractor.app, nk_loader.app, nk_query_api.app
from nk_common.messaging.bus import Bus
from nk_common.messaging.delivery import DeliveryPolicy, RetryBudget
from nk_common.clock import SystemClock
from nk_common.observability import Metrics
from nk_common.events.topics import CONTROL
from nk_common.settings import BusSettings

bus = Bus(BusSettings(_env_file=None, otel_endpoint=sys.argv[1]), "nk-loader", Metrics())
policy = DeliveryPolicy("load", bus, RetryBudget(1, 1.0, 0.1), SystemClock(), Metrics())
bus.subscribe([CONTROL], print, group="g", policy=policy)
print(sorted(name for name in sys.modules if name.startswith(("opentelemetry.sdk", "opentelemetry.exporter")))[:1])
"""


@pytest.mark.parametrize(("endpoint", "loaded"), [("", False), ("http://127.0.0.1:9", True)])
def test_nothing_of_it_is_loaded_without_an_endpoint(endpoint: str, loaded: bool) -> None:
    """By us: FastAPI and FastStream look for its API by themselves, which is a few names."""
    done = subprocess.run([sys.executable, "-c", OFF, endpoint], capture_output=True, text=True, check=True)
    assert (done.stdout.strip() != "[]") is loaded


def test_an_endpoint_is_an_address() -> None:
    assert isinstance(begin_tracing(BusSettings(_env_file=None).otel_endpoint, "x"), NoTracing)
    with pytest.raises(ValueError, match="otel_endpoint"):
        BusSettings.model_validate({"otel_endpoint": "otel-collector:4318"})
