"""What a KPI is."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from nk_common.api.common import Text, Unit

Relation = Literal["sales", "stock", "flow", "customers", "days"]
"""What a KPI is computed over: sale lines, stock of a day, stock over a range, customers over a range, days and
what is known of them."""


Columns = Mapping[str, npt.NDArray[np.float64]]
"""Sums by name, a value for every row."""

SOLD, RETURNED = "sold", "returned"
"""Among the sums of sales: documents that sold something, and that only took something back. How they are
counted depends on what is asked (`questions.counting`)."""


@dataclass(frozen=True)
class Sums:
    """A figure made of sums: those of `plus` less those of `minus`, divided by those of `over` where there are any;
    None where they are 0. DuckDB only adds up, because preparing a dozen of formulas takes it longer than adding
    up a year."""

    plus: tuple[str, ...]
    minus: tuple[str, ...] = ()
    over: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """Every sum that is needed."""
        return (*self.plus, *self.minus, *self.over)

    @property
    def sql(self) -> str:
        """The same as an aggregate, for readers."""
        top = " - ".join([" + ".join(map(_added, self.plus)), *map(_added, self.minus)])
        if not self.over:
            return top
        top = f"({top})" if len(self.plus) + len(self.minus) > 1 else top
        return f"{top} / nullif({' + '.join(map(_added, self.over))}, 0)"

    def of(self, sums: Columns) -> npt.NDArray[np.float64]:
        """The figure of every row of sums; NaN where it is undefined."""
        top = _total(sums, self.plus)
        if self.minus:
            top = top - _total(sums, self.minus)
        if not self.over:
            return top
        bottom = _total(sums, self.over)
        return np.divide(top, bottom, out=np.full_like(top, np.nan), where=bottom != 0)


def _total(sums: Columns, names: tuple[str, ...]) -> npt.NDArray[np.float64]:
    total = np.asarray(sums[names[0]], dtype=np.float64)
    for name in names[1:]:
        total = total + sums[name]
    return total


def _added(name: str) -> str:
    return f"coalesce({{{name}}}, 0)" if name in (SOLD, RETURNED) else f"coalesce(sum({name}), 0)"


@dataclass(frozen=True)
class Kpi:
    """One figure.

    Over sales it is made of `sums`. Over other relations `sql` is an aggregate over the relation's rows. Over no
    rows it gives `of_nothing`: 0 where nothing means zero, None where it means undefined; whether days were loaded at
    all is the caller's to know.
    `inputs` are the datasets of which a day must be loaded for the KPI to know it. `splits` are the slugs of the
    dimensions that it can be split by.
    """

    slug: str
    name: Text
    description: Text
    formula: Text
    unit: Unit
    sql: str = ""
    of_nothing: float | None = 0.0
    relation: Relation = "sales"
    inputs: tuple[str, ...] = ()
    splits: tuple[str, ...] = ()
    higher_is_better: bool | None = True
    sums: Sums = Sums(())

    @property
    def definition(self) -> str:
        """SQL for readers. `{sold}` and `{returned}` stand for the two numbers of documents."""
        return self.sql or self.sums.sql

    def values(self, sums: Columns) -> list[float | None]:
        """The figure of every row of sums, as it is answered."""
        column = np.round(self.sums.of(sums), self._digits) + 0.0
        return [None if math.isnan(value) else value for value in column.tolist()]

    def present(self, value: float | None) -> float | None:
        """The value as it is answered: without the dust of binary fractions."""
        if value is None:
            return None
        return round(float(value), self._digits) + 0.0

    @property
    def _digits(self) -> int:
        return 6 if self.unit == "ratio" else 4
