"""The dimensions whose members can be listed, derived from the star schema. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from nk_common.api.common import Text
from nk_common.star import BY_NAME
from nk_common.star.base import StarTable
from nk_query_api.errors import NotFoundError
from nk_query_api.kpis import dimensions as splits

PERSONAL = frozenset({"email", "phone"})
"""Columns that are never answered here: whoever needs to call a customer looks into Odoo."""
_PATHS = ("category_path", "complete_name")
_CODES = ("default_code", "ref")


@dataclass(frozen=True)
class MemberList:
    """A dimension and how its members are read.

    `source` is a table, or a subquery; `key`, `label`, `path`, `code`, `barcode`, `active` and `attributes`
    are columns of it, None where there is no such. `parameter` filters sales by keys, `breakdown` splits by
    them.
    """

    name: str
    title: Text
    dataset: str
    source: str
    key: str
    label: str
    path: str | None
    code: str | None
    barcode: str | None
    active: str | None
    attributes: tuple[str, ...]
    parameter: str | None = None
    breakdown: str | None = None

    @property
    def is_by_id(self) -> bool:
        """Keys are Odoo's ids and not names."""
        return self.key.endswith("_id")

    @property
    def searched(self) -> tuple[str, ...]:
        return tuple(column for column in (self.label, self.code, self.barcode) if column)


def _of_table(
    name: str, title: Text, table: StarTable, parameter: str | None = None, breakdown: str | None = None
) -> MemberList:
    """Every column of the dimension, but for personal data, where it belongs."""
    key = table.key[0]
    label = key.removesuffix("_id") + "_name"
    columns = [column for column in table.schema.names if column not in PERSONAL]
    path, code = _one_of(_PATHS, columns), _one_of(_CODES, columns)
    barcode, active = _one_of(("barcode",), columns), _one_of(("active",), columns)
    shown = {key, label, path, code, barcode, active}
    return MemberList(
        name, title, table.dataset, table.name, key, label, path, code, barcode, active,
        tuple(column for column in columns if column not in shown), parameter, breakdown,
    )  # fmt: skip


def _one_of(candidates: tuple[str, ...], columns: list[str]) -> str | None:
    return next((column for column in candidates if column in columns), None)


def _of_names(
    title: Text, name: str, column: str, other: tuple[str, str], split: splits.Dimension
) -> MemberList:
    """The distinct names in a column of the products, or of those that no product has yet."""
    table, named = other
    source = (
        f"(SELECT name, CAST(sum(product) AS BIGINT) AS products, bool_or(active) AS active FROM ("  # noqa: S608
        f"SELECT {column} AS name, if(product_id < 0, 0, 1) AS product, active FROM dim_products UNION ALL "
        f"SELECT {named}, 0, NULL FROM {table}) GROUP BY name)"
    )
    return MemberList(
        name, title, "products", source, "name", "name", None, None, None, "active", ("products",),
        split.slug.replace("-", "_"), split.slug,
    )  # fmt: skip


def _split(split: splits.Dimension, name: str, table: str) -> MemberList:
    """A dimension that sales can be filtered and split by."""
    return _of_table(name, split.name, BY_NAME[table], split.slug.replace("-", "_"), split.slug)


def _other(name: str, id_: str, en: str, table: str | None = None) -> MemberList:
    return _of_table(name, Text(id=id_, en=en), BY_NAME[table or f"dim_{name}"])


MEMBER_LISTS: tuple[MemberList, ...] = (
    _split(splits.PRODUCT, "products", "dim_products"),
    _split(splits.CATEGORY, "categories", "dim_categories"),
    _of_names(
        splits.PARENT_CATEGORY.name, "parent-categories", "product_parent_category",
        ("dim_categories", "parent_category_name"), splits.PARENT_CATEGORY,
    ),
    _split(splits.BRAND, "brands", "dim_brands"),
    _of_names(
        splits.PRINCIPAL.name, "principals", "principal_name", ("dim_brands", "principal_name"), splits.PRINCIPAL
    ),
    _split(splits.STORE, "stores", "dim_pos_configs"),
    _split(splits.CASHIER, "cashiers", "dim_cashiers"),
    _split(splits.CUSTOMER, "customers", "dim_partners"),
    _split(splits.PAYMENT_METHOD, "payment-methods", "dim_payment_methods"),
    _other("locations", "Lokasi stok", "Stock location"),
    _other("taxes", "Pajak", "Tax"),
    _other("uoms", "Satuan", "Unit of measure"),
    _other("users", "Pengguna Odoo", "Odoo user"),
    _other("companies", "Perusahaan", "Company"),
    _other("lots", "Lot atau nomor seri", "Lot or serial number"),
)  # fmt: skip


def member_list(name: str) -> MemberList:
    """The dimension called `name`. Raises NotFoundError."""
    for item in MEMBER_LISTS:
        if item.name == name:
            return item
    known = ", ".join(item.name for item in MEMBER_LISTS)
    raise NotFoundError(f"There is no dimension {name!r}. Known dimensions: {known}.")
