"""Days of `profit`, from the sales and cost events in the lake."""

from __future__ import annotations

from datetime import date
from zoneinfo import ZoneInfo

import polars as pl

from nk_common.clock import day_end
from nk_common.errors import NotDerivableError
from nk_common.lake.day_files import readable
from nk_common.lake.layout import Layout
from nk_common.star.facts import FACT_SALES
from nk_common.star.invoices import FACT_INVOICE_SALES
from nk_loader.derive.base import Derived
from nk_loader.derive.costs import CostBook
from nk_loader.derive.frames import read_frame, stamp_of
from nk_loader.derive.profit import invoice_sales, pos_sales, profit_tables

_SALES = ((FACT_SALES.name, pos_sales), (FACT_INVOICE_SALES.name, invoice_sales))


class ProfitDays:
    """Implements `Derivation`."""

    def __init__(self, layout: Layout, zone: ZoneInfo) -> None:
        self._layout = layout
        self._zone = zone
        self._costs = CostBook(layout)

    def was_read(self, day: date) -> bool:
        """Never: Odoo knows no such thing."""
        return False

    def derive(self, day: date) -> Derived:
        """From POS and invoice sales, or from one of them where the other was never loaded."""
        frames, moments = [], []
        for table, as_sale_lines in _SALES:
            path = self._layout.star(table, day)
            if not path.exists():
                continue
            with readable(path):
                # The stamp first: it may then be older than the rows, and never promises more than they are.
                moments.append(stamp_of(path).read_at)
                frames.append(as_sale_lines(read_frame(path)))
        if not frames:
            raise NotDerivableError(
                f"Profit of {day} cannot be made: neither POS sales nor invoice sales of that day are loaded. "
                "Load pos or invoice-sales of the day, and its profit is made by itself."
            )
        sales = pl.concat(frames)
        costs = self._costs.costs_at(day, sales["product_id"])
        return Derived(profit_tables(day, sales, costs), min(moments), day_end(day, self._zone))
