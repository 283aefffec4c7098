"""What a KPI is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from nk_common.api.common import Text, Unit

Relation = Literal["sales", "stock", "flow", "customers", "days"]
"""What a KPI is computed over: sale lines, stock of a day, stock over a range, customers over a range, days and
what is known of them."""


@dataclass(frozen=True)
class Kpi:
    """One figure.

    `sql` is an aggregate over the rows of its relation. Over no rows it gives `of_nothing`: 0 where nothing means
    zero, None where it means undefined; whether days were loaded at all is the caller's to know. Over sales,
    `{sold}` and `{returned}` stand for the number of documents that sold something, and that only took
    something back: how they are counted depends on what is asked (`questions.counting`).
    `inputs` are the datasets of which a day must be loaded for the KPI to know it. `splits` are the slugs of the
    dimensions that it can be split by.
    """

    slug: str
    name: Text
    description: Text
    formula: Text
    unit: Unit
    sql: str
    of_nothing: float | None = 0.0
    relation: Relation = "sales"
    inputs: tuple[str, ...] = ()
    splits: tuple[str, ...] = ()
    higher_is_better: bool | None = True

    def present(self, value: float | None) -> float | None:
        """The value as it is answered: without the dust of binary fractions."""
        if value is None:
            return None
        return round(float(value), 6 if self.unit == "ratio" else 4) + 0.0
