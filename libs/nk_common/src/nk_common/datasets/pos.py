"""`pos`: point-of-sale orders with their lines and payments, by local day of `date_order`."""

from __future__ import annotations

from nk_common.datasets.base import Dataset, LakeTable, Measures
from nk_common.datasets.types import FLAG, ID, IDS, LOCAL_TIME, NUMBER, TEXT, UTC_TIME, schema

RAW_ORDERS = LakeTable(
    "pos_orders",
    schema(
        {"id": ID},
        name=TEXT,
        pos_reference=TEXT,
        date_order=UTC_TIME,
        state=TEXT,
        config_id=ID,
        session_id=ID,
        user_id=ID,
        employee_id=ID,
        partner_id=ID,
        company_id=ID,
        amount_total=NUMBER,
        amount_tax=NUMBER,
        currency_rate=NUMBER,
        account_move=ID,
        lines=IDS,
        payment_ids=IDS,
        create_date=UTC_TIME,
        write_date=UTC_TIME,
    ),
)
RAW_LINES = LakeTable(
    "pos_order_lines",
    schema(
        {"id": ID},
        order_id=ID,
        product_id=ID,
        qty=NUMBER,
        price_unit=NUMBER,
        discount=NUMBER,
        price_subtotal=NUMBER,
        price_subtotal_incl=NUMBER,
        refunded_orderline_id=ID,
        extra_discount=NUMBER,
        write_date=UTC_TIME,
    ),
)
RAW_PAYMENTS = LakeTable(
    "pos_payments",
    schema(
        {"id": ID},
        pos_order_id=ID,
        payment_method_id=ID,
        amount=NUMBER,
        payment_date=UTC_TIME,
        is_change=FLAG,
    ),
)

CLEAN_LINES = LakeTable(
    "pos_order_lines",
    schema(
        {"line_id": ID, "order_id": ID, "date": LOCAL_TIME, "product_id": ID, "quantity": NUMBER,
         "revenue": NUMBER, "revenue_untaxed": NUMBER, "discount_amount": NUMBER, "is_refund": FLAG},
        order_ref=TEXT,
        pos_config_id=ID,
        session_id=ID,
        cashier_id=ID,
        customer_id=ID,
        company_id=ID,
        payment_method_ids=TEXT,
        price_unit=NUMBER,
    ),
    key="line_id",
)  # fmt: skip
CLEAN_PAYMENTS = LakeTable(
    "pos_payments",
    schema(
        {"payment_id": ID, "order_id": ID, "date": LOCAL_TIME, "amount": NUMBER},
        payment_method_id=ID,
        pos_config_id=ID,
    ),
    key="payment_id",
)

POS = Dataset(
    name="pos",
    lake_name="pos_order_lines",
    title_id="Penjualan kasir (POS)",
    title_en="Point of sale",
    kind="daily",
    raw=(RAW_ORDERS, RAW_LINES, RAW_PAYMENTS),
    clean=(CLEAN_LINES, CLEAN_PAYMENTS),
    star=("fact_sales", "fact_payments"),
    measures=Measures(("order_id",), "quantity", "revenue", payments="amount"),
    aliases=("pos_order_lines", "pos-orders"),
    freshness="sales",
)
