"""What an extraction is. One module per dataset makes one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pyarrow as pa

from nk_common.datasets.base import ControlTotals
from nk_extractor.odoo.client import Domain, OdooClient
from nk_extractor.settings import OdooSettings

ODOO_TIME = "%Y-%m-%d %H:%M:%S"


@dataclass(frozen=True)
class Extraction:
    """All rows of one partition, per raw table, with the totals that later stages must keep."""

    tables: dict[str, pa.Table]
    totals: ControlTotals


Extract = Callable[[OdooClient, OdooSettings, date | None], Extraction]


def utc_bounds(day: date, timezone: ZoneInfo) -> tuple[str, str]:
    """The half-open UTC interval of a local day, as Odoo's text: start included, end excluded."""
    start = datetime.combine(day, time(), timezone).astimezone(UTC)
    end = datetime.combine(day + timedelta(days=1), time(), timezone).astimezone(UTC)
    return start.strftime(ODOO_TIME), end.strftime(ODOO_TIME)


def within(field: str, day: date, timezone: ZoneInfo) -> Domain:
    """Domain for a datetime field within a local day."""
    start, end = utc_bounds(day, timezone)
    return [[field, ">=", start], [field, "<", end]]


def row_totals(rows: pa.Table) -> ControlTotals:
    """Totals of a dimension: its rows."""
    return ControlTotals(rows.num_rows, rows.num_rows, 0.0, 0.0, 0.0)


def read_all(client: OdooClient, model: str, fields: list[str]) -> list[dict[str, object]]:
    """Every record of a small model, archived ones included, by its exact id set."""
    return client.read(model, client.search(model, []), fields)


def present(client: OdooClient, model: str, *names: str) -> dict[str, str | None]:
    """Each field name to itself, or to None where this database does not have it."""
    fields = client.fields_of(model)
    return {name: name if name in fields else None for name in names}
