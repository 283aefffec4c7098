"""From Odoo's JSON to `clean/` and to the star schema: CPU per line, and memory of one very large day.

The answers of Odoo are prepared as bytes, so what is measured is ours alone: parsing, columns, chunks, `raw/`,
cleaning, `clean/`, facts. CPU seconds are of all threads; lines are POS lines, and their orders and payments
are read along with them.
"""

from __future__ import annotations

import asyncio
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import orjson
from rich.table import Table

from nk_cleaner.service import CleaningService
from nk_cleaner.settings import CleanerSettings
from nk_cleaner.transforms import TRANSFORMS
from nk_common.clock import SystemClock
from nk_common.datasets.base import PartitionKey
from nk_common.datasets.pos import RAW_LINES, RAW_ORDERS, RAW_PAYMENTS
from nk_common.events.base import Totals
from nk_common.events.raw import RawChunk, Summary, split
from nk_common.events.stages import DayCleaned
from nk_common.events.topics import DAY_CLEANED
from nk_common.observability import Metrics
from nk_extractor.extract import pos
from nk_extractor.extract.base import Extraction
from nk_extractor.odoo.client import OdooClient
from nk_extractor.settings import ExtractorSettings
from nk_loader.registry import BUILDS
from nk_loader.service import LoadingService
from nk_loader.settings import LoaderSettings
from support.publisher import RecordingPublisher

DAY = date(2026, 3, 3)
LINES_PER_ORDER = 2.5
ROUNDS = 5
SIZES = (20_000, 200_000)


