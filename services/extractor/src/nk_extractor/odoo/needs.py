"""What is read of Odoo, under Odoo 16's names, and what it costs to be without."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Need:
    """A model that a dataset cannot do without, with its fields, and what is lost without them."""

    model: str
    fields: tuple[str, ...]
    cost: str


_POS = "Point-of-sale figures cannot be read."
_INVOICES = "Invoices and bills cannot be read."
_MOVES = "Stock moves cannot be read."

REQUIRED = (
    Need(
        "pos.order",
        (
            "date_order",
            "state",
            "config_id",
            "session_id",
            "company_id",
            "lines",
            "payment_ids",
            "write_date",
        ),
        _POS,
    ),
    Need(
        "pos.order.line",
        ("order_id", "product_id", "qty", "price_unit", "discount", "price_subtotal", "price_subtotal_incl"),
        _POS,
    ),
    Need("pos.payment", ("pos_order_id", "payment_method_id", "amount"), _POS),
    Need("account.move", ("name", "move_type", "state", "date", "partner_id", "company_id"), _INVOICES),
    Need(
        "account.move.line",
        ("move_id", "product_id", "quantity", "price_subtotal", "price_total", "balance", "display_type"),
        _INVOICES,
    ),
    Need(
        "stock.move.line",
        ("move_id", "product_id", "qty_done", "product_uom_id", "location_id", "location_dest_id", "date"),
        _MOVES,
    ),
    Need("stock.location", ("complete_name", "usage"), _MOVES),
    Need("stock.quant", ("product_id", "location_id", "quantity"), "Stock on hand cannot be read."),
    Need("product.product", ("name", "categ_id", "uom_id"), "Products cannot be named or grouped."),
    Need("uom.uom", ("name", "factor"), "Quantities cannot be converted between units."),
)

_PRODUCTION = "Moves of production cannot be told from other moves (module mrp is not installed)."

OPTIONAL_FIELDS: tuple[tuple[str, str | None, str], ...] = (
    (
        "pos.order",
        "employee_id",
        "The till knows no employees (module pos_hr is not installed): cashiers are Odoo's users.",
    ),
    (
        "pos.order",
        "currency_rate",
        "POS orders have no currency rate: their amounts are taken for company currency.",
    ),
    (
        "pos.order.line",
        "refunded_orderline_id",
        "Returned lines do not name the line that was sold: refunds are known by their quantity only.",
    ),
    (
        "account.move",
        "pos_order_ids",
        "Invoices do not name their POS orders: with a point of sale, invoiced orders would count twice.",
    ),
    ("account.move.line", "purchase_order_id", "Vendor bills are shown without their purchase orders."),
    ("stock.move", "is_inventory", "Adjustments are known by their locations only."),
    ("stock.move", "scrapped", "Scrap is known by its location only."),
    ("stock.move", "production_id", _PRODUCTION),
    ("stock.move", "raw_material_production_id", _PRODUCTION),
    ("stock.lot", None, "There are no lots or serial numbers."),
    ("hr.employee", None, "There are no employees: cashiers are Odoo's users."),
)
"""Model, field (None: the model itself), and what its absence costs. Nothing fails without them."""
