"""One day of invoices: `fact_invoice_sales`. Ids of invoices and bills come from one sequence, as in Odoo."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from benchmarks.scale_catalogue import BUSINESSES, FIRST_BUSINESS, FIRST_PRODUCT, SALE_TAX, TAX, Floats, Ints
from benchmarks.scale_columns import days, numbered, same
from benchmarks.scale_sales import pick
from benchmarks.scale_world import INVOICES, World
from nk_common.star.invoices import FACT_INVOICE_SALES

LINES_PER_INVOICE = 5
INVOICES_PER_ORDER = 0.005
MOST_LINES = 100
"""Of a document: ids of lines are those of their documents times this."""
_BILLS = 30
"""Documents of a day are numbered: bills first, and there is room for so many of them."""
_REFUNDED, _FREE = 0.03, 0.01
BUSINESS_NAMES = tuple(f"CV Mitra Dagang {n:02}" for n in range(1, BUSINESSES + 1))


def first_document(world: World, index: int) -> int:
    """Id of the day's first document: there is room for all that a day can have."""
    return 1 + index * (_BILLS + 70 + world.scale.orders // 20)


def invoices_table(world: World, index: int, variant: int = 0) -> pa.Table:
    """`fact_invoice_sales`; of another `variant` than 0 with one document less, another one for each."""
    rng = world.chance(INVOICES, index)
    documents = int(rng.poisson(world.orders[index] * INVOICES_PER_ORDER))
    count = documents * LINES_PER_INVOICE
    document = np.repeat(np.arange(documents), LINES_PER_INVOICE)
    move = first_document(world, index) + _BILLS + document
    product = pick(rng, world.shares(index), count)
    refund = (rng.random(documents) < _REFUNDED)[document]
    price, quantity = _priced(world, index, product, rng)
    quantity = np.where(refund, -quantity, quantity)
    business = rng.integers(0, BUSINESSES, documents)[document]
    revenue = np.round(price * quantity, 2) + 0.0  # a refund of what cost nothing is 0, not -0
    columns = {
        "date": days(world.day(index), count),
        "move_id": move,
        "move_line_id": move * MOST_LINES + np.arange(count) % LINES_PER_INVOICE,
        "product_id": FIRST_PRODUCT + product,
        "quantity": quantity.astype(np.float64),
        "revenue": revenue,
        "revenue_untaxed": np.round(revenue / TAX, 2),
        "is_refund": refund,
        "is_free_item": price == 0,
        "move_name": numbered("INV/", move),
        "customer_id": FIRST_BUSINESS + business,
        "customer_name": pa.array(BUSINESS_NAMES).take(business),
        "price_unit": price,
        "tax_id": np.full(count, SALE_TAX),
        "tax_ids_json": same(f"[{SALE_TAX}]", count),
        "company_id": np.ones(count, np.int64),
    }
    table = pa.table(columns, schema=FACT_INVOICE_SALES.schema)
    return table.filter(pa.array(document != variant % documents)) if variant and documents else table


def _priced(world: World, index: int, product: Ints, rng: np.random.Generator) -> tuple[Floats, Ints]:
    """Price of one, with tax, and how many; a few goods are free."""
    free = rng.random(product.size) < _FREE
    price = np.where(free, 0.0, np.round(world.prices(index)[product] * 0.9, 2))
    return price, rng.integers(1, 25, product.size)
