"""One day of POS sales: `fact_sales` and `fact_payments`, and what left each store."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
import pyarrow as pa

from benchmarks.scale_catalogue import (
    CASH,
    CASHIERS_PER_STORE,
    FIRST_CUSTOMER,
    FIRST_PRODUCT,
    METHOD_NAMES,
    PRODUCTS,
    STORES,
    TAX,
    Flags,
    Floats,
    Ints,
)
from benchmarks.scale_columns import moments, numbered
from benchmarks.scale_world import POS, World
from nk_common.star.facts import FACT_PAYMENTS, FACT_SALES

_HOURS = np.zeros(24)
_HOURS[[0, *range(8, 23)]] = 0.4, 1, 2, 4, 6, 8, 7, 6, 6, 7, 9, 11, 12, 11, 7, 3
_LINES = np.array([0.22, 0.24, 0.20, 0.14, 0.09, 0.05, 0.03, 0.02, 0.01])
_QUANTITIES = np.array([0.75, 0.17, 0.05, 0.02, 0.0, 0.01])
_METHODS = np.array([0.34, 0.30, 0.15, 0.10, 0.05, 0.06])
_PERCENTS = np.array([5, 10, 10, 15, 20, 25])
_REFUNDED, _EXCHANGED, _NAMED, _DISCOUNTED, _TWO_METHODS, _CHANGE = 0.02, 0.007, 0.43, 0.15, 0.08, 0.4
"""Shares of orders, but of lines that are discounted; of those named, some turn out to be nobody (`draw`)."""
MOST_LINES = len(_LINES)
_DROPPED = 101
"""Of a day that is read again, every order of such a number is missing, another one for each version."""
_METHOD_TEXTS = pa.array(
    [
        str(sorted({first + 1, second}) if second else [first + 1])
        for first in range(len(METHOD_NAMES))
        for second in range(len(METHOD_NAMES) + 1)
    ]
)


@dataclass(frozen=True)
class _Orders:
    """By time; arrays of one length. `customer` is -1 where nobody was named, `second` the id of another
    payment method, or 0."""

    ids: Ints
    seconds: Ints
    store: Ints
    cashier: Ints
    customer: Ints
    lines: Ints
    refund: Flags
    exchange: Flags
    method: Ints
    second: Ints


@dataclass(frozen=True)
class _Lines:
    """By order; `order` is the index of a line's order."""

    order: Ints
    product: Ints
    quantity: Ints
    price: Floats
    revenue: Floats
    discount: Floats


@dataclass(frozen=True)
class PosDay:
    """`net`: units sold less those taken back, stores x products."""

    sales: pa.Table
    payments: pa.Table
    net: Ints


# Bills ask for the days before theirs, so the process has just made most of them.
@lru_cache(maxsize=16)
def pos_day(world: World, index: int, variant: int) -> PosDay:
    """The day of `index`; of another `variant` than 0, one order in a hundred is missing."""
    rng = world.chance(POS, index)
    orders = _orders(world, index, rng)
    lines = _lines(world, index, orders, rng)
    totals: Floats = np.round(np.bincount(lines.order, lines.revenue, orders.ids.size), 2)
    # Nobody pays with two methods for what is taken back.
    orders = replace(orders, second=np.where(totals > 0, orders.second, 0))
    kept = (orders.ids + variant) % _DROPPED != 0 if variant else np.ones(orders.ids.size, np.bool_)
    of_kept = kept[lines.order]
    where = orders.store[lines.order] * PRODUCTS + lines.product
    net = np.bincount(where[of_kept], lines.quantity[of_kept], STORES * PRODUCTS)
    sales = _sales_table(world, index, orders, lines, totals)
    return PosDay(
        sales=sales if kept.all() else sales.filter(pa.array(of_kept)),
        payments=_payments_table(world, index, orders, totals, kept, rng),
        net=net.astype(np.int64).reshape(STORES, PRODUCTS),
    )


def pick(rng: np.random.Generator, shares: Floats, count: int) -> Ints:
    """Indices into `shares`, each as often as its share says."""
    cumulative = shares.cumsum()
    drawn: Ints = np.searchsorted(cumulative, rng.random(count) * cumulative[-1], side="right")
    return drawn


