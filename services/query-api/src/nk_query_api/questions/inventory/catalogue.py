"""What the dimensions say of products and places, kept in memory: to join them anew takes longer than to add up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from nk_common.star.base import UNKNOWN_ID
from nk_query_api.kpis.dimensions import NO_LABEL
from nk_query_api.serving.snapshot import Snapshot

Ints = npt.NDArray[np.int64]
Places = npt.NDArray[np.intp]
"""Places in the catalogue."""
Flags = npt.NDArray[np.bool_]
PRODUCT_PATH = ("parent", "category", "name")
"""Columns of the labels of a product, top first."""
_COLUMNS = {
    "name": "product_name",
    "category": "product_category",
    "parent": "product_parent_category",
    "brand": "product_brand",
    "principal": "principal_name",
    "code": "default_code",
    "barcode": "barcode",
    "unit_price": "CAST(list_price AS DOUBLE)",
    "is_storable": "coalesce(is_storable, true)",
    "category_id": f"coalesce(category_id, {UNKNOWN_ID})",
    "brand_id": f"coalesce(product_brand_id, {UNKNOWN_ID})",
}
_LABELS = ("name", "category", "parent", "brand", "principal")


@dataclass(frozen=True)
class Groups:
    """Members of a group of products, in order, and the number of that of each product of the catalogue."""

    members: npt.NDArray[Any]
    of: Places


@dataclass(frozen=True)
class Catalogue:
    """`columns` of the products with these ids, which ascend. Each has one value more, at the end, for whatever product
    the dimension lacks: its labels are those of the unknown one, and it is kept in stock."""

    ids: Ints
    columns: Mapping[str, npt.NDArray[Any]]
    _groups: dict[str, Groups] = field(default_factory=dict)

    def places(self, products: Ints) -> Places:
        """Of the products; the last one of those that the dimension lacks."""
        stranger = len(self.ids)
        if not stranger:
            return np.zeros(len(products), np.intp)
        at = np.minimum(np.searchsorted(self.ids, products), stranger - 1)
        return np.where(self.ids[at] == products, at, stranger)

    def groups(self, column: str) -> Groups:
        """Products by their value of a column."""
        if column not in self._groups:
            self._groups[column] = Groups(*np.unique(self.columns[column], return_inverse=True))
        return self._groups[column]

    def path(self, at: int, columns: tuple[str, ...] = PRODUCT_PATH) -> list[str]:
        """Labels of the product there."""
        return [self.columns[column][at] for column in columns]


@dataclass(frozen=True)
class Place:
    """A location; `usage` null: not known."""

    name: str | None
    usage: str | None


def catalogue(look: Snapshot) -> Catalogue:
    """Of the snapshot."""
    return look.of_dimensions("products", lambda: _read(look))


def places(look: Snapshot) -> dict[int, Place]:
    """By location_id."""
    return look.of_dimensions("places", lambda: _places(look))


def _places(look: Snapshot) -> dict[int, Place]:
    rows = look.rows("SELECT location_id, complete_name, usage FROM dim_locations")
    return {location: Place(name, usage) for location, name, usage in rows}


def _read(look: Snapshot) -> Catalogue:
    columns = ", ".join(_COLUMNS.values())
    rows = look.rows(f"SELECT product_id, {columns} FROM dim_products ORDER BY product_id")  # noqa: S608
    unknown = next((row for row in rows if row[0] == UNKNOWN_ID), None)
    stranger = dict(zip(_COLUMNS, unknown[1:], strict=True)) if unknown else {}
    labels = {name: NO_LABEL if stranger.get(name) is None else stranger[name] for name in _LABELS}
    last = {"is_storable": True, "category_id": UNKNOWN_ID, "brand_id": UNKNOWN_ID, **labels}
    found = {
        name: [labels.get(name) if row[n] is None else row[n] for row in rows] + [last.get(name)]
        for n, name in enumerate(_COLUMNS, 1)
    }
    texts = zip(found["name"], found["code"], found["barcode"], strict=True)
    found["found_by"] = [" ".join(word for word in words if word is not None).lower() for words in texts]
    found["folded"] = [name.lower() for name in found["name"]]
    kinds = {"unit_price": np.float64, "is_storable": np.bool_, "category_id": np.int64, "brand_id": np.int64}
    arrays: dict[str, npt.NDArray[Any]] = {
        name: np.array(column, kinds.get(name, object)) for name, column in found.items()
    }
    return Catalogue(np.array([row[0] for row in rows], np.int64), arrays)
