"""`pos`: one local day of orders, with exactly their lines and payments.

Calls for a day of n lines, o orders, p payments at 1,000 a page: the search for the ids, the pages of
each model, and one look whether the day changed meanwhile: ceil(o/1000) + ceil(n/1000) + ceil(p/1000) + 2.
"""

from __future__ import annotations

from datetime import date

import pyarrow as pa
import pyarrow.compute as pc

from nk_common.datasets.base import ControlTotals
from nk_common.datasets.pos import RAW_LINES, RAW_ORDERS, RAW_PAYMENTS
from nk_extractor.extract.base import Extraction, column_sum, holds_still, present, settled, within
from nk_extractor.odoo.capabilities import NUMBERS, require
from nk_extractor.odoo.client import COUNTED_STATES, Domain, OdooClient
from nk_extractor.odoo.versions import custom
from nk_extractor.settings import OdooSettings

ORDER, LINE, PAYMENT = "pos.order", "pos.order.line", "pos.payment"


def domain(day: date, settings: OdooSettings) -> Domain:
    """Counted orders of a local day: drafts and cancelled ones are not."""
    return [["state", "in", COUNTED_STATES], *within("date_order", day, settings.zone)]


def extract(client: OdooClient, settings: OdooSettings, day: date | None) -> Extraction:
    """One day. A day that changes while it is read is read again, at once, a few times."""
    if day is None:
        raise ValueError("pos is extracted by day")
    require(client, ORDER, LINE, PAYMENT)
    return settled(lambda: _read(client, settings, domain(day, settings)), f"The orders of {day}")


def _read(client: OdooClient, settings: OdooSettings, counted: Domain) -> Extraction | None:
    orders = client.read_table(ORDER, client.search(ORDER, counted), RAW_ORDERS.schema, _order_fields(client))
    line_ids, payment_ids = _sorted_ids(orders["lines"]), _sorted_ids(orders["payment_ids"])
    tables = {
        RAW_ORDERS.name: orders,
        RAW_LINES.name: client.read_table(LINE, line_ids, RAW_LINES.schema, _line_fields(client, settings)),
        RAW_PAYMENTS.name: client.read_table(PAYMENT, payment_ids, RAW_PAYMENTS.schema),
    }
    return Extraction(tables, totals(**tables)) if holds_still(client, ORDER, counted, orders) else None


def _sorted_ids(lists: pa.ChunkedArray) -> list[int]:
    ids = pc.list_flatten(lists)
    ascending: list[int] = ids.take(pc.sort_indices(ids)).to_pylist()
    return ascending


def _order_fields(client: OdooClient) -> dict[str, str | None]:
    optional = present(client, ORDER, "employee_id", "currency_rate", "account_move")
    # Without pos_hr the cashiers are users (as `cashiers` has them); with it an order may name nobody.
    return {**optional, "employee_id": optional["employee_id"] or "user_id"}


def _line_fields(client: OdooClient, settings: OdooSettings) -> dict[str, str | None]:
    optional = present(client, LINE, "refunded_orderline_id")
    return {**optional, "extra_discount": custom(client, LINE, settings.odoo_discount_field, NUMBERS)}


def totals(pos_orders: pa.Table, pos_order_lines: pa.Table, pos_payments: pa.Table) -> ControlTotals:
    """Counted here, before anything is cleaned, so that cleaning can be checked against it."""
    rates = _rates(pos_orders)
    amount = pc.subtract(
        pos_order_lines["price_subtotal_incl"], pc.fill_null(pos_order_lines["extra_discount"], 0.0)
    )
    return ControlTotals(
        documents=pc.count_distinct(pos_order_lines["order_id"]).as_py(),
        lines=pos_order_lines.num_rows,
        quantity=column_sum(pos_order_lines["qty"]),
        amount=column_sum(_converted(amount, pos_order_lines["order_id"], rates)),
        payments=column_sum(_converted(pos_payments["amount"], pos_payments["pos_order_id"], rates)),
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