def _orders(world: World, index: int, rng: np.random.Generator) -> _Orders:
    count = int(world.orders[index])
    hour = np.sort(pick(rng, _HOURS, count))
    seconds = np.sort(hour * 3600 + rng.integers(0, 3600, count))
    store = pick(rng, world.store_shares, count)
    shift = np.where((seconds >= 15 * 3600) | (seconds < 8 * 3600), 2, 0) + rng.integers(0, 2, count)
    named = rng.random(count) < _NAMED
    kind = rng.random(count)
    exchange = (kind >= _REFUNDED) & (kind < _REFUNDED + _EXCHANGED)
    method = pick(rng, _METHODS, count)
    other = (method + rng.integers(1, len(_METHODS), count)) % len(_METHODS)
    return _Orders(
        ids=world.first_order(index) + 1 + np.arange(count),
        seconds=seconds,
        store=store,
        cashier=store * CASHIERS_PER_STORE + shift,
        customer=np.where(named, world.customers.draw(rng, index, count), -1),
        lines=np.where(exchange, 2, 1 + pick(rng, _LINES, count)),
        refund=kind < _REFUNDED,
        exchange=exchange,
        method=method,
        second=np.where(rng.random(count) < _TWO_METHODS, other + 1, 0),
    )


def _lines(world: World, index: int, orders: _Orders, rng: np.random.Generator) -> _Lines:
    order = np.repeat(np.arange(orders.ids.size), orders.lines)
    count = order.size
    first = np.repeat(orders.lines.cumsum() - orders.lines, orders.lines)
    taken_back = orders.refund[order] | (orders.exchange[order] & (np.arange(count) > first))
    quantity = (1 + pick(rng, _QUANTITIES, count)) * np.where(taken_back, -1, 1)
    product = pick(rng, world.shares(index), count)
    percent = np.where(rng.random(count) < _DISCOUNTED, rng.choice(_PERCENTS, count), 0)
    price = world.prices(index)[product]
    gross = price * quantity
    revenue = np.round(gross * (100 - percent) / 100, 2)
    return _Lines(order, product, quantity, price, revenue, np.round(gross - revenue, 2))


def _sales_table(world: World, index: int, orders: _Orders, lines: _Lines, totals: Floats) -> pa.Table:
    order = lines.order
    shops = pa.array([f"TK{n + 1}/" for n in range(STORES)]).take(orders.store)
    texts = orders.method * (len(_METHODS) + 1) + orders.second
    # What adds up to nothing is paid by nothing.
    methods = _METHOD_TEXTS.take(pa.array(texts, mask=totals == 0))
    columns = {
        "date": moments(world.day(index), orders.seconds).take(order),
        "order_id": orders.ids[order],
        "line_id": MOST_LINES * world.first_order(index) + 1 + np.arange(order.size),
        "product_id": FIRST_PRODUCT + lines.product,
        "quantity": lines.quantity.astype(np.float64),
        "revenue": lines.revenue,
        "revenue_untaxed": np.round(lines.revenue / TAX, 2),
        "discount_amount": lines.discount,
        "is_refund": lines.quantity < 0,
        "order_ref": numbered(shops, orders.ids, 8).take(order),
        "pos_config_id": orders.store[order] + 1,
        "cashier_id": orders.cashier[order] + 1,
        "customer_id": pa.array(FIRST_CUSTOMER + orders.customer, mask=orders.customer < 0).take(order),
        "payment_method_ids": methods.take(order),
        "price_unit": lines.price,
        "company_id": np.ones(order.size, np.int64),
        "session_id": (index * STORES + orders.store + 1)[order],
    }
    return pa.table(columns, schema=FACT_SALES.schema)


def _payments_table(
    world: World, index: int, orders: _Orders, totals: Floats, kept: Flags, rng: np.random.Generator
) -> pa.Table:
    """One payment per order, but two where it has a second method, or where cash is given back."""
    count = totals.size
    split = orders.second > 0
    part = np.round(totals * rng.uniform(0.2, 0.8, count), 2)
    note = np.ceil(totals / 50_000) * 50_000
    pays_note = (orders.method == CASH) & ~split & (totals > 0) & (note > totals)
    pays_note &= rng.random(count) < _CHANGE
    first = np.where(split, part, np.where(pays_note, note, totals))
    rows = np.concatenate([np.flatnonzero(totals != 0), np.flatnonzero(split | pays_note)])
    is_other = np.arange(rows.size) >= np.count_nonzero(totals)
    by_order = np.lexsort((is_other, rows))
    order, is_other = rows[by_order], is_other[by_order]
    method = np.where(is_other & split[order], orders.second[order], orders.method[order] + 1)
    columns = {
        "date": moments(world.day(index), orders.seconds[order]),
        "order_id": orders.ids[order],
        "payment_id": 2 * world.first_order(index) + 1 + np.arange(order.size),
        "payment_method_id": method,
        "amount": np.where(is_other, np.round(totals - first, 2)[order], first[order]),
        "pos_config_id": orders.store[order] + 1,
    }
    table = pa.table(columns, schema=FACT_PAYMENTS.schema)
    return table if kept.all() else table.filter(pa.array(kept[order]))
