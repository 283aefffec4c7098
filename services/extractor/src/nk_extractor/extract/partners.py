"""`partners`: contacts are asked for only when they are to be kept."""

from __future__ import annotations

from datetime import date

from nk_common.datasets.partners import RAW_PARTNERS
from nk_extractor.extract.base import Extraction, read_all, row_totals
from nk_extractor.odoo.client import OdooClient
from nk_extractor.odoo.columns import to_table
from nk_extractor.settings import OdooSettings

_CONTACTS = ("email", "phone")


def extract(client: OdooClient, settings: OdooSettings, _day: date | None) -> Extraction:
    fields: dict[str, str | None] = {name: name for name in RAW_PARTNERS.schema.names}
    if not settings.keep_contacts:
        fields.update(dict.fromkeys(_CONTACTS))
    rows = read_all(client, "res.partner", [f for f in fields.values() if f])
    table = to_table(rows, RAW_PARTNERS.schema, fields)
    return Extraction({RAW_PARTNERS.name: table}, row_totals(table))
