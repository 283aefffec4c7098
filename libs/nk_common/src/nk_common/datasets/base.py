"""What a dataset is: the names, the tables it fills, and the totals it must keep."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Literal, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

WHOLE = "whole"
"""How a dataset that is loaded whole names its only partition, where a day would stand."""


class PartitionKey(NamedTuple):
    """The unit of work: one dataset and one day, or the whole of a dimension (`day` is None)."""

    dataset: str
    day: date | None

    @property
    def day_text(self) -> str:
        return self.day.isoformat() if self.day else WHOLE

    def __str__(self) -> str:
        """The partition key on the bus: everything about one day is ordered."""
        return f"{self.dataset}|{self.day_text}"

    @classmethod
    def parse(cls, dataset: str, day_text: str) -> PartitionKey:
        """Raises ValueError when `day_text` is neither `whole` nor an ISO day."""
        return cls(dataset, None if day_text == WHOLE else date.fromisoformat(day_text))


class ControlTotals(NamedTuple):
    """What every stage counts for a partition, so that the next can prove it lost nothing.

    `documents` are distinct orders, invoices or moves, `lines` the rows of the dataset's main table,
    `quantity` in the product's own unit, `amount` in company currency, `payments` the sum of payments where
    there are any.
    """

    documents: int
    lines: int
    quantity: float
    amount: float
    payments: float

    def differs_from(self, other: ControlTotals) -> bool:
        """Counts must be equal; sums may differ by less than half a cent of rounding."""
        counts = (self.documents, self.lines) != (other.documents, other.lines)
        sums = zip(self[2:], other[2:], strict=True)
        return counts or any(abs(a - b) >= 0.005 for a, b in sums)


@dataclass(frozen=True)
class LakeTable:
    """A table of `raw/` or `clean/`: its folder, its fixed Arrow schema, and the column that is unique."""

    name: str
    schema: pa.Schema
    key: str = "id"


@dataclass(frozen=True)
class Measures:
    """Columns that the control totals of a daily dataset are counted from.

    `document` (its columns together name a document), `quantity` and `amount` are of the main table, the
    first of `clean` and of `star` alike; `payments` is of the second.
    """

    document: tuple[str, ...]
    quantity: str | None = None
    amount: str | None = None
    payments: str | None = None

    def totals(self, main: pa.Table, second: pa.Table | None = None) -> ControlTotals:
        """What the rows amount to; sums of nothing are 0."""
        return ControlTotals(
            documents=main.group_by(list(self.document)).aggregate([]).num_rows,
            lines=main.num_rows,
            quantity=_sum(main, self.quantity),
            amount=_sum(main, self.amount),
            payments=_sum(second, self.payments) if second is not None else 0.0,
        )


def _sum(table: pa.Table, column: str | None) -> float:
    return float(pc.sum(table[column]).as_py() or 0.0) if column else 0.0


Rebuilt = Literal["never", "past days", "always"]
Freshness = Literal["sales", "bills", "moves", "stock", "derived", "dimensions"]
"""Datasets that may be equally old before somebody should know; settings are named after it."""


@dataclass(frozen=True)
class Dataset:
    """One entry of the registry.

    `raw` are the tables as Odoo answers (the names of their columns are Odoo's); `clean` are typed,
    in local time and company currency. `star` names the tables that the loader fills from it.
    `rebuilt` says which of its days come from other datasets in the lake instead of from Odoo. `freshness` says by
    which thresholds its age is judged, and `made_of` which datasets hold it up when they are.
    """

    name: str
    lake_name: str
    title_id: str
    title_en: str
    kind: Literal["daily", "whole"]
    raw: tuple[LakeTable, ...]
    clean: tuple[LakeTable, ...]
    star: tuple[str, ...]
    measures: Measures | None = None
    aliases: tuple[str, ...] = field(default=())
    rebuilt: Rebuilt = "never"
    freshness: Freshness = "dimensions"
    made_of: tuple[str, ...] = ()

    def is_rebuilt(self, day: date | None, today: date) -> bool:
        """Whether the partition of `day` comes from the lake and not from Odoo."""
        return self.rebuilt == "always" or (self.rebuilt == "past days" and day is not None and day < today)

    def totals(self, tables: Mapping[str, pa.Table], layer: Literal["clean", "star"]) -> ControlTotals:
        """Control totals of a partition's tables of one layer. A dimension's are its members."""
        names = [table.name for table in self.clean] if layer == "clean" else list(self.star)
        main = tables[names[0]]
        if self.measures is None:
            members = main.num_rows - (1 if layer == "star" else 0)  # without the unknown one
            return ControlTotals(members, members, 0.0, 0.0, 0.0)
        return self.measures.totals(main, tables[names[1]] if self.measures.payments else None)

    def raw_table(self, name: str) -> LakeTable:
        return next(t for t in self.raw if t.name == name)

    def clean_table(self, name: str) -> LakeTable:
        return next(t for t in self.clean if t.name == name)
