"""How each dataset is read from Odoo; one module each, registered here."""

from __future__ import annotations

from nk_common.clock import Clock
from nk_extractor.extract import cashiers, pos
from nk_extractor.extract.base import Extract
from nk_extractor.extract.inventory_moves import inventory_moves
from nk_extractor.extract.invoices import invoice_sales, purchases
from nk_extractor.extract.lots import lots
from nk_extractor.extract.masters import masters
from nk_extractor.extract.partners import partners
from nk_extractor.extract.products import products
from nk_extractor.extract.simple import simple_extracts
from nk_extractor.extract.stock_quants import stock_quants
from nk_extractor.settings import OdooSettings


def build_extracts(settings: OdooSettings, clock: Clock) -> dict[str, Extract]:
    """By dataset. Each set keeps what it has looked up, so a process makes one."""
    shared = masters(settings)
    return {
        "pos": pos.extract,
        "invoice-sales": invoice_sales(shared),
        "purchases": purchases(shared),
        "inventory-moves": inventory_moves(shared),
        "stock-quants": stock_quants(shared, clock),
        "products": products(clock),
        "partners": partners(clock),
        "cashiers": cashiers.extract,
        "lots": lots(clock),
        **simple_extracts(),
    }
