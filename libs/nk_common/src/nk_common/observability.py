"""Logs (JSON, with run, dataset and day on every line) and metrics."""

from __future__ import annotations

import logging
import sys
from typing import Any, cast

import structlog
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

Logger = structlog.stdlib.BoundLogger
_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120)


def configure_logging(service: str, level: str, log_format: str) -> None:
    """Send every log line, also those of libraries, to stderr in one form."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]
    renderer: Any = (
        structlog.processors.JSONRenderer()
        if log_format == "json"
        else structlog.dev.ConsoleRenderer(colors=False)
    )
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level)
    # The bus client repeats "cannot connect" several times a second while a broker is away.
    for noisy in ("alembic", "uvicorn.access", "httpx"):
        logging.getLogger(noisy).setLevel(max(logging.WARNING, logging.getLevelName(level)))
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    logging.getLogger("nk_common.messaging.library").setLevel(logging.ERROR)
    logging.getLogger("opentelemetry").setLevel(logging.ERROR)
    structlog.contextvars.bind_contextvars(service=service)


def logger(name: str) -> Logger:
    return cast(Logger, structlog.get_logger(name))


class Metrics:
    """Metrics of one process, in a registry of its own (so that tests can build many)."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.messages = Counter(
            "nk_messages_total", "Messages handled", ["topic", "outcome"], registry=self.registry
        )
        self.message_seconds = Histogram(
            "nk_message_seconds",
            "Time to handle a message",
            ["topic"],
            buckets=_SECONDS,
            registry=self.registry,
        )
        self.retries = Counter("nk_retries_total", "Retries of messages", ["topic"], registry=self.registry)
        self.dead_letters = Counter(
            "nk_dead_letters_total", "Messages given up", ["topic"], registry=self.registry
        )
        self.rows = Counter("nk_rows_total", "Rows handled", ["stage", "dataset"], registry=self.registry)
        self.rejected = Counter(
            "nk_rejected_rows_total", "Rows rejected", ["dataset"], registry=self.registry
        )
        self.days = Counter(
            "nk_days_total", "Partitions finished", ["stage", "dataset"], registry=self.registry
        )
        self.odoo_seconds = Histogram(
            "nk_odoo_call_seconds", "Time of calls to Odoo", ["model", "method"], buckets=_SECONDS,
            registry=self.registry,
        )  # fmt: skip
        self.odoo_errors = Counter(
            "nk_odoo_errors_total", "Calls to Odoo that failed", ["model", "error"], registry=self.registry
        )
        self.up = Gauge("nk_bus_connected", "1 while the bus is connected", registry=self.registry)
