"""One day of vendor bills, and what bills say that products cost.

What is bought, from whom and for how much does not depend on the sales, so that the costs of all days are
known at once; only how many pieces does: as many as the stores have sold since the last time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import polars as pl
import pyarrow as pa

from benchmarks.scale_catalogue import (
    FIRST_PRODUCT,
    FIRST_VENDOR,
    PRODUCTS,
    PURCHASE_TAX,
    STORES,
    TAX,
    VENDOR_NAMES,
    Flags,
    Floats,
    Ints,
)
from benchmarks.scale_columns import days, numbered, same
from benchmarks.scale_invoices import MOST_LINES, first_document
from benchmarks.scale_sales import pos_day
from benchmarks.scale_world import BILLS, World
from nk_common.star.invoices import FACT_PRODUCT_COST_EVENTS, FACT_PURCHASES

BILLS_PER_DAY = 5
_CYCLE = 12
"""Days from one purchase of a product to the next: about eight lines a bill."""
_BONUS, _RETURNED = 0.10, 0.10
"""Bills whose last line is a bonus item; days on which goods go back."""
_FIRST_ORDER = 25
"""So many days' sales are bought of a product that is new."""


@dataclass(frozen=True)
class BillLines:
    """By id. `cost` is that of one, with tax, and 0 for a bonus item; `returned` goods are sent back. `new` is
    where a product is bought for the first time."""

    move: Ints
    line: Ints
    vendor: Ints
    product: Ints
    cost: Floats
    returned: Flags
    new: Flags

    @property
    def sets_cost(self) -> Flags:
        return ~self.returned & (self.cost > 0)


@dataclass(frozen=True)
class Bills:
    """`for_store`: pieces of each line that are meant for each store, lines x STORES."""

    lines: BillLines
    for_store: Ints

    @property
    def quantity(self) -> Ints:
        """Negative where goods go back."""
        quantity: Ints = self.for_store.sum(axis=1)
        return quantity


@dataclass(frozen=True)
class Costs:
    """Newest cost of each product by the end of each day, days x products: with tax; NaN, and move 0, where
    none is known yet."""

    cost: Floats
    move: Ints

    def on(self, index: int) -> pl.DataFrame:
        """As `profit_tables` takes them."""
        known = np.flatnonzero(~np.isnan(self.cost[index]))
        return pl.DataFrame(
            {
                "product_id": FIRST_PRODUCT + known,
                "cost_unit_tax_in": self.cost[index][known],
                "source_move_id": self.move[index][known],
            }
        )


@lru_cache(maxsize=2)
def costs_of(world: World) -> Costs:
    """Of every day of the world."""
    shape = (world.scale.days, PRODUCTS)
    cost, move = np.full(shape, np.nan), np.zeros(shape, np.int64)
    for index in range(world.scale.days):
        if index:
            cost[index], move[index] = cost[index - 1], move[index - 1]
        lines = bill_lines(world, index)
        setting = lines.sets_cost
        # They are by id, so of several lines the later one stays (rule 8).
        cost[index, lines.product[setting]] = lines.cost[setting]
        move[index, lines.product[setting]] = lines.move[setting]
    return Costs(cost, move)


