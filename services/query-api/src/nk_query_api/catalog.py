"""The catalogue: documented tables and views, their columns in words, and what is held of them."""

from __future__ import annotations

import pyarrow as pa

from nk_common.api.catalog import Catalog, CatalogColumn, CatalogTable, HeldDays
from nk_common.star import TABLES
from nk_common.star.descriptions import REFERENCES, describe
from nk_query_api.documented import DOCUMENTED, Documented
from nk_query_api.errors import NotFoundError
from nk_query_api.serving.snapshot import Snapshot

_TYPES = {
    pa.int64(): "integer",
    pa.float64(): "number",
    pa.string(): "text",
    pa.bool_(): "boolean",
    pa.date32(): "date",
    pa.timestamp("us"): "timestamp",
}
_HELD_DAYS = """
SELECT min(day), max(day), count(*) FROM (
    SELECT day FROM loaded_days WHERE day IS NOT NULL AND list_contains(?, dataset)
    GROUP BY day HAVING count(DISTINCT dataset) = ?)
"""


def documented(name: str) -> Documented:
    """The table or view of that name. Raises NotFoundError."""
    found = DOCUMENTED.get(name)
    if found is None:
        raise NotFoundError(f"There is no table {name!r}; /v1/catalog lists what there is.")
    return found


def catalog(look: Snapshot) -> Catalog:
    """All of them, facts first."""
    rows = _rows(look)
    tables = [_table(look, one, rows.get(one.name)) for one in DOCUMENTED.values()]
    return Catalog(data_version=look.data_version(), tables=tables)


def catalog_table(look: Snapshot, one: Documented) -> CatalogTable:
    """One of them."""
    return _table(look, one, _rows(look).get(one.name))


def _rows(look: Snapshot) -> dict[str, int]:
    """Rows of every table. DuckDB counts whole tables from what it knows of their pieces, without reading them."""
    counts = " UNION ALL ".join(f"SELECT '{table.name}', count(*) FROM \"{table.name}\"" for table in TABLES)  # noqa: S608
    return dict(look.rows(counts))


def _table(look: Snapshot, one: Documented, rows: int | None) -> CatalogTable:
    return CatalogTable(
        name=one.name,
        kind=one.kind,
        grain=one.grain,
        datasets=list(one.datasets),
        key=list(one.key),
        day_column=one.day,
        columns=[_column(one, field) for field in one.schema],
        rows=rows,
        days=_days(look, one) if one.day else None,
    )


def _column(one: Documented, field: pa.Field) -> CatalogColumn:
    target = REFERENCES.get(field.name)
    return CatalogColumn(
        name=field.name,
        type=_TYPES[field.type],
        nullable=field.nullable,
        description=describe(one.name, field.name),
        references=target if target != one.name else None,
    )


def _days(look: Snapshot, one: Documented) -> HeldDays | None:
    first, last, count = look.row(_HELD_DAYS, [list(one.datasets), len(one.datasets)])
    return HeldDays(first=first, last=last, count=count) if count else None
