"""Small dimensions that are one model, read whole, column for column."""

from __future__ import annotations

from datetime import date

import pyarrow as pa

from nk_common.datasets.base import LakeTable
from nk_common.datasets.companies import RAW_COMPANIES
from nk_common.datasets.locations import RAW_LOCATIONS
from nk_common.datasets.payment_methods import RAW_PAYMENT_METHODS
from nk_common.datasets.pos_configs import RAW_POS_CONFIGS
from nk_common.datasets.taxes import RAW_TAXES
from nk_common.datasets.types import TEXT, schema
from nk_common.datasets.uoms import RAW_UOMS
from nk_common.datasets.users import RAW_USERS
from nk_extractor.extract.base import Extract, Extraction, row_totals
from nk_extractor.extract.lookups import Finish, Lookup, attach
from nk_extractor.extract.masters import per_reference
from nk_extractor.odoo.client import OdooClient
from nk_extractor.odoo.versions import resolve
from nk_extractor.settings import OdooSettings


def whole(
    model: str,
    raw: LakeTable,
    related: dict[str, str] | None = None,
    finish: Finish = lambda _client, table: table,
) -> Extract:
    """Every record of `model`. `related`: of a many2one column, the model whose `name` goes into
    `column.name`. `finish` as in Lookup."""
    own = pa.schema([field for field in raw.schema if "." not in field.name])
    lookups = {
        column: Lookup(other, schema({"id": own.field("id").type}, name=TEXT), optional=True)
        for column, other in (related or {}).items()
    }

    def extract(client: OdooClient, _settings: OdooSettings, _day: date | None) -> Extraction:
        links = pa.schema([(column, own.field("id").type) for column in lookups if column not in own.names])
        columns = pa.schema([*own, *links])
        fields = {name: resolve(client, model, name) for name in columns.names if name != "id"}
        table = client.read_table(model, client.search(model, []), columns, fields)
        for column, lookup in lookups.items():
            table = attach(table, column, lookup.rows(client, table[column]), "name")
        table = finish(client, table).select(raw.schema.names).cast(raw.schema)
        return Extraction({raw.name: table}, row_totals(table))

    return extract


def simple_extracts() -> dict[str, Extract]:
    """By dataset."""
    return {
        "pos-configs": whole("pos.config", RAW_POS_CONFIGS),
        "payment-methods": whole("pos.payment.method", RAW_PAYMENT_METHODS),
        "taxes": whole("account.tax", RAW_TAXES),
        "locations": whole("stock.location", RAW_LOCATIONS),
        "uoms": whole("uom.uom", RAW_UOMS, {"category_id": "uom.category"}, per_reference),
        "users": whole("res.users", RAW_USERS),
        "companies": whole("res.company", RAW_COMPANIES, {"currency_id": "res.currency"}),
    }
