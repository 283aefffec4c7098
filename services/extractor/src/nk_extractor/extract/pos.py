"""`pos`: one local day of orders, with exactly their lines and payments.

Calls for a day of n lines, o orders, p payments at 1,000 a page: the search for the ids, the pages of
each model, and one look whether the day changed meanwhile: ceil(o/1000) + ceil(n/1000) + ceil(p/1000) + 2.
"""

from __future__ import annotations

from datetime import date
from itertools import chain

import pyarrow as pa
import pyarrow.compute as pc

from nk_common.datasets.base import ControlTotals
from nk_common.datasets.pos import RAW_LINES, RAW_ORDERS, RAW_PAYMENTS
from nk_common.errors import DayChangedError
from nk_extractor.extract.base import Extraction, present, within
from nk_extractor.odoo.client import COUNTED_STATES, Domain, OdooClient, Row
from nk_extractor.odoo.columns import to_table
from nk_extractor.settings import OdooSettings

ORDER, LINE, PAYMENT = "pos.order", "pos.order.line", "pos.payment"
_REREADS = 3


def domain(day: date, settings: OdooSettings) -> Domain:
    """Counted orders of a local day: drafts and cancelled ones are not."""
    return [["state", "in", COUNTED_STATES], *within("date_order", day, settings.zone)]


def extract(client: OdooClient, settings: OdooSettings, day: date | None) -> Extraction:
    """One day. A day that changes while it is read is read again, at once, a few times."""
    if day is None:
        raise ValueError("pos is extracted by day")
    for _ in range(_REREADS):
        orders = _orders(client, domain(day, settings))
        extraction = _with_details(client, settings, orders)
        if _unchanged(client, domain(day, settings), orders):
            return extraction
    raise DayChangedError(f"Orders of {day} kept changing while they were read; it is tried again.")


def _orders(client: OdooClient, day_domain: Domain) -> list[Row]:
    sources = _order_fields(client)
    return client.read(ORDER, client.search(ORDER, day_domain), [f for f in sources.values() if f])


def _order_fields(client: OdooClient) -> dict[str, str | None]:
    required = {name: name for name in RAW_ORDERS.schema.names}
    return {**required, **present(client, ORDER, "employee_id", "currency_rate", "account_move")}


def _with_details(client: OdooClient, settings: OdooSettings, orders: list[Row]) -> Extraction:
    line_ids = sorted(chain.from_iterable(order["lines"] for order in orders))
    payment_ids = sorted(chain.from_iterable(order["payment_ids"] for order in orders))
    line_fields = _line_fields(client, settings)
    payment_fields = {name: name for name in RAW_PAYMENTS.schema.names}
    lines = client.read(LINE, line_ids, [f for f in line_fields.values() if f])
    payments = client.read(PAYMENT, payment_ids, list(payment_fields))
    tables = {
        RAW_ORDERS.name: to_table(orders, RAW_ORDERS.schema, _order_fields(client)),
        RAW_LINES.name: to_table(lines, RAW_LINES.schema, line_fields),
        RAW_PAYMENTS.name: to_table(payments, RAW_PAYMENTS.schema, payment_fields),
    }
    return Extraction(tables, totals(**tables))


def _line_fields(client: OdooClient, settings: OdooSettings) -> dict[str, str | None]:
    required = {name: name for name in RAW_LINES.schema.names if name != "extra_discount"}
    extra = settings.odoo_discount_field
    optional = present(client, LINE, "refunded_orderline_id")
    discount = present(client, LINE, extra)[extra] if extra else None
    return {**required, **optional, "extra_discount": discount}


def _unchanged(client: OdooClient, day_domain: Domain, orders: list[Row]) -> bool:
    newest = max((order["write_date"] for order in orders), default=None)
    return client.count_and_newest(ORDER, day_domain) == (len(orders), newest)


def totals(pos_orders: pa.Table, pos_order_lines: pa.Table, pos_payments: pa.Table) -> ControlTotals:
    """Counted here, before anything is cleaned, so that cleaning can be checked against it."""
    rates = _rates(pos_orders)
    amount = pc.subtract(
        pos_order_lines["price_subtotal_incl"], pc.fill_null(pos_order_lines["extra_discount"], 0.0)
    )
    return ControlTotals(
        documents=pc.count_distinct(pos_order_lines["order_id"]).as_py(),
        lines=pos_order_lines.num_rows,
        quantity=_sum(pos_order_lines["qty"]),
        amount=_sum(_converted(amount, pos_order_lines["order_id"], rates)),
        payments=_sum(_converted(pos_payments["amount"], pos_payments["pos_order_id"], rates)),
    )


def _rates(orders: pa.Table) -> pa.Table | None:
    """Orders in another currency than the company's; None where there are none (nearly always)."""
    rate = pc.fill_null(orders["currency_rate"], 1.0)
    foreign = pc.and_(pc.not_equal(rate, 1.0), pc.not_equal(rate, 0.0))
    table = pa.table({"order": orders["id"], "rate": rate}).filter(foreign)
    return table if table.num_rows else None


def _converted(
    amount: pa.ChunkedArray, order_ids: pa.ChunkedArray, rates: pa.Table | None
) -> pa.ChunkedArray:
    if rates is None:
        return amount
    at = pc.index_in(order_ids, value_set=rates["order"].combine_chunks())
    rate = pc.fill_null(rates["rate"].combine_chunks().take(at), 1.0)
    return pc.divide(amount, rate)


def _sum(column: pa.ChunkedArray) -> float:
    return float(pc.sum(column).as_py() or 0.0)
