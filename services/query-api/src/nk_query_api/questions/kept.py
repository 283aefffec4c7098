"""The smallest aggregate of sales, kept in memory while nothing is loaded: it has a few rows a day, and adding those up
takes numpy less time than it takes DuckDB to prepare a statement."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from nk_common.star.base import UNKNOWN_ID
from nk_query_api.kpis.base import Columns
from nk_query_api.questions.filters import Filters
from nk_query_api.questions.plan import Figures
from nk_query_api.questions.windows import Window
from nk_query_api.serving.rollups import CUBES
from nk_query_api.serving.sale_lines import MEASURES
from nk_query_api.serving.snapshot import Snapshot

Days = npt.NDArray[np.datetime64]
_CUBE = CUBES[0]
_MOST_ROWS = 60_000
"""More would take longer to read than many answers take: ten years of twenty shops are as many."""
_UNITS = 10_000
"""Of everything in one: whole numbers are added up exactly."""


@dataclass(frozen=True)
class _Kept:
    """Rows by day, ascending; sums as whole numbers of `_UNITS`."""

    day: Days
    is_pos: npt.NDArray[np.bool_]
    store: npt.NDArray[np.int64]
    sums: Columns


@dataclass(frozen=True)
class KeptRows:
    """What was sold in a window: a row, or several, for every day that has any."""

    day: Days
    sums: Columns

    def together(self) -> Columns:
        """The sums of all rows, as columns of one row; of none where there are no rows."""
        rows = min(1, len(self.day))
        return {name: np.full(rows, column.sum() / _UNITS) for name, column in self.sums.items()}

    def by(self, keys: Days) -> tuple[Days, Columns]:
        """The different ones of the rows' `keys`, and the sums of the rows of each."""
        found, at = np.unique(keys, return_inverse=True)
        columns = {name: np.bincount(at, weights=column) / _UNITS for name, column in self.sums.items()}
        return found, columns


def kept_rows(look: Snapshot, window: Window, filters: Filters, asked: Figures) -> KeptRows | None:
    """What the figures are sums of; None where only the database can tell."""
    if not _is_kept(window, filters, asked):
        return None
    kept = look.holdings().memory.of(_CUBE.name, look.data_version(), lambda: _read(look))
    if kept is None:
        return None
    ends = np.array([window.start, window.until.date()], "datetime64[D]")
    first, stop = np.searchsorted(kept.day, ends)
    there = slice(first, stop)
    wanted = np.ones(stop - first, np.bool_)
    if filters.source != "all":
        wanted &= kept.is_pos[there] == (filters.source == "pos")
    if filters.stores:
        wanted &= np.isin(kept.store[there], filters.stores)
    sums = {name: kept.sums[asked.column(name)][there][wanted] for name in asked.names}
    return KeptRows(kept.day[there][wanted], sums)


def _is_kept(window: Window, filters: Filters, asked: Figures) -> bool:
    """A day that is cut at a time of day has to be read by its lines; who is in no dimension is shown as unknown."""
    return (
        not asked.one_by_one
        and window.until.date() > window.end
        and filters.columns <= set(_CUBE.dimensions)
        and UNKNOWN_ID not in filters.stores
    )


def _read(look: Snapshot) -> _Kept | None:
    """All of the aggregate; None where that is too much."""
    (rows,) = look.row(f"SELECT count(*) FROM {_CUBE.name}")  # noqa: S608
    if rows > _MOST_ROWS:
        return None
    found = look.columns(
        f"SELECT day, source = 'pos' AS is_pos, store_id, {', '.join(MEASURES)} FROM {_CUBE.name} ORDER BY day"  # noqa: S608
    )
    sums = {name: np.rint(found[name].astype(np.float64) * _UNITS) for name in MEASURES}
    return _Kept(found["day"].astype("datetime64[D]"), found["is_pos"], found["store_id"], sums)
