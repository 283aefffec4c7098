"""Figures about the web service itself, for Prometheus."""

from __future__ import annotations

from time import perf_counter

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from starlette.types import ASGIApp, Message, Receive, Scope, Send


class Metrics:
    """Its own registry per application: two applications in one process do not mix."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "nk_web_requests",
            "Requests answered.",
            ("method", "route", "status"),
            registry=self.registry,
        )
        self.seconds = Histogram(
            "nk_web_request_seconds", "Seconds until the answer starts.", ("route",), registry=self.registry
        )
        self.api_errors = Counter(
            "nk_web_api_errors", "Query API calls that failed, by kind.", ("kind",), registry=self.registry
        )
        self.streams = Gauge(
            "nk_web_event_streams", "Browsers that listen for events.", registry=self.registry
        )


class MetricsMiddleware:
    """Counts by route template, never by address: addresses are without number."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = perf_counter()

        async def count(message: Message) -> None:
            if message["type"] == "http.response.start":
                route = getattr(scope.get("route"), "path", "unmatched")
                self._metrics.requests.labels(scope["method"], route, message["status"]).inc()
                self._metrics.seconds.labels(route).observe(perf_counter() - started)
            await send(message)

        await self._app(scope, receive, count)
