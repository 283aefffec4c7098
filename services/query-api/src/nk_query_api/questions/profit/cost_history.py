"""`/v1/profit/cost-history`: which bills set the cost of a product, and by how much each changed it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from nk_common.api.profit import CostEvent, CostHistory
from nk_common.datasets.purchases import PURCHASES
from nk_query_api.kpis.dimensions import NO_LABEL
from nk_query_api.questions.context import Context, covered_days, is_any_loaded, meta
from nk_query_api.questions.windows import Window
from nk_query_api.serving.snapshot import Snapshot

_INPUTS = (PURCHASES.name,)
_ONE_DAY = timedelta(days=1)
_EVENTS = """
WITH ordered AS (
  SELECT "date" AS day, cost_unit_tax_in AS cost, source_move_id AS bill_id, source_move_line_id AS line_id,
         lag(cost_unit_tax_in) OVER (ORDER BY "date", source_move_id, source_move_line_id) AS before
  FROM fact_product_cost_events WHERE product_id = $1 AND "date" < $2
), page AS (
  {page}
)
SELECT page.day, page.cost, page.bill_id, bills.move_name, page.line_id, bills.vendor_id, bills.vendor_name,
       bills.quantity, page.before
FROM page LEFT JOIN (
  SELECT "date" AS day, move_line_id, move_name, vendor_id, vendor_name, quantity FROM fact_purchases
  WHERE product_id = $1 AND "date" < $2
) AS bills ON bills.move_line_id = page.line_id AND bills.day = page.day
ORDER BY page.day, page.bill_id, page.line_id
"""
_IN_RANGE = "SELECT * FROM ordered WHERE day >= $3 ORDER BY day, bill_id, line_id LIMIT $4 OFFSET $5"
_NEWEST = "SELECT * FROM ordered ORDER BY day DESC, bill_id DESC, line_id DESC LIMIT 1"


def cost_history(
    look: Snapshot, product: int, window: Window, limit: int, offset: int, context: Context
) -> CostHistory:
    """The answer, from one snapshot. The order of events is that of rule 8: day, then bill, then line."""
    total: int | None = None
    events: list[CostEvent] = []
    end = window.end + _ONE_DAY
    if is_any_loaded(window, covered_days(look, _INPUTS, context)):
        total = look.row(
            'SELECT count(*) FROM fact_product_cost_events WHERE product_id = $1 AND "date" >= $2 AND "date" < $3',
            [product, window.start, end],
        )[0]
        rows = look.rows(_EVENTS.format(page=_IN_RANGE), [product, end, window.start, limit, offset])
        events = [_event(row) for row in rows]
    before = look.rows(_EVENTS.format(page=_NEWEST), [product, window.start])
    return CostHistory(
        meta=meta(look, window, _INPUTS, context),
        range=window.range,
        product_id=product,
        product=_name(look, product),
        at_start=_event(before[0]) if before else None,
        total=total,
        events=events,
    )


def _name(look: Snapshot, product: int) -> str:
    rows = look.rows("SELECT product_name FROM dim_products WHERE product_id = $1", [product])
    return str(rows[0][0]) if rows else NO_LABEL


def _event(row: tuple[Any, ...]) -> CostEvent:
    day, cost, bill_id, bill, line_id, vendor_id, vendor, quantity, before = row
    change = None if before is None else round(cost - before, 4) + 0.0
    return CostEvent(
        day=day,
        unit_cost=cost,
        bill_id=bill_id,
        bill=bill,
        bill_line_id=line_id,
        vendor_id=vendor_id,
        vendor=vendor,
        quantity=quantity,
        change=change,
        change_share=round(change / before, 6) + 0.0 if change is not None and before else None,
    )
