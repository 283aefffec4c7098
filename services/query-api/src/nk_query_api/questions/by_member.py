"""Sums of sales by the members of a dimension, for several windows in one statement."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from nk_query_api.kpis.base import Columns, Kpi
from nk_query_api.kpis.dimensions import HOUR, Dimension
from nk_query_api.questions.counting import counted_group
from nk_query_api.questions.filters import Binder, Filters
from nk_query_api.questions.labels import Places, members_of
from nk_query_api.questions.payments import payment_sums
from nk_query_api.questions.plan import (
    Figures,
    aggregate_rows,
    document_rows,
    documents,
    figures,
    rows_of,
)
from nk_query_api.questions.windows import Window
from nk_query_api.serving.sale_lines import DOCUMENT
from nk_query_api.serving.snapshot import Snapshot


@dataclass(frozen=True)
class MemberSums:
    """The sums of one window, a value for every member of the dimension; `there` are those that have any rows."""

    columns: Columns
    there: npt.NDArray[np.bool_]

    def of(self, places: Places) -> Columns:
        """The sums of some of the members."""
        return {name: column[places] for name, column in self.columns.items()}


def sums_by_member(
    look: Snapshot, dimension: Dimension, kpis: Sequence[Kpi], windows: Sequence[Window], filters: Filters
) -> list[MemberSums]:
    """What the figures are made of, window by window."""
    group = DOCUMENT if dimension.kind == "payment" else counted_group(dimension.group, filters)
    asked = figures(kpis, group)
    members = members_of(look, dimension)
    binder = Binder()
    found = look.columns(_sql(dimension, asked, windows, filters, binder), binder.values)
    rows = [(found, members.of_values(found["value"]))]
    if dimension.kind == "product" and asked.one_by_one:
        binder = Binder()
        found = look.columns(_documents_sql(dimension, asked, windows, filters, binder), binder.values)
        rows.append((found, members.of_keys(found["key"])))
    return _spread(rows, asked.names, len(windows), len(members.keys))


def _sql(
    dimension: Dimension, asked: Figures, windows: Sequence[Window], filters: Filters, binder: Binder
) -> str:
    """Columns: part (the number of the window), value, sums."""
    timed = "WHERE f.hour IS NOT NULL" if dimension is HOUR else ""
    rows = _rows(dimension, asked, dict(enumerate(windows)), filters, binder)
    return f"SELECT part, {dimension.value} AS value, {asked.sql} FROM ({rows}) AS f {timed} GROUP BY 1, 2"  # noqa: S608


def _rows(
    dimension: Dimension, asked: Figures, windows: Mapping[int, Window], filters: Filters, binder: Binder
) -> str:
    if dimension.kind == "payment":
        return " UNION ALL ".join(
            f"SELECT {n} AS part, * FROM ({payment_sums(window, filters, binder)})"  # noqa: S608
            for n, window in windows.items()
        )
    if dimension.kind == "product":
        return aggregate_rows(windows, filters, (dimension.column,), asked, binder)
    return rows_of(windows, filters, (dimension.column,), asked, binder)


def _documents_sql(
    dimension: Dimension, asked: Figures, windows: Sequence[Window], filters: Filters, binder: Binder
) -> str:
    """Columns: part, key, sums, of which only the documents are not 0. They are counted by member: a document of two
    products of a member is one of it."""
    lines = document_rows(dict(enumerate(windows)), filters, (dimension.column,), binder)
    key = f"CAST({dimension.key} AS VARCHAR) AS key"
    keyed = f"SELECT part, {key}, document, is_refund FROM ({lines}) AS f {dimension.labels}"  # noqa: S608
    counted = f"SELECT part, key, {asked.counted} FROM ({documents(keyed, 'part, key')})"  # noqa: S608
    return f"SELECT part, key, {asked.sql} FROM ({counted}) GROUP BY 1, 2"  # noqa: S608


def _spread(
    rows: Sequence[tuple[Columns, Places]], names: Sequence[str], windows: int, size: int
) -> list[MemberSums]:
    """From rows to one array by window, with a place for every member."""
    at = np.concatenate([found["part"].astype(np.intp) * size + places for found, places in rows])

    def by_place(weights: npt.NDArray[np.float64] | None) -> npt.NDArray[np.float64]:
        sums = np.bincount(at, weights=weights, minlength=windows * size)
        return sums.astype(np.float64, copy=False).reshape(windows, size)

    there = by_place(None) > 0
    columns = {
        name: by_place(np.concatenate([np.asarray(found[name], dtype=np.float64) for found, _ in rows]))
        for name in names
    }
    return [MemberSums({name: c[n] for name, c in columns.items()}, there[n]) for n in range(windows)]
