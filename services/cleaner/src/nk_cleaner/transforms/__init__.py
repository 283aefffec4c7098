"""How each dataset is cleaned; one module each, registered here."""

from __future__ import annotations

from nk_cleaner.transforms import inventory_moves, invoice_sales, pos, purchases, stock_quants
from nk_cleaner.transforms.base import Transform
from nk_cleaner.transforms.whole import whole
from nk_common.datasets import WHOLES

TRANSFORMS: dict[str, Transform] = {
    "pos": pos.transform,
    "invoice-sales": invoice_sales.transform,
    "purchases": purchases.transform,
    "inventory-moves": inventory_moves.transform,
    "stock-quants": stock_quants.transform,
    **{d.name: whole(d) for d in WHOLES},
}
