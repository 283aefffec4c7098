"""KPIs of customers over a range. A purchase is a document with at least one sold line; nobody (-1) is no customer.

They are computed over one row per range, or per bucket of a trend: `active` customers, `newcomers` and
`repeaters` among them, and the `transactions` and the `revenue` of all named customers.
"""

from __future__ import annotations

from nk_common.api.common import Text
from nk_query_api.kpis.base import Kpi
from nk_query_api.kpis.sales import SALES_INPUTS

_ACTIVE = "nullif(sum(active), 0)"

ACTIVE_CUSTOMERS = Kpi(
    slug="active_customers",
    name=Text(id="Pelanggan aktif", en="Active customers"),
    description=Text(
        id="Pelanggan bernama yang membeli dalam rentang; yang hanya mengembalikan barang tidak dihitung.",
        en="Named customers who bought in the range; whoever only brought something back is not counted.",
    ),
    formula=Text(
        id="jumlah pelanggan berbeda dengan sedikitnya satu transaksi",
        en="distinct customers with at least one transaction",
    ),
    unit="count",
    sql="coalesce(sum(active), 0)",
    relation="customers",
    inputs=SALES_INPUTS,
)
NEW_CUSTOMERS = Kpi(
    slug="new_customers",
    name=Text(id="Pelanggan baru", en="New customers"),
    description=Text(
        id="Pelanggan yang pembelian pertamanya, sejauh data yang dimuat, jatuh dalam rentang.",
        en="Customers whose first purchase, as far as the loaded data goes back, lies in the range.",
    ),
    formula=Text(
        id="jumlah pelanggan dengan hari pembelian pertama dalam rentang",
        en="customers whose first day of purchase lies in the range",
    ),
    unit="count",
    sql="coalesce(sum(newcomers), 0)",
    relation="customers",
    inputs=SALES_INPUTS,
)
RETURNING_CUSTOMERS = Kpi(
    slug="returning_customers",
    name=Text(id="Pelanggan lama", en="Returning customers"),
    description=Text(
        id="Pelanggan yang membeli dalam rentang dan juga sebelumnya.",
        en="Customers who bought in the range and before it, too.",
    ),
    formula=Text(id="pelanggan aktif - pelanggan baru", en="active customers - new customers"),
    unit="count",
    sql="coalesce(sum(active) - sum(newcomers), 0)",
    relation="customers",
    inputs=SALES_INPUTS,
)
REPEAT_RATE = Kpi(
    slug="repeat_rate",
    name=Text(id="Tingkat pembelian ulang", en="Repeat rate"),
    description=Text(
        id="Bagian pelanggan aktif yang bertransaksi sedikitnya dua kali dalam rentang itu, juga pada hari yang "
        "sama. Pembelian sebelum rentang tidak dihitung, jadi rentang yang lebih panjang memberi angka lebih besar.",
        en="Share of active customers with at least two transactions in the range, also on one day. Purchases "
        "before the range do not count, so a longer range gives a higher rate.",
    ),
    formula=Text(
        id="pelanggan dengan ≥ 2 transaksi dalam rentang / pelanggan aktif",
        en="customers with ≥ 2 transactions in the range / active customers",
    ),
    unit="ratio",
    sql=f"sum(repeaters) / {_ACTIVE}",
    of_nothing=None,
    relation="customers",
    inputs=SALES_INPUTS,
)
REVENUE_PER_CUSTOMER = Kpi(
    slug="revenue_per_customer",
    name=Text(id="Pendapatan per pelanggan", en="Revenue per customer"),
    description=Text(
        id="Pendapatan dari pelanggan bernama, dikurangi retur mereka, dibagi pelanggan aktif.",
        en="Revenue of named customers, less their refunds, divided by active customers.",
    ),
    formula=Text(
        id="pendapatan dengan pelanggan / pelanggan aktif", en="revenue with a customer / active customers"
    ),
    unit="currency",
    sql=f"sum(revenue) / {_ACTIVE}",
    of_nothing=None,
    relation="customers",
    inputs=SALES_INPUTS,
)
TRANSACTIONS_PER_CUSTOMER = Kpi(
    slug="transactions_per_customer",
    name=Text(id="Transaksi per pelanggan", en="Transactions per customer"),
    description=Text(
        id="Transaksi dengan pelanggan bernama dibagi pelanggan aktif.",
        en="Transactions of named customers divided by active customers.",
    ),
    formula=Text(
        id="transaksi dengan pelanggan / pelanggan aktif",
        en="transactions with a customer / active customers",
    ),
    unit="quantity",
    sql=f"sum(transactions) / {_ACTIVE}",
    of_nothing=None,
    relation="customers",
    inputs=SALES_INPUTS,
)

CUSTOMER_KPIS: tuple[Kpi, ...] = (
    ACTIVE_CUSTOMERS,
    NEW_CUSTOMERS,
    RETURNING_CUSTOMERS,
    REPEAT_RATE,
    REVENUE_PER_CUSTOMER,
    TRANSACTIONS_PER_CUSTOMER,
)
