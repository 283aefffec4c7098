"""Which products and which places of stock a question is about."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from nk_query_api.kpis.dimensions import BRAND_KEY, CATEGORY_KEY, PARENT_KEY, PRINCIPAL_KEY, PRODUCT_LABELS
from nk_query_api.questions.filters import Binder, Values
from nk_query_api.serving.snapshot import Snapshot

PRODUCT_ID = "f.product_id"
"""Every product is a row of its own, also one that the dimension lacks: only its labels are those of the unknown."""
_GROUP_KEYS = {
    "product": PRODUCT_ID,
    "category": CATEGORY_KEY,
    "parent": PARENT_KEY,
    "brand": BRAND_KEY,
    "principal": PRINCIPAL_KEY,
}
_FOUND_BY = "lower(concat_ws(' ', coalesce(p.product_name, unknown.product_name), p.default_code, p.barcode))"


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

    def products(self, binder: Binder) -> str:
        """SQL condition over `f`, rows with a product id, beside PRODUCT_LABELS."""
        conditions = [
            f"{_GROUP_KEYS[group]} = ANY({binder.bind(list(values))}::{_type(values)}[])"
            for group, values in self.groups.items()
        ]
        if self.search:
            conditions.append(f"contains({_FOUND_BY}, lower({binder.bind(self.search)}))")
        return " AND ".join(conditions) or "true"

    def product_ids(self, binder: Binder) -> str:
        """SQL of the ids of the products: those of the dimension, and others that moved."""
        known = "SELECT product_id FROM dim_products UNION SELECT product_id FROM stock_flow_monthly"
        return f"SELECT f.product_id FROM ({known}) AS f {PRODUCT_LABELS} WHERE {self.products(binder)}"  # noqa: S608

    @property
    def narrows_products(self) -> bool:
        return bool(self.groups or self.search)

    def moved(self, binder: Binder) -> Iterator[str]:
        """SQL conditions over the places of moves."""
        yield f"usage = ANY({binder.bind(list(self.usages))}::VARCHAR[])"
        yield from self.at(binder)

    def held(self, elsewhere: Sequence[int], binder: Binder) -> Iterator[str]:
        """SQL conditions over the places of a snapshot. Its rows are stock; `elsewhere` are locations that by now
        are known to be none."""
        yield f"(usage IS NULL OR usage = ANY({binder.bind(list(self.usages))}::VARCHAR[]))"
        if elsewhere:
            yield f"location_id <> ALL({binder.bind(list(elsewhere))}::BIGINT[])"
        yield from self.at(binder)

    def elsewhere(self, look: Snapshot) -> list[int]:
        """Locations whose goods are not stock."""
        rows = look.rows(
            "SELECT location_id FROM dim_locations WHERE usage <> ALL($1::VARCHAR[])", [list(self.usages)]
        )
        return [location for (location,) in rows]

    def at(self, binder: Binder) -> Iterator[str]:
        """SQL condition of the locations that are asked for."""
        if self.locations:
            yield f"location_id = ANY({binder.bind(list(self.locations))}::BIGINT[])"


def _type(values: Values) -> str:
    return "VARCHAR" if values and isinstance(values[0], str) else "BIGINT"
