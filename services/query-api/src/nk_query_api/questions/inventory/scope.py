"""Which products and which places of stock a question is about."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from nk_query_api.questions.filters import Binder, Values
from nk_query_api.questions.inventory.catalogue import Catalogue, Flags, Ints, Places, places
from nk_query_api.serving.snapshot import Snapshot

_GROUP_KEYS = {"category": "category_id", "parent": "parent", "brand": "brand_id", "principal": "principal"}
"""Columns of the catalogue. Besides, every product is asked for by its id, also one that the dimension lacks."""


@dataclass(frozen=True)
class Scope:
    """Values of one field are alternatives, fields together must all hold. Empty means: no filter.

    `usages` are those of the locations whose goods are stock, which is a setting. `search` is looked for in a
    product's name, code and barcode.
    """

    usages: tuple[str, ...]
    groups: Mapping[str, Values] = field(default_factory=dict)
    locations: tuple[int, ...] = ()
    search: str = ""

    def chosen(self, known: Catalogue, products: Ints, at: Places) -> Flags:
        """Which of the products, at these places of the catalogue, are in it."""
        found = self._of_catalogue(known)[at]
        return found & np.isin(products, self._ids) if self._ids else found

    def product_ids(self, known: Catalogue, binder: Binder) -> str:
        """SQL condition on the product id, for products that the dimension lacks as well."""
        found = self._of_catalogue(known)
        if self._ids:
            asked = np.array(self._ids, np.int64)
            return f"product_id IN ({_list(asked[found[known.places(asked)]], binder)})"
        if found[-1]:
            return f"product_id NOT IN ({_list(known.ids[~found[:-1]], binder)})"
        return f"product_id IN ({_list(known.ids[found[:-1]], binder)})"

    @property
    def _ids(self) -> list[int]:
        return [value for value in self.groups.get("product", ()) if isinstance(value, int)]

    def _of_catalogue(self, known: Catalogue) -> Flags:
        """Which places of the catalogue the groups and the search leave."""
        found = np.ones(len(known.ids) + 1, np.bool_)
        for group, column in _GROUP_KEYS.items():
            if group in self.groups:
                wanted = set(self.groups[group])
                found &= np.array([value in wanted for value in known.columns[column].tolist()], np.bool_)
        if self.search:
            text = self.search.lower()
            found &= np.array([text in words for words in known.columns["found_by"]], np.bool_)
        return found

    @property
    def narrows_products(self) -> bool:
        return bool(self.groups or self.search)

    def moved(self, binder: Binder) -> Iterator[str]:
        """SQL conditions over the places of moves."""
        yield f"usage IN ({_each(self.usages, binder)})"
        yield from self.at(binder)

    def held(self, look: Snapshot, binder: Binder) -> Iterator[str]:
        """SQL conditions over the places of a snapshot. Its rows are stock, but for locations that by now are known
        to be none."""
        yield f"(usage IS NULL OR usage IN ({_each(self.usages, binder)}))"
        elsewhere = [
            location for location, place in places(look).items() if place.usage not in {None, *self.usages}
        ]
        if elsewhere:
            yield f"location_id NOT IN ({_each(elsewhere, binder)})"
        yield from self.at(binder)

    def at(self, binder: Binder) -> Iterator[str]:
        """SQL condition of the locations that are asked for."""
        if self.locations:
            yield f"location_id IN ({_each(self.locations, binder)})"


def _each(values: Sequence[object], binder: Binder) -> str:
    """Values one by one: compared with a list, every row would be compared with a list."""
    return ", ".join(binder.bind(value) for value in values)


def _list(ids: Ints, binder: Binder) -> str:
    return f"SELECT unnest({binder.bind(ids.tolist())}::BIGINT[])"
