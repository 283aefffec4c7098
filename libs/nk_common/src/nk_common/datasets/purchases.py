"""`purchases`: lines of posted vendor bills and their refunds, by accounting date."""

from __future__ import annotations

from nk_common.datasets.base import Dataset, LakeTable, Measures
from nk_common.datasets.invoices import CLEAN_BILL_LINE, raw_move_lines

_LAKE_NAME = "account_move_in_invoice_lines"
RAW_PURCHASES = raw_move_lines(_LAKE_NAME)
CLEAN_PURCHASES = LakeTable(_LAKE_NAME, CLEAN_BILL_LINE, key="move_line_id")

PURCHASES = Dataset(
    name="purchases",
    lake_name=_LAKE_NAME,
    title_id="Pembelian",
    title_en="Purchases",
    kind="daily",
    raw=(RAW_PURCHASES,),
    clean=(CLEAN_PURCHASES,),
    star=("fact_purchases", "fact_product_cost_events"),
    measures=Measures(("move_id",), "quantity", "cost_taxed"),
    aliases=(_LAKE_NAME,),
    freshness="bills",
)
