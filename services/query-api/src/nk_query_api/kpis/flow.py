"""KPIs of how stock changed over a range. Sums over products of:

`begin_on_hand` and `end_on_hand`; what moves of each kind did to stock, signed, under the names of rule 10, and
`transferred`, units that changed places; `consumed`, `returned_to_vendors`, `scrapped` and `shipped`, which are what
those kinds took away; `received`, as it was asked for; and `units_sold`, net, of sale lines. Whether the ends, and all
days of moves and sales, are known is the caller's to know.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from nk_common.api.common import Text, Unit
from nk_common.datasets.inventory_moves import INVENTORY_MOVES
from nk_common.datasets.stock_quants import STOCK_QUANTS
from nk_common.star.stock import MOVEMENT_TYPES
from nk_query_api.kpis.base import Columns, Kpi, Sums
from nk_query_api.kpis.dimensions import BRAND, CATEGORY, PARENT_CATEGORY, PRINCIPAL, PRODUCT
from nk_query_api.kpis.sales import SALES_INPUTS

GROUPS = (PRODUCT, CATEGORY, PARENT_CATEGORY, BRAND, PRINCIPAL)
"""What flows can be split by: sales know no location, and stock no cashier."""
_SPLITS = tuple(group.slug for group in GROUPS)
_MOVES = (INVENTORY_MOVES.name,)
_ENDS = (STOCK_QUANTS.name, INVENTORY_MOVES.name)
_ALL = (STOCK_QUANTS.name, INVENTORY_MOVES.name, *SALES_INPUTS)


def _kpi(
    slug: str,
    sums: Sums,
    name: tuple[str, str],
    description: tuple[str, str],
    formula: tuple[str, str],
    *,
    unit: Unit = "quantity",
    inputs: tuple[str, ...] = _MOVES,
    of_nothing: float | None = 0.0,
    better: bool | None = None,
) -> Kpi:
    """Texts are (Indonesian, English)."""
    said, told, worked_out = (Text(id=words[0], en=words[1]) for words in (name, description, formula))
    return Kpi(
        slug, said, told, worked_out, unit, "", of_nothing, relation="flow", inputs=inputs, splits=_SPLITS,
        higher_is_better=better, sums=sums,
    )  # fmt: skip


@dataclass(frozen=True)
class _Share(Sums):
    """Undefined also as a share of less than nothing."""

    @property
    def sql(self) -> str:
        there = " + ".join(f"sum({name})" for name in self.over)
        return f"{Sums(self.plus).sql} / if({there} > 0, {there}, NULL)"

    def of(self, sums: Columns) -> npt.NDArray[np.float64]:
        return np.where(Sums(self.over).of(sums) > 0, super().of(sums), np.nan)


_SALES = ("outgoing", "return_in")
"""Moves that sales explain: what customers give back is in `sold`, too, with a negative quantity."""
_OTHER_MOVES = tuple(kind for kind in MOVEMENT_TYPES if kind not in _SALES)
TAKEN_AWAY = {
    "consumed": "production_out", "returned_to_vendors": "return_out", "scrapped": "scrap", "shipped": "outgoing",
}  # fmt: skip
"""Columns that are another one with the opposite sign."""

BEGIN_ON_HAND = _kpi(
    "begin_on_hand", Sums(("begin_on_hand",)),
    ("Stok awal", "Begin on hand"),
    ("Stok pada awal hari pertama.", "Stock as the first day began."),
    ("stok potret hari sebelumnya + pergerakan setelah potret sampai tengah malam",
     "the snapshot of the day before + moves from then until midnight"),
    inputs=_ENDS,
)  # fmt: skip
END_ON_HAND = _kpi(
    "end_on_hand", Sums(("end_on_hand",)),
    ("Stok akhir", "End on hand"),
    ("Stok pada akhir hari terakhir, atau sejauh hari ini sudah dibaca.",
     "Stock as the last day ended, or as far as today was read."),
    ("stok potret hari terakhir + pergerakan setelah potret", "the snapshot of the last day + moves since then"),
    inputs=_ENDS,
)  # fmt: skip
UNITS_SOLD = _kpi(
    "sold", Sums(("units_sold",)),
    ("Terjual", "Sold"),
    ("Barang terjual menurut nota dan faktur, dikurangi retur pelanggan.",
     "Units sold by sale lines, less what customers gave back."),
    ("jumlah kuantitas baris penjualan, retur negatif", "sum of quantities of sale lines, refunds negative"),
    inputs=SALES_INPUTS, better=True,
)  # fmt: skip
RECEIVED = _kpi(
    "received", Sums(("received",)),
    ("Diterima", "Received"),
    ("Barang masuk dari pemasok dan dari produksi; retur ke pemasok tidak dikurangkan.",
     "Units delivered by vendors and made; what goes back to vendors is not taken off."),
    ("masuk + hasil produksi (dapat diatur: + penyesuaian)",
     "incoming + production in (configurable: + adjustments)"),
)  # fmt: skip
SELL_THROUGH = _kpi(
    "sell_through", _Share(("units_sold",), over=("begin_on_hand", "received")),
    ("Sell-through", "Sell-through"),
    ("Bagian dari barang yang tersedia yang terjual; tanpa barang tersedia tidak terdefinisi.",
     "Share of what there was to sell that was sold; undefined when there was nothing."),
    ("terjual / (stok awal + diterima)", "sold / (begin on hand + received)"),
    unit="ratio", inputs=_ALL, of_nothing=None, better=True,
)  # fmt: skip
ADJUSTED = _kpi(
    "adjusted", Sums(("adjustment",)),
    ("Penyesuaian", "Adjusted"),
    ("Selisih dari hitung fisik: ditemukan positif, hilang negatif.", "By counting: found positive, lost negative."),
    ("jumlah pengaruh penyesuaian pada stok", "sum of what adjustments did to stock"),
)  # fmt: skip
PRODUCED = _kpi(
    "produced", Sums(("production_in",)),
    ("Hasil produksi", "Produced"),
    ("Barang yang dibuat dan masuk stok.", "Units made that came into stock."),
    ("jumlah masuk dari produksi", "sum of production in"),
)  # fmt: skip
CONSUMED = _kpi(
    "consumed", Sums(("consumed",)),
    ("Dipakai produksi", "Consumed"),
    ("Barang yang dipakai untuk membuat barang lain.", "Units used up to make others."),
    ("jumlah keluar untuk produksi", "sum of production out"),
)  # fmt: skip
TRANSFERRED = _kpi(
    "transferred", Sums(("transferred",)),
    ("Dipindahkan", "Transferred"),
    ("Barang yang berpindah dari satu lokasi stok ke tempat lain.", "Units that left one stock location for another."),
    ("jumlah kuantitas yang meninggalkan lokasi stok karena transfer", "sum of units that transfers took from a place"),
)  # fmt: skip
RETURNED = _kpi(
    "returned", Sums(("return_in",)),
    ("Kembali dari pelanggan", "Returned by customers"),
    ("Barang yang kembali ke stok dari pelanggan.", "Units that came back into stock from customers."),
    ("jumlah retur masuk", "sum of returns in"),
)  # fmt: skip
RETURNED_TO_VENDORS = _kpi(
    "returned_to_vendors", Sums(("returned_to_vendors",)),
    ("Dikembalikan ke pemasok", "Returned to vendors"),
    ("Barang yang dikirim kembali ke pemasok.", "Units sent back to vendors."),
    ("jumlah retur keluar", "sum of returns out"),
)  # fmt: skip
SCRAPPED = _kpi(
    "scrapped", Sums(("scrapped",)),
    ("Dibuang", "Scrapped"),
    ("Barang rusak atau kedaluwarsa yang dikeluarkan dari stok.", "Units taken out as broken or expired."),
    ("jumlah barang dibuang", "sum of scrap"),
    better=False,
)  # fmt: skip
SHIPPED = _kpi(
    "shipped", Sums(("shipped",)),
    ("Keluar ke pelanggan", "Shipped"),
    ("Barang yang keluar dari stok ke pelanggan.", "Units that left stock for customers."),
    ("jumlah pergerakan keluar", "sum of outgoing moves"),
)  # fmt: skip
VARIANCE = _kpi(
    "variance", Sums(("begin_on_hand", *_OTHER_MOVES), minus=("units_sold", "end_on_hand")),
    ("Selisih terhadap penjualan", "Variance by sales"),
    ("Stok yang seharusnya menurut penjualan dikurangi stok akhir; 0 bila setiap barang terjual juga tercatat keluar.",
     "Stock as it should be by what was sold, less what there is; 0 exactly when all that was sold left stock, "
     "and moves explain the rest. Null while days are missing."),
    ("stok awal + masuk + hasil produksi - dipakai produksi + penyesuaian - dibuang - retur ke pemasok "
     "+ transfer neto - terjual - stok akhir",
     "begin + incoming + produced - consumed + adjusted - scrapped - returned to vendors + net transfers "
     "- sold - end"),
    inputs=_ALL,
)  # fmt: skip
UNEXPLAINED = _kpi(
    "unexplained", Sums(("begin_on_hand", *MOVEMENT_TYPES), minus=("end_on_hand",)),
    ("Tidak dijelaskan pergerakan", "Not explained by moves"),
    ("Stok awal ditambah semua pergerakan dikurangi stok akhir; 0 bila pergerakan menjelaskan stok.",
     "Begin and all moves, less the end; 0 exactly when moves explain stock. Null while days are missing."),
    ("stok awal + pengaruh semua pergerakan - stok akhir", "begin + what all moves did - end"),
    inputs=_ENDS,
)  # fmt: skip

FLOW_KPIS: tuple[Kpi, ...] = (
    SELL_THROUGH, BEGIN_ON_HAND, RECEIVED, UNITS_SOLD, END_ON_HAND, ADJUSTED, PRODUCED, CONSUMED, TRANSFERRED, RETURNED,
    RETURNED_TO_VENDORS, SCRAPPED, SHIPPED, VARIANCE, UNEXPLAINED,
)  # fmt: skip
