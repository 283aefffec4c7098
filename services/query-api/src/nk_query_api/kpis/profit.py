"""KPIs of profit: sale lines beside what their goods cost by then (rule 8). Revenue includes tax, and so does cost.

A line whose product had no known cost on its day has no profit, which is not a profit of all its revenue: it
is left out of cost, profit and margin alike, and shows in the cost coverage. Where no line's cost is known, neither
are cost and profit: they are null, and not 0.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from nk_common.api.common import Text
from nk_common.datasets.profit import PROFIT
from nk_query_api.kpis.base import Columns, Kpi, Sums
from nk_query_api.kpis.dimensions import SPLITS
from nk_query_api.kpis.sales import SALES_INPUTS

_INPUTS = (*SALES_INPUTS, PROFIT.name)

_KNOWN, _SOLD = ("costed_revenue", "cogs"), ("revenue", "quantity")
_DUST = 0.00005
"""What binary fractions leave of a sum that is 0; sums have four digits."""


@dataclass(frozen=True)
class _OfKnownCost(Sums):
    """Unknown where something was sold, and nothing of it has a cost.

    Lines with a cost leave revenue or cost behind. All of them may have come back, and other lines have no cost: then
    nothing that stayed sold has one. Where all that was sold came back there is nothing to know, and it is 0.
    """

    @property
    def names(self) -> tuple[str, ...]:
        return (*super().names, *_KNOWN, *_SOLD)

    @property
    def sql(self) -> str:
        nothing = " AND ".join(f"coalesce(sum({name}), 0) = 0" for name in _KNOWN)
        something = " OR ".join(f"sum({name}) <> 0" for name in _SOLD)
        return f"if({nothing} AND ({something}), NULL, {super().sql})"

    def of(self, sums: Columns) -> npt.NDArray[np.float64]:
        return np.where(_any(sums, _SOLD) & ~_any(sums, _KNOWN), np.nan, super().of(sums))


def _any(sums: Columns, names: tuple[str, ...]) -> npt.NDArray[np.bool_]:
    """Rows of which one of the sums is not 0."""
    sizes = [np.abs(np.asarray(sums[name], np.float64)) for name in names]
    largest: npt.NDArray[np.float64] = np.maximum.reduce(sizes)
    return largest > _DUST


GROSS_PROFIT = Kpi(
    slug="gross_profit",
    name=Text(id="Laba kotor", en="Gross profit"),
    description=Text(
        id="Pendapatan dikurangi harga pokok, hanya dari baris yang harga pokoknya diketahui; tidak diketahui bila "
        "tidak ada baris seperti itu.",
        en="Revenue less cost of goods, of the lines whose cost is known; not known where there is no such line.",
    ),
    formula=Text(
        id="pendapatan berharga pokok - harga pokok penjualan", en="revenue with a known cost - cost of goods"
    ),
    unit="currency",
    sums=_OfKnownCost(("costed_revenue",), minus=("cogs",)),
    inputs=_INPUTS,
    splits=SPLITS,
)
MARGIN = Kpi(
    slug="margin",
    name=Text(id="Margin", en="Margin"),
    description=Text(
        id="Laba kotor dibagi pendapatan, hanya dari baris yang harga pokoknya diketahui.",
        en="Gross profit divided by revenue, of the lines whose cost is known.",
    ),
    formula=Text(id="laba kotor / pendapatan berharga pokok", en="gross profit / revenue with a known cost"),
    unit="ratio",
    sums=Sums(("costed_revenue",), minus=("cogs",), over=("costed_revenue",)),
    of_nothing=None,
    inputs=_INPUTS,
    splits=SPLITS,
)
COGS = Kpi(
    slug="cogs",
    name=Text(id="Harga pokok penjualan", en="Cost of goods sold"),
    description=Text(
        id="Kuantitas kali harga beli terakhir pada hari penjualan, termasuk pajak; retur mengurangi. Tidak diketahui "
        "bila tidak satu pun harga belinya diketahui.",
        en="Quantity times the newest cost by the day of the sale, with tax; refunds take away. Not known where no "
        "cost of what was sold is.",
    ),
    formula=Text(id="jumlah (kuantitas × harga pokok satuan)", en="sum of (quantity × unit cost)"),
    unit="currency",
    sums=_OfKnownCost(("cogs",)),
    inputs=_INPUTS,
    splits=SPLITS,
    higher_is_better=None,
)
COST_COVERAGE = Kpi(
    slug="cost_coverage",
    name=Text(id="Cakupan harga pokok", en="Cost coverage"),
    description=Text(
        id="Bagian pendapatan yang harga pokoknya diketahui; sisanya tidak ikut dihitung dalam laba.",
        en="Share of revenue whose cost is known; the rest is left out of profit.",
    ),
    formula=Text(id="pendapatan berharga pokok / pendapatan", en="revenue with a known cost / revenue"),
    unit="ratio",
    sums=Sums(("costed_revenue",), over=("revenue",)),
    of_nothing=None,
    inputs=_INPUTS,
    splits=SPLITS,
)
BELOW_COST_LINES = Kpi(
    slug="below_cost_lines",
    name=Text(id="Baris di bawah harga pokok", en="Lines sold below cost"),
    description=Text(
        id="Jumlah baris penjualan yang nilainya lebih rendah dari harga pokoknya; retur tidak dihitung.",
        en="Sold lines that brought in less than their goods cost; refunds are not counted.",
    ),
    formula=Text(
        id="jumlah baris dengan nilai < kuantitas × harga pokok satuan",
        en="lines with revenue < quantity × unit cost",
    ),
    unit="count",
    sums=Sums(("below_cost_lines",)),
    inputs=_INPUTS,
    splits=SPLITS,
    higher_is_better=False,
)

PROFIT_KPIS: tuple[Kpi, ...] = (GROSS_PROFIT, MARGIN, COGS, COST_COVERAGE, BELOW_COST_LINES)
