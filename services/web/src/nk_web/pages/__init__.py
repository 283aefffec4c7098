"""One module per page; `PAGES` is the menu, in order. docs/dashboard.md says how to add one.

A page module has `routes(site)` and, if it is in the menu, `NAV`. A page of figures has a `PAGE`, too, of which its
routes, panels, downloads, filters and badge are made.
"""

from __future__ import annotations

from types import ModuleType

from nk_web.page import Page
from nk_web.pages import customers, data_sync, overview, product, profit, sales
from nk_web.pages.inventory import abc, movements, sell_through, stock

PAGES: tuple[ModuleType, ...] = (
    overview, sales, product, profit, stock, sell_through, abc, movements, customers, data_sync,
)  # fmt: skip
FIGURES: dict[str, Page] = {module.PAGE.slug: module.PAGE for module in PAGES if hasattr(module, "PAGE")}
"""Pages of figures by slug."""
