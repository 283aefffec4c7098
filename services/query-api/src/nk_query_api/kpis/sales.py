"""KPIs of sales: POS orders and customer invoices. Refund lines carry negative quantities and amounts.

An invoiced POS order is a POS sale only (rule 4); the facts see to that.
"""

from __future__ import annotations

from nk_common.api.common import Text
from nk_common.datasets.invoice_sales import INVOICE_SALES
from nk_common.datasets.pos import POS
from nk_query_api.kpis.base import RETURNED, SOLD, Kpi, Sums
from nk_query_api.kpis.dimensions import SPLITS

SALES_INPUTS = (POS.name, INVOICE_SALES.name)

REVENUE = Kpi(
    slug="revenue",
    name=Text(id="Pendapatan", en="Revenue"),
    description=Text(
        id="Penjualan kasir dan faktur termasuk pajak, setelah diskon, dikurangi retur.",
        en="Point-of-sale and invoice revenue including tax, after discounts, less refunds.",
    ),
    formula=Text(
        id="jumlah nilai baris penjualan + jumlah nilai baris retur (negatif)",
        en="sum of sold lines + sum of refunded lines (negative)",
    ),
    unit="currency",
    sums=Sums(("revenue",)),
    inputs=SALES_INPUTS,
    splits=SPLITS,
)
REVENUE_UNTAXED = Kpi(
    slug="revenue_untaxed",
    name=Text(id="Pendapatan tanpa pajak", en="Revenue without tax"),
    description=Text(
        id="Pendapatan sebelum pajak, setelah diskon, dikurangi retur.",
        en="Revenue before tax, after discounts, less refunds.",
    ),
    formula=Text(
        id="jumlah nilai baris tanpa pajak, retur negatif",
        en="sum of lines without tax, refunds negative",
    ),
    unit="currency",
    sums=Sums(("revenue_untaxed",)),
    inputs=SALES_INPUTS,
    splits=SPLITS,
)
TRANSACTIONS = Kpi(
    slug="transactions",
    name=Text(id="Transaksi", en="Transactions"),
    description=Text(
        id="Jumlah nota dan faktur yang memuat sedikitnya satu baris penjualan; nota retur tidak dihitung.",
        en="Orders and invoices with at least one sold line; pure refund documents are not counted.",
    ),
    formula=Text(
        id="jumlah dokumen (jenis, nomor) berbeda dengan sedikitnya satu baris penjualan",
        en="distinct (source, document) pairs with at least one sold line",
    ),
    unit="count",
    sums=Sums((SOLD,)),
    inputs=SALES_INPUTS,
    splits=SPLITS,
)
ITEMS_SOLD = Kpi(
    slug="items_sold",
    name=Text(id="Barang terjual", en="Items sold"),
    description=Text(
        id="Jumlah barang terjual dikurangi retur; baris berharga negatif bukan barang.",
        en="Quantity sold less quantity returned; lines of a negative price are no goods.",
    ),
    formula=Text(id="jumlah kuantitas, retur negatif", en="sum of quantities, refunds negative"),
    unit="quantity",
    sums=Sums(("quantity",)),
    inputs=SALES_INPUTS,
    splits=SPLITS,
)
AVERAGE_TRANSACTION_VALUE = Kpi(
    slug="average_transaction_value",
    name=Text(id="Rata-rata nilai transaksi", en="Average transaction value"),
    description=Text(id="Pendapatan dibagi jumlah transaksi.", en="Revenue divided by transactions."),
    formula=Text(id="pendapatan / transaksi", en="revenue / transactions"),
    unit="currency",
    sums=Sums(("revenue",), over=(SOLD,)),
    of_nothing=None,
    inputs=SALES_INPUTS,
    splits=SPLITS,
)
ITEMS_PER_TRANSACTION = Kpi(
    slug="items_per_transaction",
    name=Text(id="Barang per transaksi", en="Items per transaction"),
    description=Text(id="Barang terjual dibagi jumlah transaksi.", en="Items sold divided by transactions."),
    formula=Text(id="barang terjual / transaksi", en="items sold / transactions"),
    unit="quantity",
    sums=Sums(("quantity",), over=(SOLD,)),
    of_nothing=None,
    inputs=SALES_INPUTS,
    splits=SPLITS,
)
REFUNDS_AMOUNT = Kpi(
    slug="refunds_amount",
    name=Text(id="Nilai retur", en="Refunds"),
    description=Text(
        id="Nilai baris retur termasuk pajak, sebagai bilangan positif.",
        en="Amount of refunded lines including tax, as a positive number.",
    ),
    formula=Text(id="-1 × jumlah nilai baris retur", en="-1 × sum of refunded lines"),
    unit="currency",
    sums=Sums(("sold_revenue",), minus=("revenue",)),
    inputs=SALES_INPUTS,
    splits=SPLITS,
    higher_is_better=False,
)
REFUNDS_COUNT = Kpi(
    slug="refunds_count",
    name=Text(id="Nota retur", en="Refund documents"),
    description=Text(
        id="Jumlah nota dan nota kredit yang semua barisnya retur.",
        en="Orders and credit notes all of whose lines are refunds.",
    ),
    formula=Text(
        id="jumlah dokumen berbeda tanpa baris penjualan", en="distinct documents without a sold line"
    ),
    unit="count",
    sums=Sums((RETURNED,)),
    inputs=SALES_INPUTS,
    splits=SPLITS,
    higher_is_better=False,
)
REFUNDS_SHARE = Kpi(
    slug="refunds_share",
    name=Text(id="Porsi retur", en="Refund share"),
    description=Text(
        id="Nilai retur dibagi penjualan sebelum retur.",
        en="Refunds divided by the revenue of sold lines before refunds.",
    ),
    formula=Text(id="nilai retur / nilai baris penjualan", en="refunds / revenue of sold lines"),
    unit="ratio",
    sums=Sums(("sold_revenue",), minus=("revenue",), over=("sold_revenue",)),
    of_nothing=None,
    inputs=SALES_INPUTS,
    splits=SPLITS,
    higher_is_better=False,
)
DISCOUNT_AMOUNT = Kpi(
    slug="discount_amount",
    name=Text(id="Diskon", en="Discounts"),
    description=Text(
        id="Diskon pada baris penjualan kasir, dan baris berharga negatif (potongan satu nota, hadiah), juga pada "
        "faktur; baris retur tidak dihitung.",
        en="Discounts on sold lines of the till, and lines of a negative price (off a whole order, rewards), also of "
        "invoices; refunded lines are left out.",
    ),
    formula=Text(
        id="jumlah diskon baris penjualan - jumlah nilai baris berharga negatif",
        en="sum of the discounts of sold lines - sum of sold lines of a negative price",
    ),
    unit="currency",
    sums=Sums(("discount",)),
    inputs=SALES_INPUTS,
    splits=SPLITS,
    higher_is_better=None,
)
DISCOUNT_SHARE = Kpi(
    slug="discount_share",
    name=Text(id="Porsi diskon", en="Discount share"),
    description=Text(
        id="Diskon dibagi penjualan sebelum diskon, pada baris penjualan.",
        en="Discounts divided by the revenue before discounts, on sold lines.",
    ),
    formula=Text(
        id="diskon / (nilai baris penjualan + diskon)", en="discounts / (revenue of sold lines + discounts)"
    ),
    unit="ratio",
    sums=Sums(("discount",), over=("sold_revenue", "discount")),
    of_nothing=None,
    inputs=SALES_INPUTS,
    splits=SPLITS,
    higher_is_better=None,
)
IDENTIFIED_SHARE = Kpi(
    slug="identified_share",
    name=Text(id="Porsi pelanggan dikenal", en="Identified customers"),
    description=Text(
        id="Pendapatan dari nota dan faktur dengan nama pelanggan dibagi seluruh pendapatan.",
        en="Revenue of documents with a named customer divided by all revenue.",
    ),
    formula=Text(id="pendapatan dengan pelanggan / pendapatan", en="revenue with a customer / revenue"),
    unit="ratio",
    sums=Sums(("identified_revenue",), over=("revenue",)),
    of_nothing=None,
    inputs=SALES_INPUTS,
    splits=SPLITS,
)

SALES_KPIS: tuple[Kpi, ...] = (
    REVENUE,
    TRANSACTIONS,
    ITEMS_SOLD,
    AVERAGE_TRANSACTION_VALUE,
    ITEMS_PER_TRANSACTION,
    REFUNDS_AMOUNT,
    REFUNDS_COUNT,
    REFUNDS_SHARE,
    DISCOUNT_AMOUNT,
    DISCOUNT_SHARE,
    REVENUE_UNTAXED,
    IDENTIFIED_SHARE,
)
