"""What a KPI is."""

from __future__ import annotations

from dataclasses import dataclass

from nk_common.api.common import Text, Unit


@dataclass(frozen=True)
class Kpi:
    """One figure of a set of sales lines.

    `sql` is an aggregate over rows of `fact_sales`. Over no rows it gives 0 where nothing means zero, and
    NULL where nothing means undefined. Whether days were loaded at all is the caller's to know.
    """

    slug: str
    name: Text
    description: Text
    unit: Unit
    sql: str
    higher_is_better: bool | None = True

    def present(self, value: float | None) -> float | None:
        """The value as it is answered: without the dust of binary fractions."""
        if value is None:
            return None
        return round(float(value), 6 if self.unit == "ratio" else 4) + 0.0
