"""KPIs of stock as it lay on one day. Sums over products, or products in places, of:

`on_hand` and `reserved`; `value_at_cost` and `value_at_list`, 0 where the price is not known, and `costed` and
`priced`, 1 where it is; `stocked`, 1 where anything is on hand or lacking; `units`, what is on hand if more than
nothing, and `costed_units`, that of it whose cost is known; `average_daily_sold`; and, 1 where that holds,
`in_stock`, `negative`, `low`, `dead` and `overstock`. Whether the day is held, what was reserved on it, and whether
sales are loaded, is the caller's to know.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from nk_common.api.common import Text, Unit
from nk_common.datasets.purchases import PURCHASES
from nk_common.datasets.stock_quants import STOCK_QUANTS
from nk_query_api.kpis.base import Columns, Kpi, Sums
from nk_query_api.kpis.sales import SALES_INPUTS

_STOCK = (STOCK_QUANTS.name,)
_COSTED = (STOCK_QUANTS.name, PURCHASES.name)
_SOLD = (STOCK_QUANTS.name, *SALES_INPUTS)


@dataclass(frozen=True)
class _Known(Sums):
    """None where nothing of it is known: no `known`, while there is some of `there`."""

    known: str = ""
    there: str = ""

    @property
    def sql(self) -> str:
        return f"if(sum({self.known}) = 0 AND sum({self.there}) <> 0, NULL, {super().sql})"

    def of(self, sums: Columns) -> npt.NDArray[np.float64]:
        nothing = (sums[self.known] == 0) & (sums[self.there] != 0)
        return np.where(nothing, np.nan, super().of(sums))


def _kpi(
    slug: str,
    unit: Unit,
    sums: Sums,
    name: tuple[str, str],
    description: tuple[str, str],
    formula: tuple[str, str],
    *,
    inputs: tuple[str, ...] = _STOCK,
    of_nothing: float | None = 0.0,
    better: bool | None = None,
) -> Kpi:
    """Texts are (Indonesian, English)."""
    said, told, worked_out = (Text(id=words[0], en=words[1]) for words in (name, description, formula))
    return Kpi(
        slug, said, told, worked_out, unit, "", of_nothing, relation="stock", inputs=inputs, splits=("product",),
        higher_is_better=better, sums=sums,
    )  # fmt: skip


ON_HAND = _kpi(
    "on_hand", "quantity", Sums(("on_hand",)),
    ("Stok", "On hand"),
    ("Jumlah barang di lokasi stok pada saat potret diambil.", "Units in stock locations when the snapshot was taken."),
    ("jumlah kuantitas di lokasi stok", "sum of quantities in stock locations"),
)  # fmt: skip
RESERVED = _kpi(
    "reserved", "quantity", Sums(("reserved",)),
    ("Dipesan", "Reserved"),
    ("Bagian stok yang sudah dipesan; tidak diketahui pada hari yang direkonstruksi.",
     "Units on hand that are promised; not known on reconstructed days."),
    ("jumlah kuantitas dipesan", "sum of reserved quantities"),
)  # fmt: skip
STOCK_VALUE_COST = _kpi(
    "stock_value_cost", "currency", _Known(("value_at_cost",), known="costed", there="stocked"),
    ("Nilai stok (harga pokok)", "Stock value at cost"),
    ("Stok kali harga beli terakhir sampai hari itu, termasuk pajak; produk tanpa harga pokok tidak dihitung.",
     "Stock times the newest cost by that day, with tax; products without a known cost are left out."),
    ("jumlah (stok × harga pokok satuan)", "sum of (on hand × unit cost)"),
    inputs=_COSTED,
)  # fmt: skip
STOCK_VALUE_LIST = _kpi(
    "stock_value_list", "currency", _Known(("value_at_list",), known="priced", there="stocked"),
    ("Nilai stok (harga jual)", "Stock value at list price"),
    ("Stok kali harga jual yang berlaku sekarang; produk tanpa harga tidak dihitung.",
     "Stock times today's list price; products without a price are left out."),
    ("jumlah (stok × harga jual)", "sum of (on hand × list price)"),
)  # fmt: skip
STOCK_COST_COVERAGE = _kpi(
    "stock_cost_coverage", "ratio",
    _Known(("costed_units",), over=("units",), known="costed_units", there="units"),
    ("Cakupan harga pokok stok", "Cost coverage of stock"),
    ("Bagian stok yang harga pokoknya diketahui.", "Share of units on hand whose cost is known."),
    ("stok berharga pokok / stok", "units with a known cost / units on hand"),
    inputs=_COSTED, of_nothing=None, better=True,
)  # fmt: skip
AVERAGE_DAILY_SOLD = _kpi(
    "average_daily_sold", "quantity",
    Sums(("average_daily_sold",)),
    ("Rata-rata terjual per hari", "Average daily sold"),
    ("Barang terjual dikurangi retur per hari yang sudah dimuat dalam N hari terakhir, per produk sedikitnya 0.",
     "Units sold less returns per loaded day of the last N days; at least 0 for each product."),
    ("jumlah per produk dari maks(0, terjual) / hari yang dimuat", "sum over products of max(0, sold) / loaded days"),
    inputs=_SOLD, better=True,
)  # fmt: skip
DAYS_OF_COVER = _kpi(
    "days_of_cover", "quantity", Sums(("on_hand",), over=("average_daily_sold",)),
    ("Hari persediaan", "Days of cover"),
    ("Berapa hari stok cukup bila penjualan tetap seperti rata-rata; tanpa penjualan tidak terdefinisi.",
     "Days that stock lasts at the average rate of sale; undefined without sales."),
    ("stok / rata-rata terjual per hari", "on hand / average daily sold"),
    inputs=_SOLD, of_nothing=None,
)  # fmt: skip
PRODUCTS_IN_STOCK = _kpi(
    "products_in_stock", "count", Sums(("in_stock",)),
    ("Produk tersedia", "Products in stock"),
    ("Jumlah produk dengan stok lebih dari 0.", "Products with more than nothing on hand."),
    ("jumlah produk dengan stok > 0", "products with on hand > 0"),
    better=True,
)  # fmt: skip
LOW_STOCK_COUNT = _kpi(
    "low_stock_count", "count", Sums(("low",)),
    ("Stok menipis", "Low stock"),
    ("Produk terjual yang stoknya habis sebelum batas hari; termasuk yang stoknya kosong atau negatif.",
     "Products that sell and whose stock lasts less than the bound; also those with none or less than none."),
    ("jumlah produk dengan hari persediaan < 7 (dapat diatur)", "products with days of cover < 7 (configurable)"),
    inputs=_SOLD, better=False,
)  # fmt: skip
DEAD_STOCK_COUNT = _kpi(
    "dead_stock_count", "count", Sums(("dead",)),
    ("Stok mati", "Dead stock"),
    ("Produk yang ada stoknya tetapi tidak terjual dalam N hari terakhir.",
     "Products on hand of which nothing was sold, net, in the last N days."),
    ("jumlah produk dengan stok > 0 dan terjual = 0", "products with on hand > 0 and sold = 0"),
    inputs=_SOLD, better=False,
)  # fmt: skip
OVERSTOCK_COUNT = _kpi(
    "overstock_count", "count", Sums(("overstock",)),
    ("Stok berlebih", "Overstock"),
    ("Produk yang stoknya cukup untuk lebih dari batas hari.", "Products whose stock lasts longer than the bound."),
    ("jumlah produk dengan hari persediaan > 90 (dapat diatur)", "products with days of cover > 90 (configurable)"),
    inputs=_SOLD, better=False,
)  # fmt: skip
NEGATIVE_STOCK_COUNT = _kpi(
    "negative_stock_count", "count", Sums(("negative",)),
    ("Stok negatif", "Negative stock"),
    ("Produk yang keluar lebih banyak daripada yang masuk.", "Products of which more left than came."),
    ("jumlah produk dengan stok < 0", "products with on hand < 0"),
    better=False,
)  # fmt: skip

STOCK_KPIS: tuple[Kpi, ...] = (
    ON_HAND, STOCK_VALUE_COST, STOCK_VALUE_LIST, LOW_STOCK_COUNT, DEAD_STOCK_COUNT, OVERSTOCK_COUNT, DAYS_OF_COVER,
    AVERAGE_DAILY_SOLD, PRODUCTS_IN_STOCK, RESERVED, NEGATIVE_STOCK_COUNT, STOCK_COST_COVERAGE,
)  # fmt: skip
