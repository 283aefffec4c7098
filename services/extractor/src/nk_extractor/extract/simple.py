"""Small dimensions that are one model, read whole, column for column."""

from __future__ import annotations

from datetime import date

from nk_common.datasets.base import LakeTable
from nk_common.datasets.payment_methods import RAW_PAYMENT_METHODS
from nk_common.datasets.pos_configs import RAW_POS_CONFIGS
from nk_extractor.extract.base import Extract, Extraction, read_all, row_totals
from nk_extractor.odoo.client import OdooClient
from nk_extractor.odoo.columns import to_table
from nk_extractor.settings import OdooSettings


def _whole(model: str, raw: LakeTable) -> Extract:
    def extract(client: OdooClient, _settings: OdooSettings, _day: date | None) -> Extraction:
        table = to_table(read_all(client, model, raw.schema.names), raw.schema)
        return Extraction({raw.name: table}, row_totals(table))

    return extract


pos_configs = _whole("pos.config", RAW_POS_CONFIGS)
payment_methods = _whole("pos.payment.method", RAW_PAYMENT_METHODS)
