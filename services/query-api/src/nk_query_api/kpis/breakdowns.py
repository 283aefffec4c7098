"""What sales can be broken down by. Joins are on ids; whoever is not in a dimension is its unknown member.

Every row of the fact falls into exactly one group, so the rows add up to the total.
"""

from __future__ import annotations

from dataclasses import dataclass

from nk_common.api.common import Text
from nk_common.star.base import UNKNOWN_ID
from nk_query_api.errors import BadQuestionError

NO_LABEL = "(unknown)"
"""Shown where the dimension itself, and with it the label of its unknown member, is not loaded."""

_WEEKDAYS = "['Senin', 'Selasa', 'Rabu', 'Kamis', 'Jumat', 'Sabtu', 'Minggu']"
_SOLD = {
    "revenue": "coalesce(fsum(f.revenue), 0)",
    "quantity": "coalesce(fsum(f.quantity), 0)",
    "transactions": "count(DISTINCT f.order_id) FILTER (NOT f.is_refund)",
}
_PAID = {
    "revenue": "coalesce(fsum(f.amount), 0)",
    "quantity": "0.0",
    "transactions": "count(DISTINCT f.order_id)",
}


@dataclass(frozen=True)
class Breakdown:
    """A grouping. `key` names a member; `path` are its labels, top first; both are SQL over `source`."""

    slug: str
    name: Text
    key: str
    path: tuple[str, ...]
    source: str = "fact_sales AS f"
    measures: tuple[tuple[str, str], ...] = tuple(_SOLD.items())

    @property
    def sql(self) -> str:
        """Rows of key, path, revenue, quantity, transactions, number of rows, revenue of all rows.

        Bind: start and end (exclusive) as local timestamps, and the limit.
        """
        measures = ", ".join(f"{sql} AS {name}" for name, sql in self.measures)
        labels = ", ".join(f"min({label})" for label in self.path)
        return (
            f"WITH members AS (SELECT CAST({self.key} AS VARCHAR) AS key, [{labels}] AS path, {measures} "  # noqa: S608
            f"FROM {self.source} WHERE f.date >= ? AND f.date < ? GROUP BY 1) "
            "SELECT key, path, revenue, quantity, transactions, count(*) OVER (), fsum(revenue) OVER () "
            "FROM members ORDER BY revenue DESC, key LIMIT ?"
        )


def _of_product(column: str) -> str:
    return f"coalesce(p.{column}, unknown.{column}, '{NO_LABEL}')"


def _product_breakdown(slug: str, name: Text, key: str, *path: str) -> Breakdown:
    """`unknown` is the one row that labels what has no product, or a product that the dimension lacks."""
    source = (
        f"fact_sales AS f LEFT JOIN dim_products AS p ON p.product_id = coalesce(f.product_id, {UNKNOWN_ID}) "
        f"LEFT JOIN dim_products AS unknown ON unknown.product_id = {UNKNOWN_ID}"
    )
    return Breakdown(slug, name, key, tuple(_of_product(column) for column in path), source)


def _member_breakdown(
    slug: str,
    name: Text,
    dimension: str,
    member: str,
    fact: str = "fact_sales",
    measures: dict[str, str] = _SOLD,
) -> Breakdown:
    """A dimension of its own, with columns `<member>_id` and `<member>_name`."""
    source = (
        f"{fact} AS f LEFT JOIN {dimension} AS d ON d.{member}_id = coalesce(f.{member}_id, {UNKNOWN_ID}) "
        f"LEFT JOIN {dimension} AS unknown ON unknown.{member}_id = {UNKNOWN_ID}"
    )
    label = f"coalesce(d.{member}_name, unknown.{member}_name, '{NO_LABEL}')"
    return Breakdown(
        slug, name, f"coalesce(d.{member}_id, {UNKNOWN_ID})", (label,), source, tuple(measures.items())
    )


_CATEGORY_KEY = f"coalesce(p.category_id, {UNKNOWN_ID})"
_BRAND_KEY = f"coalesce(p.product_brand_id, {UNKNOWN_ID})"

BREAKDOWNS: tuple[Breakdown, ...] = (
    _product_breakdown(
        "category-brand",
        Text(id="Kategori dan merek", en="Category and brand"),
        f"{_CATEGORY_KEY} || ':' || {_BRAND_KEY}",
        "product_parent_category",
        "product_category",
        "product_brand",
    ),
    _product_breakdown(
        "category",
        Text(id="Kategori", en="Category"),
        _CATEGORY_KEY,
        "product_parent_category",
        "product_category",
    ),
    _product_breakdown(
        "parent-category",
        Text(id="Kategori induk", en="Parent category"),
        _of_product("product_parent_category"),
        "product_parent_category",
    ),
    _product_breakdown("brand", Text(id="Merek", en="Brand"), _BRAND_KEY, "product_brand"),
    _product_breakdown(
        "principal", Text(id="Prinsipal", en="Principal"), _of_product("principal_name"), "principal_name"
    ),
    _product_breakdown(
        "product",
        Text(id="Produk", en="Product"),
        f"coalesce(p.product_id, {UNKNOWN_ID})",
        "product_parent_category",
        "product_category",
        "product_name",
    ),
    _member_breakdown("store", Text(id="Toko", en="Store"), "dim_pos_configs", "pos_config"),
    _member_breakdown("cashier", Text(id="Kasir", en="Cashier"), "dim_cashiers", "cashier"),
    _member_breakdown(
        "payment-method",
        Text(id="Metode pembayaran", en="Payment method"),
        "dim_payment_methods",
        "payment_method",
        "fact_payments",
        _PAID,
    ),
    Breakdown(
        "hour",
        Text(id="Jam", en="Hour"),
        "lpad(CAST(hour(f.date) AS VARCHAR), 2, '0')",
        ("strftime(f.date, '%H:00')",),
    ),
    Breakdown(
        "weekday",
        Text(id="Hari", en="Weekday"),
        "isodow(f.date)",
        (f"list_extract({_WEEKDAYS}, isodow(f.date))",),
    ),
)


def breakdown(slug: str) -> Breakdown:
    """The breakdown called `slug`. Raises BadQuestionError."""
    for item in BREAKDOWNS:
        if item.slug == slug:
            return item
    known = ", ".join(item.slug for item in BREAKDOWNS)
    raise BadQuestionError(f"Sales cannot be broken down by {slug!r}. Known dimensions: {known}.")
