"""`partners`: contacts are asked for only when they are to be kept."""

from __future__ import annotations

from datetime import date

from nk_common.clock import Clock
from nk_common.datasets.partners import RAW_PARTNERS
from nk_extractor.extract.base import Extract, Extraction, row_totals
from nk_extractor.extract.incremental import IncrementalTable
from nk_extractor.odoo.client import OdooClient
from nk_extractor.settings import OdooSettings

_CONTACTS = ("email", "phone")


def partners(clock: Clock) -> Extract:
    """How `partners` is read."""
    table = IncrementalTable("res.partner", RAW_PARTNERS.schema, clock)

    def extract(client: OdooClient, settings: OdooSettings, _day: date | None) -> Extraction:
        fields = {} if settings.keep_contacts else dict.fromkeys(_CONTACTS)
        rows = table.read(client, fields)
        return Extraction({RAW_PARTNERS.name: rows}, row_totals(rows))

    return extract