def bill_lines(world: World, index: int) -> BillLines:
    """Every product in its turn, by vendor; on the first day a bill of each vendor with all it has, too.

    As products come and go, a bill has 7 to 9 lines.
    """
    rng = world.chance(BILLS, index)
    goods = world.goods
    since = np.maximum(goods.starts, goods.cost_from)
    bought = (goods.weight > 0) & (since <= index) & (index < goods.ends)
    by_vendor = np.argsort(goods.vendor, kind="stable")
    turn = by_vendor[np.arange(PRODUCTS) * _CYCLE // PRODUCTS == index % _CYCLE]
    product = turn[bought[turn]]
    bill = np.arange(product.size) * BILLS_PER_DAY // max(1, product.size)
    is_last = np.append(bill[1:] > bill[:-1], True)[: product.size]
    bonus = is_last & (rng.random(BILLS_PER_DAY) < _BONUS)[bill]
    day_lines = BillLines(
        move=bill,
        line=np.arange(product.size),
        vendor=goods.vendor[product[np.searchsorted(bill, bill)]],
        product=product,
        cost=np.where(bonus, 0.0, world.costs(index)[product]),
        returned=np.zeros(product.size, np.bool_),
        new=(since[product] > 0) & (index - since[product] < _CYCLE),
    )
    parts = [day_lines, _opening(world, by_vendor[bought[by_vendor]])] if index == 0 else [day_lines]
    if rng.random() < _RETURNED:
        parts.insert(1, _sent_back(day_lines, bill == rng.integers(0, BILLS_PER_DAY)))
    return _with_ids(world, index, parts)


@lru_cache(maxsize=4)
def bills_of(world: World, index: int) -> Bills:
    """The day's bills, of as much as each store has sold since the last time."""
    lines = bill_lines(world, index)
    before = [pos_day(world, day, 0).net for day in range(max(0, index - _CYCLE), index)]
    # Days before the first are taken to have been like those after it.
    missing = _expected(world, index, _CYCLE - len(before))
    sold = sum(before, np.zeros((STORES, PRODUCTS), np.int64)).clip(min=0) + missing
    pieces = (
        sold.T[lines.product] + lines.new[:, None] * _expected(world, index, _FIRST_ORDER).T[lines.product]
    )
    pieces[:, 0] += pieces.sum(axis=1) == 0
    sent_back = np.zeros_like(pieces)
    sent_back[:, 0] = -np.maximum(1, pieces.sum(axis=1) // 10)
    return Bills(lines, np.where(lines.returned[:, None], sent_back, pieces))


def purchases_table(world: World, index: int, bills: Bills) -> pa.Table:
    """`fact_purchases`."""
    lines, quantity = bills.lines, bills.quantity
    count = quantity.size
    taxed = np.round(lines.cost * quantity, 2) + 0.0  # what is sent back for nothing is 0, not -0
    untaxed = np.round(taxed / TAX, 2)
    columns = {
        "date": days(world.day(index), count),
        "move_id": lines.move,
        "move_line_id": lines.line,
        "product_id": FIRST_PRODUCT + lines.product,
        "quantity": quantity.astype(np.float64),
        "cost_untaxed": untaxed,
        "cost_taxed": taxed,
        "is_refund": lines.returned,
        "is_free_item": lines.cost == 0,
        "move_name": numbered("BILL/", lines.move),
        "vendor_id": FIRST_VENDOR + lines.vendor,
        "vendor_name": pa.array(VENDOR_NAMES).take(lines.vendor),
        "purchase_order_id": lines.move,
        "purchase_order_name": numbered("P", lines.move),
        "price_unit": np.round(lines.cost / TAX, 2),
        "actual_price": untaxed / quantity,
        "tax_id": np.full(count, PURCHASE_TAX),
        "tax_name": same("PPN 11% Masukan", count),
        "tax_ids_json": same(f"[{PURCHASE_TAX}]", count),
        "company_id": np.ones(count, np.int64),
    }
    return pa.table(columns, schema=FACT_PURCHASES.schema)


def cost_events_table(world: World, index: int, lines: BillLines) -> pa.Table:
    """`fact_product_cost_events`."""
    setting = lines.sets_cost
    count = int(setting.sum())
    columns = {
        "date": days(world.day(index), count),
        "product_id": FIRST_PRODUCT + lines.product[setting],
        "cost_unit_tax_in": lines.cost[setting],
        "source_move_id": lines.move[setting],
        "source_move_line_id": lines.line[setting],
        "source_tax_id": np.full(count, PURCHASE_TAX),
    }
    return pa.table(columns, schema=FACT_PRODUCT_COST_EVENTS.schema)


def _expected(world: World, index: int, days_ahead: int) -> Ints:
    """Pieces that the stores will sell, stores x products."""
    units = np.outer(world.store_shares, world.units(index, days_ahead))
    return np.ceil(units).astype(np.int64)


def _sent_back(lines: BillLines, some: Flags) -> BillLines:
    """A document of its own, with those lines again."""
    columns = {name: getattr(lines, name)[some] for name in vars(lines)}
    move, returned = np.full(int(some.sum()), BILLS_PER_DAY), np.ones(int(some.sum()), np.bool_)
    return BillLines(**{**columns, "move": move, "returned": returned})


def _opening(world: World, product: Ints) -> BillLines:
    """One bill per vendor; `product` is by vendor."""
    vendor = world.goods.vendor[product]
    return BillLines(
        move=BILLS_PER_DAY + 1 + vendor,
        line=np.arange(product.size) - np.searchsorted(vendor, vendor),
        vendor=vendor,
        product=product,
        cost=world.costs(0)[product],
        returned=np.zeros(product.size, np.bool_),
        new=np.ones(product.size, np.bool_),
    )


def _with_ids(world: World, index: int, parts: Sequence[BillLines]) -> BillLines:
    """All parts, by id; their `move` and `line` are numbers within the day and within the document."""
    columns = {name: np.concatenate([getattr(part, name) for part in parts]) for name in vars(parts[0])}
    move = first_document(world, index) + columns["move"]
    return BillLines(**{**columns, "move": move, "line": move * MOST_LINES + columns["line"]})
