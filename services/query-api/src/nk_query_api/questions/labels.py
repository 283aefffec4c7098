"""What the members of a dimension are called: read once for as long as the dimensions stay the same."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from nk_query_api.kpis.dimensions import Dimension
from nk_query_api.serving.snapshot import Snapshot

Places = npt.NDArray[np.intp]
"""Places in the list of members."""


@dataclass(frozen=True)
class Members:
    """Members of a dimension, in order of their keys. `values` are those of the dimension's column that are known, in
    order, each with the place of its member; every other value belongs to the member at `stranger`."""

    keys: Sequence[str]
    paths: Sequence[list[str]]
    values: npt.NDArray[Any]
    places: Places
    stranger: int

    def of_values(self, values: npt.NDArray[Any]) -> Places:
        """The member of each value."""
        if not len(self.values):
            return np.full(len(values), self.stranger, dtype=np.intp)
        known = np.ma.getdata(values).astype(self.values.dtype, copy=False)
        at = np.minimum(np.searchsorted(self.values, known), len(self.values) - 1)
        matched = (self.values[at] == known) & ~np.ma.getmaskarray(values)
        return np.where(matched, self.places[at], self.stranger)

    def of_keys(self, keys: npt.NDArray[Any]) -> Places:
        """The member with each key."""
        return np.searchsorted(np.asarray(self.keys, dtype=object), keys)

    @cached_property
    def texts(self) -> list[str]:
        """What a member is found by."""
        return [" ".join(path).lower() for path in self.paths]

    @cached_property
    def alphabetical(self) -> Places:
        """Where each member stands when sorted by its label."""
        order = sorted(range(len(self.keys)), key=lambda n: (self.paths[n][-1].lower(), self.keys[n]))
        return np.argsort(np.asarray(order, dtype=np.intp))


def members_of(look: Snapshot, dimension: Dimension) -> Members:
    """Every member that the dimension has now."""
    return look.of_dimensions(f"members by {dimension.slug}", lambda: _read(look, dimension))


def _read(look: Snapshot, dimension: Dimension) -> Members:
    labels = ", ".join(dimension.path)
    rows = look.rows(
        f"SELECT {dimension.value} AS value, CAST({dimension.key} AS VARCHAR) AS key, [{labels}] AS path "  # noqa: S608
        f"FROM (SELECT NULL AS {dimension.column} UNION ALL {dimension.known}) AS f {dimension.labels} "
        "WHERE key IS NOT NULL ORDER BY key, path"
    )
    paths: dict[str, list[str]] = {}
    for _, key, path in rows:
        paths.setdefault(key, path)
    place = {key: n for n, key in enumerate(paths)}
    strangers = [place[key] for value, key, _ in rows if value is None]
    known = sorted((value, place[key]) for value, key, _ in rows if value is not None)
    return Members(
        keys=list(paths),
        paths=list(paths.values()),
        values=np.asarray([value for value, _ in known], dtype=None if known else np.int64),
        places=np.asarray([at for _, at in known], dtype=np.intp),
        stranger=strangers[0] if strangers else 0,
    )
