"""`invoice-sales`: lines of posted customer invoices and credit notes, by accounting date.

Invoices that Odoo makes of POS orders are left out: they are POS sales (rule 4).
"""

from __future__ import annotations

from nk_common.datasets.base import Dataset, LakeTable, Measures
from nk_common.datasets.invoices import CLEAN_INVOICE_LINE, raw_move_lines

_LAKE_NAME = "account_move_out_invoice_lines"
RAW_INVOICE_SALES = raw_move_lines(_LAKE_NAME)
CLEAN_INVOICE_SALES = LakeTable(_LAKE_NAME, CLEAN_INVOICE_LINE, key="move_line_id")

INVOICE_SALES = Dataset(
    name="invoice-sales",
    lake_name=_LAKE_NAME,
    title_id="Penjualan faktur",
    title_en="Invoice sales",
    kind="daily",
    raw=(RAW_INVOICE_SALES,),
    clean=(CLEAN_INVOICE_SALES,),
    star=("fact_invoice_sales",),
    measures=Measures(("move_id",), "quantity", "revenue"),
    aliases=("invoice_sales", _LAKE_NAME),
    freshness="sales",
)
