"""What Prometheus sees of the notifier."""

from __future__ import annotations

from collections.abc import Mapping
from typing import get_args

from prometheus_client import CollectorRegistry, Counter, Gauge

from nk_common.api.alerts import AlertCode

_CODES: tuple[AlertCode, ...] = get_args(AlertCode)


class NotifierMetrics:
    """Metrics of one process, in a registry of its own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._open = Gauge("nk_alerts_open", "Open alerts", ["code"], registry=self.registry)
        self.notifications = Counter(
            "nk_notifications_total",
            "Messages handed to a channel: sent, or failed and tried again",
            ["channel", "outcome"],
            registry=self.registry,
        )
        self.looked = Gauge(
            "nk_notifier_last_look_timestamp_seconds",
            "When all facts were last judged",
            registry=self.registry,
        )

    def show_open(self, by_code: Mapping[str, int]) -> None:
        """Also of codes without any: a gauge that vanishes cannot be told from one that is not read."""
        for code in _CODES:
            self._open.labels(code).set(by_code.get(code, 0))
