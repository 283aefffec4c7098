"""A 35-day POS backfill through the whole pipeline, next to the bare RPC reads it cannot do without.

Bare: the same calls, by the same client at the same concurrency, and nothing done with the rows.
Pipeline: from posting the command until the last day is loaded in the star schema.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from rich.table import Table

from benchmarks.demo import client, demo, get, odoo_environment, post
from nk_extractor.extract.pos import LINE, ORDER, PAYMENT, domain
from nk_extractor.odoo.client import OdooClient
from nk_extractor.settings import ExtractorSettings
from support import kafka
from support.shop_clock import last_days
from support.system import WORKERS, System, running

DAYS, ROUNDS, CONCURRENCY = 35, 5, 2
SECONDS_PER_CALL, SECONDS_PER_ROW = 0.025, 0.00016
"""Fitted to the recorded Odoo 16 (rpc_speed.json): 2,000 records of 12 fields took 1.37 s in pages of 50 and
0.35 s in pages of 1,000."""
ORDER_FIELDS = [
    "name", "pos_reference", "date_order", "state", "config_id", "session_id", "user_id", "employee_id",
    "partner_id", "company_id", "amount_total", "amount_tax", "currency_rate", "account_move", "lines",
    "payment_ids", "create_date", "write_date",
]  # fmt: skip
LINE_FIELDS = [
    "order_id", "product_id", "qty", "price_unit", "discount", "price_subtotal", "price_subtotal_incl",
    "refunded_orderline_id", "x_studio_discount_amount", "write_date",
]  # fmt: skip
PAYMENT_FIELDS = ["pos_order_id", "payment_method_id", "amount", "payment_date", "is_change"]


@dataclass(frozen=True)
class Result:
    """Medians in seconds over the rounds; calls and rows of one backfill."""

    label: str
    bare: float
    pipeline: float
    calls: int
    floor: int
    rows: int


def run() -> Table:
    """The comparison, for an Odoo as fast as the demo can and one as slow as the recorded server."""
    table = Table(title=f"Backfill of {DAYS} days of POS, concurrency {CONCURRENCY}, medians of {ROUNDS}")
    for column in ("Odoo", "bare RPC s", "pipeline s", "ratio", "RPC calls", "floor", "rows", "rows/s"):
        table.add_column(column, justify="right")
    slow = {"latency": SECONDS_PER_CALL, "row_latency": SECONDS_PER_ROW}
    for label, knobs in (
        ("as fast as the demo can, 160 orders/day", {"orders_per_day": 160}),
        ("as slow as the recorded Odoo, 160 orders/day", {"orders_per_day": 160, **slow}),
        ("as slow as the recorded Odoo, 400 orders/day", {"orders_per_day": 400, **slow}),
    ):
        result = measure(label, **knobs)
        table.add_row(
            result.label,
            f"{result.bare:.2f}",
            f"{result.pipeline:.2f}",
            f"{result.pipeline / result.bare:.2f}",
            str(result.calls),
            str(result.floor),
            str(result.rows),
            f"{result.rows / result.pipeline:.0f}",
        )
    return table


def measure(label: str, **knobs: float) -> Result:
    """Rounds of both sides by turns, against one demo and one running pipeline."""
    start, end = last_days(DAYS)
    with (
        tempfile.TemporaryDirectory() as folder,
        demo(Path(folder), days=60, **knobs) as port,
    ):
        bare_client, settings = client(port, CONCURRENCY)
        # Warm: the demo plans its days once.
        days = bare_reads(bare_client, settings, start, end)
        with running(
            Path(folder), None, WORKERS, NK_ODOO_CONCURRENCY=str(CONCURRENCY), **odoo_environment(port)
        ) as system:
            _pipeline(system, start, end)
            pairs = []
            for _ in range(ROUNDS):
                bare = _timed_bare(bare_client, settings, start, end)
                post(port, "/demo/stats/reset", {})
                pairs.append((bare, _pipeline(system, start, end)))
            calls = _calls(port)
    return Result(
        label,
        statistics.median(bare for bare, _ in pairs),
        statistics.median(pipeline for _, pipeline in pairs),
        calls,
        sum(least_calls(day, settings.odoo_page_size) for day in days),
        sum(sum(day) for day in days),
    )


Counts = tuple[int, int, int]
"""Orders, lines and payments of a day."""


def least_calls(day: Counts, page: int) -> int:
    """Calls that a day needs: one search, the pages of each model, one look whether it changed meanwhile."""
    return sum(-(-rows // page) for rows in day) + 2


def bare_reads(client_: OdooClient, settings: ExtractorSettings, start: date, end: date) -> list[Counts]:
    """Search, read orders, lines and payments of every day; how many rows there were."""
    days = [start + timedelta(days=n) for n in range((end - start).days + 1)]
    with ThreadPoolExecutor(CONCURRENCY) as pool:
        return list(pool.map(lambda day: _bare_day(client_, settings, day), days))


def _bare_day(client_: OdooClient, settings: ExtractorSettings, day: date) -> Counts:
    ids = client_.search(ORDER, domain(day, settings))
    orders = client_.read(ORDER, ids, ORDER_FIELDS)
    lines = client_.read(LINE, list(_all(orders, "lines")), LINE_FIELDS)
    payments = client_.read(PAYMENT, list(_all(orders, "payment_ids")), PAYMENT_FIELDS)
    return len(orders), len(lines), len(payments)


def _all(rows: list[dict[str, list[int]]], field: str) -> Iterator[int]:
    for row in rows:
        yield from row[field]


def _timed_bare(client_: OdooClient, settings: ExtractorSettings, start: date, end: date) -> float:
    began = time.monotonic()
    bare_reads(client_, settings, start, end)
    return time.monotonic() - began


def _pipeline(system: System, start: date, end: date) -> float:
    """Seconds from posting the command until every day's load is in the ledger."""
    command = {"type": "backfill", "datasets": ["pos"], "start": str(start), "end": str(end), "force": True}
    asked = datetime.now(UTC)
    began = time.monotonic()
    kafka.post(system.broker_port, "nk.control.v1", command)
    days = {str(start + timedelta(days=n)) for n in range((end - start).days + 1)}
    with system.ledger() as ledger:
        while True:
            rows = {r.day: r for r in ledger.partitions(start, end, ["pos"])}
            fresh = {d for d, r in rows.items() if r.state == "loaded" and r.as_of and r.as_of >= asked}
            if days <= fresh:
                return time.monotonic() - began
            time.sleep(0.02)


def _calls(port: int) -> int:
    stats = get(port, "/demo/stats")
    counts = (stats.get(model, {}) for model in (ORDER, LINE, PAYMENT))
    return sum(sum(methods.values()) for methods in counts if isinstance(methods, dict))
