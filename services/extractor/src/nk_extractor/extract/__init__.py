"""How each dataset is read from Odoo; one module each, registered here."""

from __future__ import annotations

from nk_extractor.extract import cashiers, partners, pos, products, simple
from nk_extractor.extract.base import Extract

EXTRACTS: dict[str, Extract] = {
    "pos": pos.extract,
    "products": products.extract,
    "partners": partners.extract,
    "cashiers": cashiers.extract,
    "pos-configs": simple.pos_configs,
    "payment-methods": simple.payment_methods,
}
