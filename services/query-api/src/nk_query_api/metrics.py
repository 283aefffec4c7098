"""Metrics of the query API, in the registry that it shares with the bus."""

from __future__ import annotations

from collections import Counter as Tally
from collections.abc import Mapping

from prometheus_client import Counter, Gauge, Histogram

from nk_common.api.health import HealthState, PipelineHealth
from nk_common.api.pipeline import Lag
from nk_common.datasets.base import PartitionKey
from nk_common.observability import Metrics
from nk_query_api.serving.applying import Held

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
_STATES: dict[HealthState, int] = {"healthy": 0, "late": 1, "failing": 2}


class ApiMetrics:
    """What `/metrics` shows."""

    def __init__(self, common: Metrics) -> None:
        self.registry = common.registry
        self.query_seconds = Histogram(
            "nk_query_seconds", "Time to answer a question from the serving database", ["question"],
            buckets=_SECONDS, registry=self.registry,
        )  # fmt: skip
        self.applied = Counter(
            "nk_serving_applied_total", "Partitions applied to the serving database", ["dataset"],
            registry=self.registry,
        )  # fmt: skip
        self.held = Gauge(
            "nk_serving_held_days", "Partitions that can be asked about", ["dataset"], registry=self.registry
        )
        self.fresh = Gauge(
            "nk_serving_fresh_timestamp_seconds", "When Odoo was last read for what is held", ["dataset"],
            registry=self.registry,
        )  # fmt: skip
        self.rebuilds = Counter(
            "nk_serving_rebuilds_total", "Damaged serving files thrown away", registry=self.registry
        )
        self.listeners = Gauge("nk_event_listeners", "Open event streams", registry=self.registry)
        self.slow_listeners = Counter(
            "nk_event_listeners_dropped_total", "Event streams closed for being slow", registry=self.registry
        )

        self.age = Gauge(
            "nk_dataset_age_seconds", "How long ago Odoo was read for a dataset", ["dataset"],
            registry=self.registry,
        )  # fmt: skip
        self.state = Gauge(
            "nk_dataset_health", "0 healthy, 1 late, 2 failing", ["dataset"], registry=self.registry
        )

        self.lag = Gauge(
            "nk_consumer_lag", "Messages that a group has still to handle", ["group", "topic"],
            registry=self.registry,
        )  # fmt: skip
        self.partitions = Gauge(
            "nk_partitions", "Partitions in the ledger by state", ["dataset", "state"], registry=self.registry
        )
        self.dead_letters = Gauge(
            "nk_dead_letters_open", "Messages that could not be used and wait for a decision", ["topic"],
            registry=self.registry,
        )  # fmt: skip

    def note_dead_letters(self, letters: Mapping[str, int] | None) -> None:
        """Show how many wait for a decision; nothing when the ledger does not answer."""
        self.dead_letters.clear()
        for topic, number in (letters or {}).items():
            self.dead_letters.labels(topic).set(number)

    def note_lag(self, lag: Lag | None) -> None:
        """Show how far the workers are behind; nothing when the bus does not tell."""
        self.lag.clear()
        for one in lag.groups if lag else ():
            if one.lag is not None:
                self.lag.labels(one.group, one.topic).set(one.lag)

    def note_partitions(self, counts: Mapping[tuple[str, str], int] | None) -> None:
        """Show the states of the ledger; nothing when it does not answer."""
        self.partitions.clear()
        for (dataset, state), number in (counts or {}).items():
            self.partitions.labels(dataset, state).set(number)

    def note_health(self, health: PipelineHealth | None) -> None:
        """Show how the datasets are; nothing when it is not known. What was never read has no age."""
        self.age.clear()
        self.state.clear()
        for one in health.datasets if health else ():
            self.state.labels(one.dataset).set(_STATES[one.state])
            if one.age_seconds is not None:
                self.age.labels(one.dataset).set(one.age_seconds)

    def note_held(self, held: Mapping[PartitionKey, Held]) -> None:
        """Show what is held now."""
        newest: dict[str, float] = {}
        for key, item in held.items():
            newest[key.dataset] = max(newest.get(key.dataset, 0.0), item.as_of.timestamp())
        self.held.clear()
        for dataset, count in Tally(key.dataset for key in held).items():
            self.held.labels(dataset).set(count)
            self.fresh.labels(dataset).set(newest[dataset])
