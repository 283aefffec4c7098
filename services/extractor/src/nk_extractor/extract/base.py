"""What an extraction is. One module per dataset makes one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.compute as pc

from nk_common.datasets.base import ControlTotals
from nk_common.errors import DayChangedError
from nk_extractor.odoo.client import Domain, OdooClient
from nk_extractor.settings import OdooSettings

ODOO_TIME = "%Y-%m-%d %H:%M:%S"


@dataclass(frozen=True)
class Extraction:
    """All rows of one partition, per raw table, with the totals that later stages must keep."""

    tables: dict[str, pa.Table]
    totals: ControlTotals


Extract = Callable[[OdooClient, OdooSettings, date | None], Extraction]

_REREADS = 3


def utc_bounds(day: date, timezone: ZoneInfo) -> tuple[str, str]:
    """The half-open UTC interval of a local day, as Odoo's text: start included, end excluded."""
    start = datetime.combine(day, time(), timezone).astimezone(UTC)
    end = datetime.combine(day + timedelta(days=1), time(), timezone).astimezone(UTC)
    return start.strftime(ODOO_TIME), end.strftime(ODOO_TIME)


def within(field: str, day: date, timezone: ZoneInfo) -> Domain:
    """Domain for a datetime field within a local day."""
    start, end = utc_bounds(day, timezone)
    return [[field, ">=", start], [field, "<", end]]


def settled(read: Callable[[], Extraction | None], what: str) -> Extraction:
    """What `read` returns once the day held still while it was read (until then it returns None).

    The calls of one day are not one transaction in Odoo. Raises DayChangedError after a few attempts.
    """
    for _ in range(_REREADS):
        extraction = read()
        if extraction is not None:
            return extraction
    raise DayChangedError(f"{what} kept changing while it was read; it is tried again.")


def holds_still(client: OdooClient, model: str, domain: Domain, rows: pa.Table) -> bool:
    """Whether the records of `domain` are still those in `rows` (columns `id` and `write_date`)."""
    newest = pc.max(rows["write_date"]).as_py()
    text = newest.strftime(ODOO_TIME) if newest else None
    return client.count_and_newest(model, domain) == (rows.num_rows, text)


def column_sum(column: pa.ChunkedArray) -> float:
    """Sum in which null counts as 0."""
    return float(pc.sum(column).as_py() or 0.0)


def line_totals(lines: pa.Table, document: str, quantity: str, amount: str | None = None) -> ControlTotals:
    """Totals of a table of lines as Odoo has them, before anything is cleaned."""
    return ControlTotals(
        documents=pc.count_distinct(lines[document], mode="only_valid").as_py(),
        lines=lines.num_rows,
        quantity=column_sum(lines[quantity]),
        amount=column_sum(lines[amount]) if amount else 0.0,
        payments=0.0,
    )


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
