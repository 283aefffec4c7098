"""What sales can be split and filtered by. Joins are on ids; whoever is not in a dimension is its unknown member.

Every sale line falls into exactly one member of a dimension, so the members add up to the total.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from nk_common.api.common import Text
from nk_common.star.base import UNKNOWN_ID
from nk_query_api.errors import BadQuestionError
from nk_query_api.serving.sale_lines import UNKNOWN_NAME

NO_LABEL = UNKNOWN_NAME
_WEEKDAYS = "['Senin', 'Selasa', 'Rabu', 'Kamis', 'Jumat', 'Sabtu', 'Minggu']"

Kind = Literal["document", "product", "time", "payment"]
"""Whether a document lies in one member of it, may lie in several, or is paid in several."""


@dataclass(frozen=True)
class Dimension:
    """A way to split sales.

    `column` is that of the aggregate `f` that it needs, `value` what of it says the member, and `known` a query of
    all values that have a label. `key` names a member and `path` are its labels, top first; both are SQL over `f`
    and the joined `labels`. `group` is the group of products (`PRODUCT_GROUPS`).
    """

    slug: str
    name: Text
    kind: Kind
    column: str
    known: str
    key: str
    path: tuple[str, ...]
    labels: str = ""
    group: str | None = None
    expression: str = ""

    @property
    def value(self) -> str:
        return self.expression or f"f.{self.column}"


def _of_product(column: str) -> str:
    return f"coalesce(p.{column}, unknown.{column}, '{NO_LABEL}')"


PRODUCT_LABELS = (
    "LEFT JOIN dim_products AS p ON p.product_id = f.product_id "
    f"LEFT JOIN dim_products AS unknown ON unknown.product_id = {UNKNOWN_ID}"
)
"""`unknown` is the one row that labels what has no product, or a product that the dimension lacks."""


def _of_products(slug: str, group: str, name: Text, key: str, *path: str) -> Dimension:
    return Dimension(
        slug, name, "product", "product_id", "SELECT product_id FROM dim_products", key,
        tuple(_of_product(column) for column in path), PRODUCT_LABELS, group,
    )  # fmt: skip


def _of_documents(slug: str, name: Text, column: str, dimension: str, member: str) -> Dimension:
    """A dimension of its own, with columns `<member>_id` and `<member>_name`."""
    labels = (
        f"LEFT JOIN {dimension} AS d ON d.{member}_id = f.{column} "
        f"LEFT JOIN {dimension} AS unknown ON unknown.{member}_id = {UNKNOWN_ID}"
    )
    label = f"coalesce(d.{member}_name, unknown.{member}_name, '{NO_LABEL}')"
    return Dimension(
        slug,
        name,
        "document",
        column,
        f"SELECT {member}_id FROM {dimension}",  # noqa: S608
        f"coalesce(d.{member}_id, {UNKNOWN_ID})",
        (label,),
        labels,
    )


PRODUCT_KEY = f"coalesce(p.product_id, {UNKNOWN_ID})"
CATEGORY_KEY = f"coalesce(p.category_id, {UNKNOWN_ID})"
BRAND_KEY = f"coalesce(p.product_brand_id, {UNKNOWN_ID})"
PARENT_KEY = _of_product("product_parent_category")
PRINCIPAL_KEY = _of_product("principal_name")

CATEGORY_BRAND = _of_products(
    "category-brand", "category_brand", Text(id="Kategori dan merek", en="Category and brand"),
    f"{CATEGORY_KEY} || ':' || {BRAND_KEY}", "product_parent_category", "product_category", "product_brand",
)  # fmt: skip
CATEGORY = _of_products(
    "category", "category", Text(id="Kategori", en="Category"), CATEGORY_KEY,
    "product_parent_category", "product_category",
)  # fmt: skip
PARENT_CATEGORY = _of_products(
    "parent-category", "parent", Text(id="Kategori induk", en="Parent category"), PARENT_KEY,
    "product_parent_category",
)  # fmt: skip
BRAND = _of_products("brand", "brand", Text(id="Merek", en="Brand"), BRAND_KEY, "product_brand")
PRINCIPAL = _of_products(
    "principal", "principal", Text(id="Prinsipal", en="Principal"), PRINCIPAL_KEY, "principal_name"
)
PRODUCT = _of_products(
    "product", "product", Text(id="Produk", en="Product"), PRODUCT_KEY,
    "product_parent_category", "product_category", "product_name",
)  # fmt: skip
STORE = _of_documents("store", Text(id="Toko", en="Store"), "store_id", "dim_pos_configs", "pos_config")
CASHIER = _of_documents("cashier", Text(id="Kasir", en="Cashier"), "cashier_id", "dim_cashiers", "cashier")
CUSTOMER = _of_documents(
    "customer", Text(id="Pelanggan", en="Customer"), "customer_id", "dim_partners", "partner"
)
SOURCE = Dimension(
    "source", Text(id="Jenis penjualan", en="Kind of sale"), "document", "source",
    "SELECT unnest(['pos', 'invoice'])", "f.source", ("if(f.source = 'pos', 'Kasir (POS)', 'Faktur')",),
    expression="CAST(f.source AS VARCHAR)",
)  # fmt: skip
PAYMENT_METHOD = Dimension(
    "payment-method", Text(id="Metode pembayaran", en="Payment method"), "payment", "payment_method_id",
    "SELECT payment_method_id FROM dim_payment_methods", f"coalesce(d.payment_method_id, {UNKNOWN_ID})",
    (f"coalesce(d.payment_method_name, unknown.payment_method_name, '{NO_LABEL}')",),
    "LEFT JOIN dim_payment_methods AS d ON d.payment_method_id = f.payment_method_id "
    f"LEFT JOIN dim_payment_methods AS unknown ON unknown.payment_method_id = {UNKNOWN_ID}",
)  # fmt: skip
HOUR = Dimension(
    "hour", Text(id="Jam", en="Hour"), "time", "hour", "SELECT unnest(range(24))",
    "lpad(CAST(f.hour AS VARCHAR), 2, '0')", ("lpad(CAST(f.hour AS VARCHAR), 2, '0') || ':00'",),
    expression="CAST(f.hour AS BIGINT)",
)  # fmt: skip
WEEKDAY = Dimension(
    "weekday", Text(id="Hari", en="Weekday"), "time", "day",
    "SELECT unnest(range(DATE '2001-01-01', DATE '2001-01-08', INTERVAL 1 DAY))::DATE", "isodow(f.day)",
    (f"list_extract({_WEEKDAYS}, isodow(f.day))",), expression="isodow(f.day)",
)  # fmt: skip

DIMENSIONS: tuple[Dimension, ...] = (
    CATEGORY_BRAND, CATEGORY, PARENT_CATEGORY, BRAND, PRINCIPAL, PRODUCT, STORE, CASHIER, CUSTOMER, SOURCE,
    PAYMENT_METHOD, HOUR, WEEKDAY,
)  # fmt: skip
SPLITS: tuple[str, ...] = tuple(d.slug for d in DIMENSIONS if d.kind != "payment")
"""What a figure of sale lines can be split by: everything but payments, which belong to whole orders."""


def dimension(slug: str) -> Dimension:
    """The dimension called `slug`. Raises BadQuestionError."""
    for item in DIMENSIONS:
        if item.slug == slug:
            return item
    known = ", ".join(item.slug for item in DIMENSIONS)
    raise BadQuestionError(f"Sales cannot be broken down by {slug!r}. Known dimensions: {known}.")
