"""The star schema: every table that queries may read."""

from __future__ import annotations

from nk_common.star.base import StarTable
from nk_common.star.dimensions import (
    DIM_BRANDS,
    DIM_CASHIERS,
    DIM_CATEGORIES,
    DIM_PARTNERS,
    DIM_PAYMENT_METHODS,
    DIM_POS_CONFIGS,
    DIM_PRODUCTS,
)
from nk_common.star.facts import FACT_PAYMENTS, FACT_SALES

TABLES: tuple[StarTable, ...] = (
    FACT_SALES,
    FACT_PAYMENTS,
    DIM_PRODUCTS,
    DIM_CATEGORIES,
    DIM_BRANDS,
    DIM_PARTNERS,
    DIM_CASHIERS,
    DIM_POS_CONFIGS,
    DIM_PAYMENT_METHODS,
)
BY_NAME = {table.name: table for table in TABLES}


def tables_of(dataset: str) -> list[StarTable]:
    """Tables that the loader fills from `dataset`."""
    return [table for table in TABLES if table.dataset == dataset]
