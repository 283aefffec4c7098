"""`stock-quants`: what lies where, now. Of another day than today Odoo cannot tell (rule 12)."""

from __future__ import annotations

from datetime import UTC, date

import pyarrow as pa

from nk_common.clock import Clock, today
from nk_common.datasets.stock_quants import RAW_STOCK_QUANTS
from nk_common.errors import OdooRefusedError
from nk_extractor.extract.base import Extract, Extraction, line_totals, settled
from nk_extractor.extract.lookups import attach
from nk_extractor.extract.masters import Masters
from nk_extractor.odoo.capabilities import require
from nk_extractor.odoo.client import Domain, OdooClient
from nk_extractor.settings import OdooSettings

QUANT = "stock.quant"
_OWN = pa.schema([f for f in RAW_STOCK_QUANTS.schema if "." not in f.name and f.name != "taken_at"])


def domain(settings: OdooSettings) -> Domain:
    """Quants of stock. Those of vendors, customers and losses are the other side of every move."""
    usages = ["internal", "transit"] if settings.transit_is_stock else ["internal"]
    return [["location_id.usage", "in", usages], ["quantity", "!=", 0]]


def stock_quants(masters: Masters, clock: Clock) -> Extract:
    """How `stock-quants` is read."""

    def extract(client: OdooClient, settings: OdooSettings, day: date | None) -> Extraction:
        _check_today(day, settings, clock)
        require(client, QUANT, "stock.location")
        extraction = settled(lambda: _read(client, masters, clock, domain(settings)), f"Stock of {day}")
        _check_today(day, settings, clock)  # midnight may have passed
        return extraction

    return extract


def _check_today(day: date | None, settings: OdooSettings, clock: Clock) -> None:
    if day != today(clock, settings.zone):
        raise OdooRefusedError(
            f"Odoo tells stock of this moment only, so the stock of {day} cannot be read any more. It is "
            "reconstructed from the next snapshot and the stock moves in between."
        )


def _read(client: OdooClient, masters: Masters, clock: Clock, stock: Domain) -> Extraction | None:
    # One transaction writes many quants alike, so a look afterwards alone could miss half of it.
    before = client.count_and_newest(QUANT, stock)
    quants = client.read_table(QUANT, client.search(QUANT, stock), _OWN)
    taken = clock.now().astimezone(UTC)
    if client.count_and_newest(QUANT, stock) != before or quants.num_rows != before[0]:
        return None
    quants = attach(quants, "location_id", masters.locations.rows(client, quants["location_id"]), "usage")
    moment = pa.array([taken] * quants.num_rows, RAW_STOCK_QUANTS.schema.field("taken_at").type)
    table = quants.append_column("taken_at", moment).select(RAW_STOCK_QUANTS.schema.names)
    table = table.cast(RAW_STOCK_QUANTS.schema)
    return Extraction({RAW_STOCK_QUANTS.name: table}, line_totals(table, "id", "quantity"))
