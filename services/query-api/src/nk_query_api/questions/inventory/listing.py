"""A page of a long list, and its figures, from columns in memory."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from nk_query_api.errors import BadQuestionError
from nk_query_api.kpis.base import Columns, Kpi
from nk_query_api.questions.inventory.catalogue import Places

Figures = dict[str, float | None]
"""By slug, as they are answered."""


@dataclass(frozen=True)
class Page:
    """`sort` is a column of the list."""

    sort: str
    order: Literal["asc", "desc"] = "desc"
    limit: int = 50
    offset: int = 0


def check_sort(page: Page, known: Collection[str]) -> None:
    """Raises BadQuestionError for a column that the list does not have."""
    if page.sort not in known:
        raise BadQuestionError(f"Rows cannot be sorted by {page.sort!r}; by: {', '.join(known)}.")


def rows_of_page(page: Page, values: npt.NDArray[Any], *ties: npt.NDArray[Any]) -> Places:
    """Which rows are on the page when they are sorted by `values`; `ties` decide between equals. What is not known
    comes last."""
    if values.dtype == object:
        values = np.unique(values, return_inverse=True)[1]
    known = values.astype(np.float64)
    key = np.nan_to_num(-known if page.order == "desc" else known, nan=np.inf)
    return np.lexsort((*reversed(ties), key))[page.offset : page.offset + page.limit]


def figures(kpis: Sequence[Kpi], sums: Columns, unknown: Collection[str] = ()) -> list[Figures]:
    """Of every row of sums; null for KPIs that are not known."""
    size = len(next(iter(sums.values())))
    columns = {kpi.slug: [None] * size if kpi.slug in unknown else kpi.values(sums) for kpi in kpis}
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def sorted_by(
    kpis: Sequence[Kpi], sums: Columns, unknown: Collection[str], slug: str
) -> npt.NDArray[np.float64]:
    """The figure of every row that the list is sorted by; NaN where it is not known."""
    kpi = next(kpi for kpi in kpis if kpi.slug == slug)
    size = len(next(iter(sums.values())))
    # Rounded as it is answered, so that what looks equal is.
    return np.full(size, np.nan) if slug in unknown else np.round(kpi.sums.of(sums), 6)


def taken(columns: Columns, rows: npt.NDArray[Any]) -> dict[str, npt.NDArray[np.float64]]:
    """Some rows of all columns."""
    return {name: column[rows] for name, column in columns.items()}


def total(columns: Columns) -> dict[str, npt.NDArray[np.float64]]:
    """All rows as one. Added up in more digits than are kept, so that none of those depends on the order."""
    return {name: np.array([column.sum(dtype=np.longdouble)], np.float64) for name, column in columns.items()}


def grouped(
    columns: Mapping[str, npt.NDArray[Any]], of: Places, size: int
) -> dict[str, npt.NDArray[np.float64]]:
    """One row for each group; `of` says whose a row is."""
    return {
        name: np.bincount(of, column, size).astype(np.float64, copy=False) for name, column in columns.items()
    }