class PreparedOdoo:
    """Implements `Transport` with the bytes that a day of `lines` POS lines makes on the wire."""

    def __init__(self, lines: int, page_size: int) -> None:
        self._page_size = page_size
        orders = int(lines / LINES_PER_ORDER)
        self._ids = {
            pos.ORDER: range(1, orders + 1),
            pos.LINE: range(1, lines + 1),
            pos.PAYMENT: range(1, orders + 1),
        }
        makers = {pos.ORDER: self._order, pos.LINE: self._line, pos.PAYMENT: self._payment}
        self._owner = [1 + n * orders // lines for n in range(lines)]
        self._lines_of: dict[int, list[int]] = {}
        for n, owner in enumerate(self._owner, 1):
            self._lines_of.setdefault(owner, []).append(n)
        self._pages = {
            (model, page[0]): _answer([makers[model](one) for one in page])
            for model, ids in self._ids.items()
            for page in _pages(ids, page_size)
        }
        self._fields = {
            model: {name: {"type": "float"} for name in [*table.schema.names, "x_studio_discount_amount"]}
            for model, table in ((pos.ORDER, RAW_ORDERS), (pos.LINE, RAW_LINES), (pos.PAYMENT, RAW_PAYMENTS))
        }

    def call(self, model: str, method: str, args: list[Any], _kwargs: dict[str, Any]) -> Any:
        if method == "search":
            return list(self._ids[model])
        if method == "read":
            return orjson.loads(self._pages[model, args[0][0]])["result"]
        if method == "read_group":
            return [{"__count": len(self._ids[model]), "write_date": "2026-03-03 05:00:00"}]
        if method == "fields_get":
            return self._fields[model]
        return True

    def _order(self, one: int) -> dict[str, Any]:
        return {
            "id": one, "name": f"Toko Kemang/{one:010d}", "pos_reference": f"Order {one:05d}-001-0001",
            "date_order": f"2026-03-03 {one % 10:02d}:{one % 60:02d}:11", "state": "done", "config_id": 1 + one % 4,
            "session_id": 7, "user_id": 6, "employee_id": 3, "partner_id": one % 3 or False, "company_id": 1,
            "amount_total": 150000.0, "amount_tax": 14864.86, "currency_rate": 1.0, "account_move": False,
            "lines": self._lines_of.get(one, []), "payment_ids": [one], "create_date": "2026-03-03 05:00:00",
            "write_date": "2026-03-03 05:00:00",
        }  # fmt: skip

    def _line(self, one: int) -> dict[str, Any]:
        return {
            "id": one, "order_id": self._owner[one - 1], "product_id": 1 + one % 5000, "qty": 1.0 + one % 3,
            "price_unit": 60000.0, "discount": 0.0, "price_subtotal": 54054.05 * (1 + one % 3),
            "price_subtotal_incl": 60000.0 * (1 + one % 3), "refunded_orderline_id": False,
            "x_studio_discount_amount": 0.0, "write_date": "2026-03-03 05:00:00",
        }  # fmt: skip

    def _payment(self, one: int) -> dict[str, Any]:
        return {
            "id": one, "pos_order_id": one, "payment_method_id": 1 + one % 4, "amount": 150000.0,
            "payment_date": "2026-03-03 05:00:00", "is_change": False,
        }  # fmt: skip


def _answer(rows: list[dict[str, Any]]) -> bytes:
    """As Odoo writes it: the standard library's JSON, with a blank after commas and colons."""
    return (
        orjson.dumps({"jsonrpc": "2.0", "id": 1, "result": rows})
        .replace(b'":', b'": ')
        .replace(b',"', b', "')
    )


def _pages(ids: range, size: int) -> Iterator[range]:
    return (ids[start : start + size] for start in range(0, len(ids), size))


def run() -> Table:
    """Both sizes, each in a process of its own, so that peak memory is its own too."""
    table = Table(title=f"One POS day, medians of {ROUNDS}; CPU seconds of all threads")
    for column in (
        "lines", "JSON to clean lines/CPU s", "cleaner+loader CPU s per 1M lines", "chunks", "peak MiB"
    ):  # fmt: skip
        table.add_column(column, justify="right")
    for lines in SIZES:
        command = [sys.executable, "-m", "benchmarks.lean", str(lines)]
        printed = subprocess.run(command, check=True, capture_output=True, text=True).stdout  # noqa: S603
        found = orjson.loads(printed.splitlines()[-1])
        table.add_row(
            str(lines),
            f"{lines / found['to_clean']:,.0f}",
            f"{found['clean_and_load'] / lines * 1e6:.2f}",
            str(found["chunks"]),
            f"{found['peak_mib']:.0f}",
        )
    return table


def measure(lines: int) -> dict[str, float]:
    """CPU seconds of one day's way, medians; and this process's peak memory before the bytes are counted."""
    settings = ExtractorSettings.model_validate({"timezone": "Asia/Jakarta"})
    odoo = PreparedOdoo(lines, settings.odoo_page_size)
    prepared = _peak_mib()
    client = OdooClient(odoo, settings.odoo_page_size)
    rounds = [asyncio.run(_round(client, settings, version)) for version in range(1, ROUNDS + 2)][1:]
    return {
        "to_clean": statistics.median(one["extract"] + one["clean"] for one in rounds),
        "clean_and_load": statistics.median(one["clean"] + one["load"] for one in rounds),
        "chunks": rounds[0]["chunks"],
        "peak_mib": _peak_mib(),
        "prepared_mib": prepared,
    }


async def _round(client: OdooClient, settings: ExtractorSettings, version: int) -> dict[str, float]:
    with tempfile.TemporaryDirectory() as folder:
        bus, clock, metrics = RecordingPublisher(), SystemClock(), Metrics()
        lake = {"data_lake_root": Path(folder), "timezone": "Asia/Jakarta"}
        cleaning = CleaningService(CleanerSettings.model_validate(lake), TRANSFORMS, bus, clock, metrics)
        loading = LoadingService(LoaderSettings.model_validate(lake), BUILDS, bus, clock, metrics)
        began = time.process_time()
        messages = [
            chunk.encode() for chunk in _chunks(pos.extract(client, settings, DAY), settings, version)
        ]
        extracted = time.process_time()
        for body, headers in messages:
            await cleaning.accept(RawChunk.decode(body, headers))
        cleaned = time.process_time()
        await loading.load(DayCleaned.model_validate_json(bus.on(DAY_CLEANED)[0].body))
        loaded = time.process_time()
    return {
        "extract": extracted - began,
        "clean": cleaned - extracted,
        "load": loaded - cleaned,
        "chunks": len(messages),
    }


def _chunks(extraction: Extraction, settings: ExtractorSettings, version: int) -> list[RawChunk]:
    pieces = [
        (name, *piece)
        for name, table in extraction.tables.items()
        for piece in split(table, settings.chunk_bytes)
    ]
    summary = Summary(
        rows={name: table.num_rows for name, table in extraction.tables.items()},
        totals=Totals(**extraction.totals._asdict()),
    )
    now = datetime.now(UTC)
    return [
        RawChunk(
            partition=PartitionKey("pos", DAY), run_id="bench", version=version, requested_at=now, as_of=now,
            table=name, sequence=n, rows=piece, body=body, summary=summary if n == len(pieces) - 1 else None,
        )
        for n, (name, piece, body) in enumerate(pieces)
    ]  # fmt: skip


def _peak_mib() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    sys.stdout.write(orjson.dumps(measure(int(sys.argv[1]))).decode() + "\n")
