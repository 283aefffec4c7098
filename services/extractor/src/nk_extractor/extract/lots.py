"""`lots`: lots and serial numbers, whose model has had two names."""

from __future__ import annotations

from datetime import date

from nk_common.clock import Clock
from nk_common.datasets.lots import RAW_LOTS
from nk_extractor.extract.base import Extract, Extraction, row_totals
from nk_extractor.extract.incremental import IncrementalTable
from nk_extractor.odoo.client import OdooClient
from nk_extractor.odoo.versions import model
from nk_extractor.settings import OdooSettings

LOT = "stock.lot"


def lots(clock: Clock) -> Extract:
    """How `lots` is read. A database without lots has no rows of them."""
    tables: dict[str, IncrementalTable] = {}

    def extract(client: OdooClient, _settings: OdooSettings, _day: date | None) -> Extraction:
        name = model(client, LOT)
        if name is None:
            rows = RAW_LOTS.schema.empty_table()
        else:
            rows = tables.setdefault(name, IncrementalTable(name, RAW_LOTS.schema, clock)).read(client, {})
        return Extraction({RAW_LOTS.name: rows}, row_totals(rows))

    return extract
