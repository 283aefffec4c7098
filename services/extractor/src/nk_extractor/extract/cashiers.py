"""`cashiers`: employees where orders name one (pos_hr), users where they do not."""

from __future__ import annotations

from datetime import date

from nk_common.datasets.cashiers import RAW_CASHIERS
from nk_extractor.extract.base import Extraction, read_all, row_totals
from nk_extractor.extract.pos import ORDER
from nk_extractor.odoo.client import OdooClient
from nk_extractor.odoo.columns import to_table
from nk_extractor.settings import OdooSettings


def extract(client: OdooClient, _settings: OdooSettings, _day: date | None) -> Extraction:
    model = "hr.employee" if "employee_id" in client.fields_of(ORDER) else "res.users"
    table = to_table(read_all(client, model, RAW_CASHIERS.schema.names), RAW_CASHIERS.schema)
    return Extraction({RAW_CASHIERS.name: table}, row_totals(table))
