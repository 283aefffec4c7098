"""Facts of the star schema. The first columns are those that existing queries and scripts use."""

from __future__ import annotations

from nk_common.datasets.types import FLAG, ID, LOCAL_TIME, NUMBER, TEXT, schema
from nk_common.star.base import StarTable

FACT_SALES = StarTable(
    name="fact_sales",
    kind="fact",
    dataset="pos",
    grain="POS order line",
    key=("line_id",),
    schema=schema(
        {"date": LOCAL_TIME, "order_id": ID, "line_id": ID, "product_id": ID, "quantity": NUMBER,
         "revenue": NUMBER, "revenue_untaxed": NUMBER, "discount_amount": NUMBER, "is_refund": FLAG},
        order_ref=TEXT,
        pos_config_id=ID,
        cashier_id=ID,
        customer_id=ID,
        payment_method_ids=TEXT,
        price_unit=NUMBER,
        company_id=ID,
        session_id=ID,
    ),
)  # fmt: skip

FACT_PAYMENTS = StarTable(
    name="fact_payments",
    kind="fact",
    dataset="pos",
    grain="POS payment (change given back is a negative row)",
    key=("payment_id",),
    schema=schema(
        {"date": LOCAL_TIME, "order_id": ID, "payment_id": ID, "payment_method_id": ID, "amount": NUMBER},
        pos_config_id=ID,
    ),
)
