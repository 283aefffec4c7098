"""`/v1/profit/below-cost`: sold lines that brought in less than their goods cost."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from nk_common.api.profit import BelowCost, BelowCostLine, BelowCostTotals
from nk_query_api.kpis.dimensions import NO_LABEL, PRODUCT_LABELS
from nk_query_api.kpis.profit import BELOW_COST_LINES
from nk_query_api.questions.context import Context, covered_days, inputs_of, is_any_loaded, meta
from nk_query_api.questions.filters import Binder, Filters
from nk_query_api.questions.windows import Window
from nk_query_api.serving.sale_lines import SALE_LINES
from nk_query_api.serving.snapshot import Snapshot

_ONE_DAY = timedelta(days=1)


def below_cost(
    look: Snapshot, window: Window, filters: Filters, limit: int, offset: int, context: Context
) -> BelowCost:
    """The answer, from one snapshot. Totals are over all lines, also those beyond the page."""
    inputs = inputs_of((BELOW_COST_LINES,), filters)
    totals: BelowCostTotals | None = None
    lines: list[BelowCostLine] = []
    if is_any_loaded(window, covered_days(look, inputs, context)):
        totals = _totals(look, window, filters)
        lines = _lines(look, window, filters, limit, offset)
    return BelowCost(meta=meta(look, window, inputs, context), range=window.range, totals=totals, lines=lines)


def _totals(look: Snapshot, window: Window, filters: Filters) -> BelowCostTotals:
    binder = Binder()
    lines, *sums = look.row(
        "SELECT count(*), coalesce(sum(quantity), 0), coalesce(sum(revenue), 0), coalesce(sum(cogs), 0) "  # noqa: S608
        f"FROM {_found(window, filters, binder)}",
        binder.values,
    )
    quantity, revenue, cogs = (float(value) for value in sums)
    return BelowCostTotals(
        lines=lines, quantity=quantity, revenue=revenue, cogs=cogs, loss=round(cogs - revenue, 4) + 0.0
    )


def _lines(look: Snapshot, window: Window, filters: Filters, limit: int, offset: int) -> list[BelowCostLine]:
    """One page. Numbers of documents, and costs, are looked up for its lines only."""
    binder = Binder()
    start, end = binder.bind(window.start), binder.bind(window.end + _ONE_DAY)
    page = (
        "SELECT day, source, line_id, product_id, quantity, revenue, cogs, cogs - revenue AS loss "  # noqa: S608
        f"FROM {_found(window, filters, binder)} ORDER BY loss DESC, day DESC, source, line_id "
        f"LIMIT {binder.bind(limit)} OFFSET {binder.bind(offset)}"
    )
    rows = look.rows(
        f"""
        WITH page AS MATERIALIZED ({page}),
        documents AS (
          SELECT 'pos' AS source, line_id, order_id AS id, order_ref AS number FROM fact_sales
          WHERE "date" >= {start} AND "date" < {end} AND line_id IN (SELECT line_id FROM page WHERE source = 'pos')
          UNION ALL
          SELECT 'invoice', move_line_id, move_id, move_name FROM fact_invoice_sales
          WHERE "date" >= {start} AND "date" < {end}
            AND move_line_id IN (SELECT line_id FROM page WHERE source = 'invoice')
        ), costs AS (
          SELECT source, line_id, cost_unit_tax_in AS cost FROM fact_sales_lines_profit
          WHERE "date" >= {start} AND "date" < {end} AND line_id IN (SELECT line_id FROM page)
        )
        SELECT f.day, CAST(f.source AS VARCHAR), f.line_id, documents.id, documents.number, f.product_id,
               coalesce(p.product_name, unknown.product_name, '{NO_LABEL}'), f.quantity, f.revenue, costs.cost,
               f.cogs, f.loss
        FROM page AS f
        JOIN documents ON documents.source = f.source AND documents.line_id = f.line_id
        JOIN costs ON costs.source = f.source AND costs.line_id = f.line_id
        {PRODUCT_LABELS}
        ORDER BY f.loss DESC, f.day DESC, f.source, f.line_id
        """,  # noqa: S608
        binder.values,
    )
    return [_line(row) for row in rows]


def _found(window: Window, filters: Filters, binder: Binder) -> str:
    """SQL: sale lines below cost, and the conditions that the filters set."""
    conditions = [
        f"day >= {binder.bind(window.start)}",
        f"day < {binder.bind(window.end + _ONE_DAY)}",
        "below_cost_lines > 0",
        *filters.conditions(binder),
    ]
    return f"{SALE_LINES} WHERE {' AND '.join(conditions)}"


def _line(row: tuple[Any, ...]) -> BelowCostLine:
    day, source, line, document_id, document, product_id, product, *figures = row
    quantity, revenue, unit_cost, cogs, loss = (float(figure) for figure in figures)
    return BelowCostLine(
        day=day, source=source, line_id=line, document_id=document_id, document=document, product_id=product_id,
        product=product, quantity=quantity, revenue=revenue, unit_cost=unit_cost, cogs=cogs, loss=loss,
    )  # fmt: skip
