"""The tables and views that anybody may read, with what is known of them. All else in the serving file is ours."""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass
from typing import Literal

import duckdb
import pyarrow as pa

from nk_common.star import BY_NAME, TABLES
from nk_common.star.base import StarTable, StarView
from nk_common.star.views import VIEWS
from nk_query_api.serving.schema import create_table, create_view

Kind = Literal["fact", "dimension", "view"]


@dataclass(frozen=True)
class Documented:
    """A table or view. `datasets` fill it; `day` is the column that decides a row's day, if it has one.

    A view has no key: its `grain` says what a row is.
    """

    name: str
    kind: Kind
    grain: str
    datasets: tuple[str, ...]
    key: tuple[str, ...]
    day: str | None

    @property
    def schema(self) -> pa.Schema:
        """Columns in order."""
        table = BY_NAME.get(self.name)
        return table.schema if table else _view_schemas()[self.name]


def _of_table(table: StarTable) -> Documented:
    day = table.day if table.kind == "fact" else None
    return Documented(table.name, table.kind, table.grain, (table.dataset,), table.key, day)


def _of_view(view: StarView) -> Documented:
    words = set(re.findall(r"\w+", view.sql))
    datasets = dict.fromkeys(table.dataset for table in TABLES if table.name in words)
    return Documented(view.name, "view", view.grain, tuple(datasets), (), "date")


@functools.cache
def _view_schemas() -> dict[str, pa.Schema]:
    """Columns of the views, which DuckDB finds out from their SQL and empty tables."""
    with duckdb.connect() as empty:
        for statement in (*map(create_table, TABLES), *map(create_view, VIEWS)):
            empty.execute(statement)
        # Only our own names are written into SQL here.
        return {view.name: empty.sql(f'FROM "{view.name}"').to_arrow_table().schema for view in VIEWS}


DOCUMENTED: dict[str, Documented] = {
    one.name: one for one in (*map(_of_table, TABLES), *map(_of_view, VIEWS))
}
"""By name: facts, dimensions, views."""
