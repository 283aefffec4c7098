"""Sums of sales by the members of a dimension, for several windows in one statement."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from nk_query_api.kpis.base import Columns, Kpi
from nk_query_api.kpis.dimensions import HOUR, Dimension
from nk_query_api.questions.counting import counted_group
from nk_query_api.questions.filters import Binder, Filters
from nk_query_api.questions.labels import Members, Places, members_of
from nk_query_api.questions.payments import payment_sums
from nk_query_api.questions.plan import Figures, figures, rows_by_part
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
    binder = Binder()
    found = look.columns(_sql(dimension, asked, windows, filters, binder), binder.values)
    members = members_of(look, dimension)
    places = members.of_keys(found["key"]) if asked.one_by_one else members.of_values(found["value"])
    return _spread(found, places, list(asked.sums), len(windows), members)


def _sql(
    dimension: Dimension, asked: Figures, windows: Sequence[Window], filters: Filters, binder: Binder
) -> str:
    """Columns: part (the number of the window), value, sums. Documents that are counted one by one are counted by
    member, as `key`: adding up those of its values would count some of them twice."""
    rows = _rows(dimension, asked, windows, filters, binder)
    member, labels = f"{dimension.value} AS value", ""
    if asked.one_by_one:
        member, labels = f"CAST({dimension.key} AS VARCHAR) AS key", dimension.labels
    timed = "WHERE f.hour IS NOT NULL" if dimension is HOUR else ""
    return f"SELECT part, {member}, {asked.sql} FROM ({rows}) AS f {labels} {timed} GROUP BY 1, 2"  # noqa: S608


def _rows(
    dimension: Dimension, asked: Figures, windows: Sequence[Window], filters: Filters, binder: Binder
) -> str:
    if dimension.kind != "payment":
        return rows_by_part(dict(enumerate(windows)), filters, (dimension.column,), asked, binder)
    return " UNION ALL ".join(
        f"SELECT {n} AS part, * FROM ({payment_sums(window, filters, binder)})"  # noqa: S608
        for n, window in enumerate(windows)
    )


def _spread(
    found: Columns, places: Places, names: Sequence[str], windows: int, members: Members
) -> list[MemberSums]:
    """From rows to one array by window, with a place for every member."""
    size = len(members.keys)
    at = found["part"].astype(np.intp) * size + places
    count = windows * size

    def by_place(weights: npt.NDArray[np.float64] | None) -> npt.NDArray[np.float64]:
        sums = np.bincount(at, weights=weights, minlength=count)
        return sums.astype(np.float64, copy=False).reshape(windows, size)

    there = by_place(None) > 0
    columns = {name: by_place(np.asarray(found[name], dtype=np.float64)) for name in names}
    return [MemberSums({name: c[n] for name, c in columns.items()}, there[n]) for n in range(windows)]
