"""Filters on sales: which lines of the range count. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal

from nk_common.star.base import UNKNOWN_ID
from nk_query_api.kpis.dimensions import (
    BRAND_KEY,
    CATEGORY_KEY,
    PARENT_KEY,
    PRINCIPAL_KEY,
    PRODUCT_KEY,
    PRODUCT_LABELS,
)

Source = Literal["all", "pos", "invoice"]
Values = tuple[int, ...] | tuple[str, ...]

_GROUP_KEYS = {
    "product": PRODUCT_KEY,
    "category": CATEGORY_KEY,
    "parent": PARENT_KEY,
    "brand": BRAND_KEY,
    "principal": PRINCIPAL_KEY,
}


_IDS = {"product": "product_id", "category": "category_id", "brand": "product_brand_id"}
"""Columns of the product dimension that hold the ids of a group."""


class Binder:
    """Collects the values of a statement: `bind` gives the place that stands for one."""

    def __init__(self) -> None:
        self.values: list[object] = []

    def bind(self, value: object) -> str:
        self.values.append(value)
        return f"${len(self.values)}"


@dataclass(frozen=True)
class Filters:
    """Values of one field are alternatives, fields together must all hold. Empty means: no filter.

    `product_groups` is by group of products (product, category, parent, brand, principal). `hours` are inclusive,
    0 to 23; with them, sales without a time of day are left out.
    """

    source: Source = "all"
    stores: tuple[int, ...] = ()
    cashiers: tuple[int, ...] = ()
    customers: tuple[int, ...] = ()
    payment_methods: tuple[int, ...] = ()
    hours: tuple[int, int] | None = None
    product_groups: dict[str, Values] = field(default_factory=dict)

    @property
    def columns(self) -> set[str]:
        """Dimensions of sale lines that the filters look at."""
        looked_at = {
            "source": self.source != "all",
            "store_id": self.stores,
            "cashier_id": self.cashiers,
            "customer_id": self.customers,
            "payments": self.payment_methods,
            "hour": self.hours,
            "product_id": self.product_groups,
        }
        return {name for name, used in looked_at.items() if used}

    def conditions(self, binder: Binder) -> Iterator[str]:
        """SQL over a table of sale lines or of an aggregate of them."""
        if self.source != "all":
            yield f"source = {binder.bind(self.source)}"
        for column, ids in (
            ("store_id", self.stores),
            ("cashier_id", self.cashiers),
            ("customer_id", self.customers),
        ):
            if ids:
                yield one_of(column, ids, binder)
        if self.payment_methods:
            yield f"payments IN ({self._payments(binder)})"
        if self.hours:
            yield f"hour BETWEEN {binder.bind(self.hours[0])} AND {binder.bind(self.hours[1])}"
        if self.product_groups:
            yield f"product_id IN ({self._products(binder)})"

    def _payments(self, binder: Binder) -> str:
        """Lists of payment methods, as text, that name one of those."""
        if UNKNOWN_ID not in self.payment_methods:
            ids = "|".join(map(str, self.payment_methods))
            pattern = binder.bind(rf"\b({ids})\b")
            return f"SELECT payments FROM sales_by_payment_monthly WHERE regexp_matches(payments, {pattern})"  # noqa: S608
        return (
            "SELECT payments FROM (SELECT DISTINCT payments, "  # noqa: S608
            "unnest(CAST(payments AS BIGINT[])) AS payment_method_id FROM sales_by_payment_monthly) "
            f"WHERE {one_of('payment_method_id', self.payment_methods, binder)}"
        )

    def _products(self, binder: Binder) -> str:
        """Ids of the products that are in all of the groups."""
        if all(_IDS.get(group) and UNKNOWN_ID not in values for group, values in self.product_groups.items()):
            conditions = (
                f"{_IDS[group]} IN ({', '.join(map(binder.bind, values))})"
                for group, values in self.product_groups.items()
            )
            return f"SELECT product_id FROM dim_products WHERE {' AND '.join(conditions)}"  # noqa: S608
        return self._with_strangers(binder)

    def _with_strangers(self, binder: Binder) -> str:
        """The same where also products may count that the dimension lacks; it takes several times longer to prepare."""
        conditions = " AND ".join(
            f"{_GROUP_KEYS[group]} = ANY({binder.bind(list(values))}::{_type(values)}[])"
            for group, values in self.product_groups.items()
        )
        return (
            "SELECT f.product_id FROM (SELECT DISTINCT product_id FROM sales_by_product_monthly) AS f "  # noqa: S608
            f"{PRODUCT_LABELS} WHERE {conditions}"
        )


_KNOWN = {
    "store_id": "SELECT pos_config_id FROM dim_pos_configs",
    "cashier_id": "SELECT cashier_id FROM dim_cashiers",
    "customer_id": "SELECT partner_id FROM dim_partners",
    "payment_method_id": "SELECT payment_method_id FROM dim_payment_methods",
}


def one_of(column: str, ids: Sequence[int], binder: Binder) -> str:
    """SQL: the column names one of these members. Whoever is not in the dimension is shown as its unknown member, and
    found as that."""
    strangers = f" OR {column} NOT IN ({_KNOWN[column]})" if UNKNOWN_ID in ids else ""
    return f"({column} = ANY({binder.bind(list(ids))}::BIGINT[]){strangers})"


def _type(values: Values) -> str:
    return "VARCHAR" if values and isinstance(values[0], str) else "BIGINT"
