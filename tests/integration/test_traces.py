"""Traces of the real system: what one command caused in three services is one trace at the collector."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from nk_common.tracing import trace_id_of
from nk_demo.server import DemoServer
from support.kafka import post
from support.receivers import Webhooks, webhooks
from support.shop_clock import shop_today
from support.system import running, wait_until

RUN = "a day for a trace"
WANTED = {
    ("nk-extractor", "nk.extract.requested.v1"),
    ("nk-cleaner", "nk.raw.pos.v1"),
    ("nk-loader", "nk.day.cleaned.v1"),
}


def test_a_command_is_one_trace_through_all_services(tmp_path: Path, demo: DemoServer) -> None:
    day = str(shop_today() - timedelta(days=20))
    command = {"type": "backfill", "id": RUN, "datasets": ["pos"], "start": day, "end": day}
    with webhooks() as collector:
        endpoint = f"http://127.0.0.1:{collector.port}"
        with running(tmp_path, demo, NK_OTEL_ENDPOINT=endpoint, NO_PROXY="127.0.0.1") as system:
            post(system.broker_port, "nk.control.v1", command)
            wait_until(lambda: _told(collector) >= WANTED, 60, "spans of all services have come")


def _told(collector: Webhooks) -> set[tuple[str, str]]:
    """Service and name of every span of the run."""
    found = set()
    for one in list(collector.posted):
        for resource in ExportTraceServiceRequest.FromString(one.body).resource_spans:
            named = {kept.key: kept.value.string_value for kept in resource.resource.attributes}
            spans = (span for scope in resource.scope_spans for span in scope.spans)
            ours = {span.name for span in spans if int.from_bytes(span.trace_id) == trace_id_of(RUN)}
            found |= {(named["service.name"], name) for name in ours}
    return found
