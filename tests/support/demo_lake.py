"""A lake filled from a demo Odoo in this process: extraction, cleaning and facts as the services do them, without
a bus. The demo, the ledger and whoever asks share one clock, which a test turns."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import polars as pl

from nk_cleaner.transforms import TRANSFORMS
from nk_cleaner.transforms.base import Rules
from nk_common.datasets import by_name
from nk_common.datasets.base import PartitionKey
from nk_common.events.base import Totals
from nk_common.events.stages import StageReport
from nk_common.lake.layout import Layout
from nk_common.lake.writer import Stamp, write_table
from nk_common.ledger.writer import LedgerWriter
from nk_common.observability import Metrics
from nk_common.star import tables_of
from nk_demo.server import DemoServer, running
from nk_demo.settings import DEMO_KEY, DemoSettings
from nk_extractor.extract import build_extracts
from nk_extractor.odoo.client import OdooClient
from nk_extractor.odoo.jsonrpc import JsonRpcTransport
from nk_extractor.odoo.turnstile import Turnstile
from nk_extractor.settings import ExtractorSettings
from nk_loader.registry import BUILDS
from support.clock import SetClock


@dataclass
class CountingTransport:
    """Passes calls on, and keeps which were made."""

    inner: JsonRpcTransport
    calls: list[tuple[str, str]]

    def call(self, model: str, method: str, args: list[Any], kwargs: dict[str, Any]) -> Any:
        self.calls.append((model, method))
        return self.inner.call(model, method, args, kwargs)


class DemoLake:
    """The lake of one demo shop. `calls` are those made to Odoo."""

    def __init__(
        self, server: DemoServer, settings: ExtractorSettings, writer: LedgerWriter, clock: SetClock
    ) -> None:
        self.server = server
        self.settings = settings
        self.clock = clock
        self.calls: list[tuple[str, str]] = []
        transport = CountingTransport(JsonRpcTransport(settings, Turnstile(2, Metrics()).lane()), self.calls)
        self.client = OdooClient(transport, settings.odoo_page_size)
        self.layout = Layout(settings.data_lake_root)
        self._writer = writer
        self._extracts = build_extracts(settings, clock)

    def request(self, *keys: PartitionKey) -> None:
        """Note in the ledger that the days are asked for."""
        self._writer.request(keys, "test", "backfill", self.clock.tick(seconds=1))

    def load(self, *keys: PartitionKey) -> None:
        """Ask for, read, clean and load days, as of now."""
        self.request(*keys)
        for key in keys:
            self._load(key)
        self.clock.tick(seconds=5)

    def _load(self, key: PartitionKey) -> None:
        now = self.clock.now()
        version = self._writer.begin(key, now, "test", now)
        assert version is not None
        raw = self._extracts[key.dataset](self.client, self.settings, key.day).tables
        frames = {name: pl.from_arrow(table) for name, table in raw.items()}
        clean = TRANSFORMS[key.dataset](frames, key.day, Rules(self.settings.zone)).tables  # type: ignore[arg-type]
        star = {table.name: BUILDS[table.name](clean).to_arrow() for table in tables_of(key.dataset)}
        for table in tables_of(key.dataset):
            path = self.layout.star(table.name, key.day)
            write_table(path, star[table.name], table.schema, Stamp(version, "test", now))
        totals = by_name(key.dataset).totals(star, "star")
        self._writer.apply(
            StageReport(
                stage="load", outcome="completed", at=now, dataset=key.dataset, day=key.day, run_id="test",
                requested_at=now, version=version, as_of=now, totals=Totals(**totals._asdict()),
            )
        )  # fmt: skip

    def orders(self, day: date) -> list[int]:
        """Counted orders of a local day, as Odoo has them now."""
        domain = [["date_order", ">=", f"{day - timedelta(days=1)} 17:00:00"],
                  ["date_order", "<", f"{day} 17:00:00"], ["state", "in", ["paid", "done", "invoiced"]]]  # fmt: skip
        return self.client.search("pos.order", domain)


@contextmanager
def demo_lake(writer: LedgerWriter, clock: SetClock, root: Any, **settings: Any) -> Iterator[DemoLake]:
    """A shop of 12 orders a day in Jakarta, and an empty lake below `root`."""
    shop = DemoSettings(port=0, days=30, orders_per_day=12, customers=20, products=30)
    with running(shop, clock.now) as server:
        given = {
            "odoo_host": server.host, "odoo_port": server.port, "odoo_protocol": "jsonrpc", "odoo_db": "nk",
            "odoo_username": "extractor", "odoo_api_key": DEMO_KEY, "data_lake_root": root,
            "timezone": "Asia/Jakarta", "initial_days": 6, **settings,
        }  # fmt: skip
        yield DemoLake(server, ExtractorSettings.model_validate(given), writer, clock)
