"""What the pages of the inventory share: their title, and the tabs that lead from one to another."""

from __future__ import annotations

from typing import Final

from nk_web.filters import PRODUCT_FILTERS, STOCK_FILTERS
from nk_web.i18n import say
from nk_web.page import Tab

TITLE: Final = say("Inventory")
STOCK: Final = Tab("/inventory", say("Stock levels"), STOCK_FILTERS)
SELL_THROUGH: Final = Tab("/inventory/sell-through", say("Sell-through"), PRODUCT_FILTERS)
ABC: Final = Tab("/inventory/abc", say("ABC"), PRODUCT_FILTERS)
MOVEMENTS: Final = Tab("/inventory/movements", say("Movements"), (*STOCK_FILTERS, "type"))
TABS: Final = (STOCK, SELL_THROUGH, ABC, MOVEMENTS)
