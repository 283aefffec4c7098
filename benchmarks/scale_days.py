"""Days of a made-up lake as tables, and as files. A span of days is the work of one process at a time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.scale_bills import bill_lines, bills_of, cost_events_table, costs_of, purchases_table
from benchmarks.scale_catalogue import INTERNAL, PRODUCTS, Ints
from benchmarks.scale_invoices import invoices_table
from benchmarks.scale_sales import pos_day
from benchmarks.scale_stock import accumulate, moves_of, moves_table, snapshot_table
from benchmarks.scale_world import Scale, World, read_at, version_of, world_of
from nk_common.lake.layout import Layout
from nk_common.lake.writer import FILE_OPTIONS, Stamp, stamped
from nk_common.star import BY_NAME
from nk_loader.derive.profit import invoice_sales, pos_sales, profit_tables

RUN = "benchmark"
STOCK_QUANTS, INVENTORY_MOVES, PROFIT, POS, INVOICES, PURCHASES = (
    "stock-quants", "inventory-moves", "profit", "pos", "invoice-sales", "purchases",
)  # fmt: skip
SOLD = frozenset({POS, PROFIT, INVENTORY_MOVES, STOCK_QUANTS})
"""What is made of the day's POS orders."""
Tables = dict[str, pa.Table]


@dataclass(frozen=True)
class Span:
    """Days of a lake by index: `first` up to, but not, `end`; and the datasets that are wanted of them."""

    root: Path
    scale: Scale
    last_day: date
    seed: int
    datasets: frozenset[str]
    first: int
    end: int

    @property
    def world(self) -> World:
        return world_of(self.scale, self.last_day, self.seed)


def day_tables(
    world: World, index: int, datasets: frozenset[str], variant: int = 0
) -> tuple[Tables, Ints | None]:
    """Star tables of one day by name, and what it changes in stock where that is wanted.

    Without the snapshot of stock, which follows from the days before. `variant`: see `pos_day`.
    """
    tables: Tables = {}
    change = None
    if PURCHASES in datasets:
        tables["fact_purchases"] = purchases_table(world, index, bills_of(world, index))
        tables["fact_product_cost_events"] = cost_events_table(world, index, bill_lines(world, index))
    if datasets & SOLD:
        pos = pos_day(world, index, variant)
        tables |= {"fact_sales": pos.sales, "fact_payments": pos.payments}
        if datasets & {INVENTORY_MOVES, STOCK_QUANTS}:
            moves = moves_of(world, index, pos.net)
            change = moves.change()
            if INVENTORY_MOVES in datasets:
                tables["fact_inventory_moves"] = moves_table(world, index, moves)
    if datasets & {INVOICES, PROFIT}:
        tables["fact_invoice_sales"] = invoices_table(world, index, variant)
    if PROFIT in datasets:
        tables |= _profit(world, index, tables["fact_sales"], tables["fact_invoice_sales"])
    # Some were only needed for others.
    tables = {name: table for name, table in tables.items() if BY_NAME[name].dataset in datasets}
    return tables, change


def write_span(span: Span) -> Ints:
    """Write the days, all but their snapshots of stock. Returns what each changes in stock, days x INTERNAL
    places x products; without rows where no dataset needs it."""
    world, changes = span.world, []
    for index in range(span.first, span.end):
        tables, change = day_tables(world, index, span.datasets)
        write_tables(span.root, world.day(index), tables)
        if change is not None:
            changes.append(change)
    return np.stack(changes) if changes else np.zeros((0, INTERNAL, PRODUCTS), np.int64)


def write_snapshots(span: Span, stock: Ints, changes: Ints) -> None:
    """Write the days' snapshots of stock. `stock` is what was on hand before the first of them."""
    world = span.world
    for index, held in zip(range(span.first, span.end), accumulate(stock, changes), strict=True):
        table = snapshot_table(world, index, held)
        write_tables(span.root, world.day(index), {"fact_stock_on_hand_snapshot": table})


def write_tables(root: Path, day: date, tables: Tables) -> None:
    """The day's files as the loader writes them, but without waiting for the disk: nobody reads them yet."""
    write_new(root, tables, day, Stamp(version_of(day), RUN, read_at(day)))


def write_new(root: Path, tables: Tables, day: date | None, stamp: Stamp) -> None:
    """Files of a day, or those that have none, where no file is yet."""
    layout = Layout(root)
    for name, table in tables.items():
        path = layout.star(name, day)
        path.parent.mkdir(parents=True, exist_ok=True)
        pq.write_table(stamped(table, BY_NAME[name].schema, stamp, path.name), path, **FILE_OPTIONS)


def _profit(world: World, index: int, sales: pa.Table, invoices: pa.Table) -> Tables:
    """As the loader derives it."""
    lines = pl.concat([pos_sales(_frame(sales)), invoice_sales(_frame(invoices))])
    made = profit_tables(world.day(index), lines, costs_of(world).on(index))
    return {name: frame.to_arrow() for name, frame in made.items()}


def _frame(table: pa.Table) -> pl.DataFrame:
    return pl.DataFrame(pl.from_arrow(table))
