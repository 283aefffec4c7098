"""The star schema: every table that queries may read."""

from __future__ import annotations

from nk_common.star.base import StarTable
from nk_common.star.dimensions import DIMENSIONS
from nk_common.star.facts import FACT_PAYMENTS, FACT_SALES
from nk_common.star.invoices import FACT_INVOICE_SALES, FACT_PRODUCT_COST_EVENTS, FACT_PURCHASES
from nk_common.star.profit import AGG_PROFIT_DAILY, AGG_PROFIT_DAILY_BY_PRODUCT, FACT_SALES_LINES_PROFIT
from nk_common.star.stock import FACT_INVENTORY_MOVES, FACT_STOCK_ON_HAND_SNAPSHOT

FACTS: tuple[StarTable, ...] = (
    FACT_SALES,
    FACT_PAYMENTS,
    FACT_INVOICE_SALES,
    FACT_PURCHASES,
    FACT_PRODUCT_COST_EVENTS,
    FACT_INVENTORY_MOVES,
    FACT_STOCK_ON_HAND_SNAPSHOT,
    FACT_SALES_LINES_PROFIT,
    AGG_PROFIT_DAILY,
    AGG_PROFIT_DAILY_BY_PRODUCT,
)
TABLES: tuple[StarTable, ...] = FACTS + DIMENSIONS
BY_NAME = {table.name: table for table in TABLES}


def tables_of(dataset: str) -> list[StarTable]:
    """Tables that the loader fills from `dataset`."""
    return [table for table in TABLES if table.dataset == dataset]
