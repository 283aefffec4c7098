"""Lines of customer invoices and vendor bills: one shape for both, for Odoo keeps them in one model.

Columns of the raw table are Odoo 16's; a dot is a step through a many2one, as in Odoo's own paths, so a row
holds all that cleaning needs, as it was when the day was read.
"""

from __future__ import annotations

from nk_common.datasets.base import LakeTable
from nk_common.datasets.types import DAY, FLAG, ID, IDS, NUMBER, TEXT, UTC_TIME, schema

_MOVE_LINE = schema(
    {"id": ID},
    move_id=ID,
    product_id=ID,
    name=TEXT,
    display_type=TEXT,
    quantity=NUMBER,
    product_uom_id=ID,
    price_unit=NUMBER,
    discount=NUMBER,
    price_subtotal=NUMBER,
    price_total=NUMBER,
    balance=NUMBER,
    currency_id=ID,
    company_currency_id=ID,
    tax_ids=IDS,
    purchase_order_id=ID,
    **{
        "purchase_order_id.name": TEXT,
        "move_id.name": TEXT,
        "move_id.move_type": TEXT,
        "move_id.state": TEXT,
        "move_id.date": DAY,
        "move_id.partner_id": ID,
        "move_id.partner_id.name": TEXT,
        "move_id.company_id": ID,
        "move_id.write_date": UTC_TIME,
        "product_uom_id.factor": NUMBER,
        "product_id.uom_id.factor": NUMBER,
        "tax_ids.name": TEXT,
    },
)
"""`factor` is Odoo's: how many of the unit make one reference unit (a dozen's is 1/12)."""

INVOICE_TYPES = ("out_invoice", "out_refund")
BILL_TYPES = ("in_invoice", "in_refund")
REFUND_TYPES = ("out_refund", "in_refund")


def raw_move_lines(name: str) -> LakeTable:
    """The raw table of a dataset of invoice lines."""
    return LakeTable(name, _MOVE_LINE)


CLEAN_INVOICE_LINE = schema(
    {"date": DAY, "move_id": ID, "move_line_id": ID, "product_id": ID, "quantity": NUMBER, "revenue": NUMBER,
     "revenue_untaxed": NUMBER, "is_refund": FLAG, "is_free_item": FLAG},
    move_name=TEXT,
    customer_id=ID,
    customer_name=TEXT,
    price_unit=NUMBER,
    tax_id=ID,
    tax_ids_json=TEXT,
    company_id=ID,
)  # fmt: skip
CLEAN_BILL_LINE = schema(
    {"date": DAY, "move_id": ID, "move_line_id": ID, "product_id": ID, "quantity": NUMBER,
     "cost_untaxed": NUMBER, "cost_taxed": NUMBER, "is_refund": FLAG, "is_free_item": FLAG, "sets_cost": FLAG},
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
)  # fmt: skip
