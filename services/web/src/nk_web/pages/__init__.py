"""One module and one template per page; `PAGES` is the navigation, in order.

A page module has `NAV` (its entry) and `routes(site)` (its router). To add a page, write both, its
template, and add the module here.
"""

from __future__ import annotations

from nk_web.pages import data_sync, overview

PAGES = (overview, data_sync)
