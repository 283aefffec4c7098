"""`payment-methods`: cash, card, QRIS and so on."""

from __future__ import annotations

from nk_common.datasets.base import Dataset, LakeTable
from nk_common.datasets.types import FLAG, ID, TEXT, schema

RAW_PAYMENT_METHODS = LakeTable(
    "payment_methods", schema({"id": ID}, name=TEXT, is_cash_count=FLAG, active=FLAG)
)

PAYMENT_METHODS = Dataset(
    name="payment-methods",
    lake_name="payment_methods",
    title_id="Metode pembayaran",
    title_en="Payment methods",
    kind="whole",
    raw=(RAW_PAYMENT_METHODS,),
    clean=(RAW_PAYMENT_METHODS,),
    star=("dim_payment_methods",),
    aliases=("payment_methods",),
)
