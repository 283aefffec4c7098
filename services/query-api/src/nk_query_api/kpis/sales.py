"""KPIs of point-of-sale lines. Refund lines carry negative quantities and amounts."""

from __future__ import annotations

from nk_common.api.common import Text
from nk_query_api.kpis.base import Kpi

# fsum: the same sum whatever order the rows are added in, so that equal data give equal answers.
_REVENUE = "coalesce(fsum(revenue), 0)"
_SOLD = "coalesce(fsum(revenue) FILTER (NOT is_refund), 0)"
_DISCOUNT = "coalesce(fsum(discount_amount) FILTER (NOT is_refund), 0)"
_REFUNDED = "(0 - coalesce(fsum(revenue) FILTER (is_refund), 0))"
_TRANSACTIONS = "count(DISTINCT order_id) FILTER (NOT is_refund)"
_ITEMS = "coalesce(fsum(quantity), 0)"

REVENUE = Kpi(
    slug="revenue",
    name=Text(id="Pendapatan", en="Revenue"),
    description=Text(
        id="Penjualan kasir termasuk pajak, setelah diskon, dikurangi retur.",
        en="Point-of-sale revenue including tax, after discounts, less refunds.",
    ),
    unit="currency",
    sql=_REVENUE,
)
REVENUE_UNTAXED = Kpi(
    slug="revenue_untaxed",
    name=Text(id="Pendapatan tanpa pajak", en="Revenue without tax"),
    description=Text(
        id="Pendapatan sebelum pajak, setelah diskon, dikurangi retur.",
        en="Revenue before tax, after discounts, less refunds.",
    ),
    unit="currency",
    sql="coalesce(fsum(revenue_untaxed), 0)",
)
TRANSACTIONS = Kpi(
    slug="transactions",
    name=Text(id="Transaksi", en="Transactions"),
    description=Text(
        id="Jumlah nota yang memuat sedikitnya satu baris penjualan; nota retur tidak dihitung.",
        en="Orders with at least one sold line; pure refund documents are not counted.",
    ),
    unit="count",
    sql=_TRANSACTIONS,
)
ITEMS_SOLD = Kpi(
    slug="items_sold",
    name=Text(id="Barang terjual", en="Items sold"),
    description=Text(id="Jumlah barang terjual dikurangi retur.", en="Quantity sold less quantity returned."),
    unit="quantity",
    sql=_ITEMS,
)
AVERAGE_TRANSACTION_VALUE = Kpi(
    slug="average_transaction_value",
    name=Text(id="Rata-rata nilai transaksi", en="Average transaction value"),
    description=Text(id="Pendapatan dibagi jumlah transaksi.", en="Revenue divided by transactions."),
    unit="currency",
    sql=f"fsum(revenue) / nullif({_TRANSACTIONS}, 0)",
)
ITEMS_PER_TRANSACTION = Kpi(
    slug="items_per_transaction",
    name=Text(id="Barang per transaksi", en="Items per transaction"),
    description=Text(id="Barang terjual dibagi jumlah transaksi.", en="Items sold divided by transactions."),
    unit="quantity",
    sql=f"fsum(quantity) / nullif({_TRANSACTIONS}, 0)",
)
REFUNDS_AMOUNT = Kpi(
    slug="refunds_amount",
    name=Text(id="Nilai retur", en="Refunds"),
    description=Text(
        id="Nilai baris retur termasuk pajak, sebagai bilangan positif.",
        en="Amount of refunded lines including tax, as a positive number.",
    ),
    unit="currency",
    sql=_REFUNDED,
    higher_is_better=False,
)
REFUNDS_COUNT = Kpi(
    slug="refunds_count",
    name=Text(id="Nota retur", en="Refund documents"),
    description=Text(
        id="Jumlah nota yang semua barisnya retur.", en="Orders all of whose lines are refunds."
    ),
    unit="count",
    sql=f"count(DISTINCT order_id) - {_TRANSACTIONS}",
    higher_is_better=False,
)
REFUNDS_SHARE = Kpi(
    slug="refunds_share",
    name=Text(id="Porsi retur", en="Refund share"),
    description=Text(
        id="Nilai retur dibagi penjualan sebelum retur.",
        en="Refunds divided by the revenue of sold lines before refunds.",
    ),
    unit="ratio",
    sql=f"{_REFUNDED} / nullif({_SOLD}, 0)",
    higher_is_better=False,
)
DISCOUNT_AMOUNT = Kpi(
    slug="discount_amount",
    name=Text(id="Diskon", en="Discounts"),
    description=Text(
        id="Diskon pada baris penjualan; baris retur tidak dihitung.",
        en="Discounts given on sold lines; refunded lines are left out.",
    ),
    unit="currency",
    sql=_DISCOUNT,
    higher_is_better=None,
)
DISCOUNT_SHARE = Kpi(
    slug="discount_share",
    name=Text(id="Porsi diskon", en="Discount share"),
    description=Text(
        id="Diskon dibagi penjualan sebelum diskon, pada baris penjualan.",
        en="Discounts divided by the revenue before discounts, on sold lines.",
    ),
    unit="ratio",
    sql=f"{_DISCOUNT} / nullif({_SOLD} + {_DISCOUNT}, 0)",
    higher_is_better=None,
)
IDENTIFIED_SHARE = Kpi(
    slug="identified_share",
    name=Text(id="Porsi pelanggan dikenal", en="Identified customers"),
    description=Text(
        id="Pendapatan dari nota dengan nama pelanggan dibagi seluruh pendapatan.",
        en="Revenue of orders with a named customer divided by all revenue.",
    ),
    unit="ratio",
    sql="coalesce(fsum(revenue) FILTER (coalesce(customer_id, -1) <> -1), 0) / nullif(fsum(revenue), 0)",
)
