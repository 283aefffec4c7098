"""How every dataset that Odoo holds by day is compared; nothing else lists them."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from nk_extractor.reconcile.figures import Comparison
from nk_extractor.reconcile.invoices import INVOICE_SALES, PURCHASES
from nk_extractor.reconcile.pos import POS
from nk_extractor.reconcile.stock import INVENTORY_MOVES, STOCK_QUANTS

COMPARISONS: Mapping[str, Comparison] = MappingProxyType(
    {one.dataset: one for one in (POS, INVOICE_SALES, PURCHASES, INVENTORY_MOVES, STOCK_QUANTS)}
)
