"""Facts of customer invoices and vendor bills, and the cost events that bills set."""

from __future__ import annotations

import pyarrow as pa

from nk_common.datasets.invoices import CLEAN_BILL_LINE, CLEAN_INVOICE_LINE
from nk_common.datasets.types import DAY, ID, NUMBER, schema
from nk_common.star.base import StarTable

FACT_INVOICE_SALES = StarTable(
    name="fact_invoice_sales",
    kind="fact",
    dataset="invoice-sales",
    grain="invoice line",
    key=("move_line_id",),
    schema=CLEAN_INVOICE_LINE,
)

FACT_PURCHASES = StarTable(
    name="fact_purchases",
    kind="fact",
    dataset="purchases",
    grain="bill line",
    key=("move_line_id",),
    schema=pa.schema([column for column in CLEAN_BILL_LINE if column.name != "sets_cost"]),
)

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
