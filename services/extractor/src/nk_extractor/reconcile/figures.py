"""What is compared of a document, and how a dataset says where its figures come from. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date

import pyarrow as pa

from nk_extractor.odoo.client import Domain, OdooClient, Row
from nk_extractor.settings import OdooSettings

SUMS = ("quantity", "amount", "untaxed", "payments")
_PAGE = 1000


@dataclass(frozen=True)
class Document:
    """Figures of one order, invoice, move or stock position. None: cannot be compared, or there is none.

    `amount` with tax, `untaxed` without, both in company currency and with refunds negative. `unit` is the
    unit of measure of `quantity` where it may differ between the two sides.
    """

    store: int | None = None
    unit: int | None = None
    lines: int = 0
    quantity: float | None = None
    amount: float | None = None
    untaxed: float | None = None
    payments: float | None = None


DocumentKey = tuple[int, ...]
"""The first number is the id that people are shown."""
Documents = Mapping[DocumentKey, Document]
Tables = Mapping[str, pa.Table]


@dataclass(frozen=True)
class Comparison:
    """How one dataset is compared.

    `counted` names the model whose records make up a day, and the domain of them. `tables` are the star tables
    with the columns needed; `in_lake` gets them as they lie there. `sums` are those of SUMS that both know.
    """

    dataset: str
    counted: Callable[[OdooClient, OdooSettings, date], tuple[str, Domain]]
    in_odoo: Callable[[OdooClient, OdooSettings, date], Documents]
    tables: Mapping[str, tuple[str, ...]]
    in_lake: Callable[[Tables], Documents]
    sums: tuple[str, ...] = SUMS


def through(field: str, domain: Domain) -> Domain:
    """`domain` of a model, as conditions on the records that point to it by `field`."""
    return [[f"{field}.{leaf[0]}", *leaf[1:]] if isinstance(leaf, list | tuple) else leaf for leaf in domain]


def read_all(client: OdooClient, model: str, domain: Domain, fields: list[str]) -> list[Row]:
    """Every record that matches, by id, in pages."""
    found: list[Row] = []
    while True:
        after = [["id", ">", found[-1]["id"]]] if found else []
        page = client.search_read(model, [*domain, *after], fields, "id", _PAGE)
        found += page
        if len(page) < _PAGE:
            return found


def grouped(table: pa.Table, by: list[str], sums: list[str], *least: str) -> list[Row]:
    """One row per combination of `by`: `__count`, the sums of `sums`, the least value of each of `least`."""
    aggregates = [([], "count_all"), *((name, "sum") for name in sums), *((name, "min") for name in least)]
    groups = table.group_by(by).aggregate(aggregates).to_pylist()
    return [
        {name: group[name] for name in by}
        | {"__count": group["count_all"]}
        | {name: group[f"{name}_sum"] or 0.0 for name in sums}
        | {name: group[f"{name}_min"] for name in least}
        for group in groups
    ]
