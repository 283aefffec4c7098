"""A POS day of one order in which only the lines matter."""

from __future__ import annotations

from typing import Any

import polars as pl
import pyarrow as pa

from nk_cleaner.transforms import TRANSFORMS
from nk_cleaner.transforms.base import Cleaned
from nk_common.datasets.pos import RAW_LINES, RAW_ORDERS, RAW_PAYMENTS
from unit.nk_cleaner.raw_rows import DAY, NOON, RULES

Row = dict[str, Any]


def pos_day(orders: list[Row], lines: list[Row], payments: list[Row] | None = None) -> Cleaned:
    """Orders, lines and payments cleaned; what a row leaves out is that of an ordinary sale of order 1."""
    tables = {
        RAW_ORDERS: [{"id": 1, "name": "Shop/1", "date_order": NOON, "state": "paid"} | o for o in orders],
        RAW_LINES: [
            {"id": n, "order_id": 1, "product_id": 7, "qty": 1.0, "price_unit": 100.0,
             "price_subtotal": 100.0, "price_subtotal_incl": 100.0} | line
            for n, line in enumerate(lines, 1)
        ],
        RAW_PAYMENTS: [
            {"id": n, "pos_order_id": 1, "payment_method_id": 5, "amount": 100.0} | payment
            for n, payment in enumerate(payments or [], 1)
        ],
    }  # fmt: skip
    frames = {
        table.name: pl.DataFrame(pl.from_arrow(pa.Table.from_pylist(rows, table.schema)))
        for table, rows in tables.items()
    }
    return TRANSFORMS["pos"](frames, DAY, RULES)


def pos_lines(*lines: Row) -> pl.DataFrame:
    """Clean lines of one counted order."""
    return pos_day([{}], list(lines)).tables["pos_order_lines"]
