"""Facts of customer invoices and vendor bills, and the cost events that bills set."""

from __future__ import annotations

from nk_common.datasets.types import DAY, FLAG, ID, NUMBER, TEXT, schema
from nk_common.star.base import StarTable

FACT_INVOICE_SALES = StarTable(
    name="fact_invoice_sales",
    kind="fact",
    dataset="invoice-sales",
    grain="invoice line",
    key=("move_line_id",),
    schema=schema(
        {"date": DAY, "move_id": ID, "move_line_id": ID, "product_id": ID, "quantity": NUMBER,
         "revenue": NUMBER, "revenue_untaxed": NUMBER, "is_refund": FLAG, "is_free_item": FLAG},
        move_name=TEXT,
        customer_id=ID,
        customer_name=TEXT,
        price_unit=NUMBER,
        tax_id=ID,
        tax_ids_json=TEXT,
        company_id=ID,
    ),
)  # fmt: skip

FACT_PURCHASES = StarTable(
    name="fact_purchases",
    kind="fact",
    dataset="purchases",
    grain="bill line",
    key=("move_line_id",),
    schema=schema(
        {"date": DAY, "move_id": ID, "move_line_id": ID, "product_id": ID, "quantity": NUMBER,
         "cost_untaxed": NUMBER, "cost_taxed": NUMBER, "is_refund": FLAG, "is_free_item": FLAG},
        move_name=TEXT,
        vendor_id=ID,
        vendor_name=TEXT,
        purchase_order_id=ID,
        purchase_order_name=TEXT,
        price_unit=NUMBER,
        actual_price=NUMBER,
        tax_id=ID,
        tax_name=TEXT,
        tax_ids_json=TEXT,
        company_id=ID,
    ),
)  # fmt: skip

FACT_PRODUCT_COST_EVENTS = StarTable(
    name="fact_product_cost_events",
    kind="fact",
    dataset="purchases",
    grain="purchase line that sets a cost",
    key=("source_move_line_id",),
    schema=schema(
        {"date": DAY, "product_id": ID, "cost_unit_tax_in": NUMBER, "source_move_id": ID,
         "source_move_line_id": ID},
        source_tax_id=ID,
    ),
)  # fmt: skip
