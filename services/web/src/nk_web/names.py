"""Names that the data has in one language only, as the pages say them: who or what is not there, and datasets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from nk_web.i18n import Said, say

NOBODY: Final[Mapping[str, Said]] = {
    "(no brand)": say("No brand"),
    "(no cashier)": say("No cashier"),
    "(no category)": say("No category"),
    "(no customer)": say("No customer"),
    "(no location)": say("No location"),
    "(no name)": say("Without a name"),
    "(no payment method)": say("No payment method"),
    "(no principal)": say("No principal"),
    "(no product)": say("No product"),
    "(no store)": say("No store"),
    "(unknown)": say("Not known"),
}
"""The lake's labels of the member that stands for nobody, and the API's of whoever it has no label for."""
DATASET_NAMES: Final[Mapping[str, Said]] = {
    "pos": say("Point of sale"),
    "invoice-sales": say("Customer invoices"),
    "purchases": say("Vendor bills"),
    "inventory-moves": say("Stock moves"),
    "stock-quants": say("Stock on hand"),
    "profit": say("Profit"),
}
MOVEMENT_NAMES: Final[Mapping[str, Said]] = {
    "incoming": say("From vendors"),
    "outgoing": say("To customers"),
    "transfer": say("Transfers"),
    "production_in": say("Made"),
    "production_out": say("Used up in production"),
    "adjustment": say("Adjustments"),
    "scrap": say("Scrapped"),
    "return_in": say("Back from customers"),
    "return_out": say("Back to vendors"),
}
"""Kinds of stock moves, in the order of the API."""
SOURCE_NAMES: Final[Mapping[str, Said]] = {"pos": say("Till"), "invoice": say("Invoices")}
